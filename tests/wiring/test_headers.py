"""What every page tells the browser it may not do."""

import pytest
from django.test import Client

from tests.make import make_user

pytestmark = pytest.mark.django_db

PAGES = ["/accounts/password/change/", "/accounts/2fa/", "/api/docs/", "/nowhere/"]
POLICY = {
    "default-src": {"'self'"},
    "connect-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "object-src": {"'none'"},
    "frame-ancestors": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
}


def policy_of(answer):
    parts = answer["Content-Security-Policy"].split(";")
    words = [part.split() for part in parts if part.strip()]
    return {name: {v for v in rest if not v.startswith("'nonce-")} for name, *rest in words}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_and_loads_only_what_is_ours(path, client_of):
    answer = client_of(make_user()).get(path)

    found = policy_of(answer)
    assert {name: found[name] for name in POLICY} == POLICY
    assert found.get("script-src", {"'self'"}) == {"'self'"}
    assert found.get("style-src", {"'self'"}) == {"'self'"}
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", [*PAGES, "/healthz"])
def test_no_other_site_embeds_it_reads_it_or_learns_where_one_was(path, client_of):
    answer = client_of(make_user()).get(path)

    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_stay_in_no_cache(path, client_of):
    assert "no-store" in client_of(make_user()).get(path)["Cache-Control"]


@pytest.mark.parametrize("path", [*PAGES[:2], "/accounts/logout/", "/nowhere/"])
def test_pages_hold_no_script_and_no_style_of_their_own(path, client_of):
    text = client_of(make_user()).get(path).content.decode()

    assert "style=" not in text
    assert "<style" not in text
    assert "onclick=" not in text
    assert "javascript:" not in text


def test_a_form_without_its_token_is_refused_in_words():
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})

    assert answer.status_code == 403
    assert "Not saved" in answer.content.decode()


def test_the_error_page_needs_nothing_that_may_be_broken(settings):
    browser = Client(raise_request_exception=False)
    settings.ROOT_URLCONF = "tests.wiring.broken_urls"

    answer = browser.get("/broken/")

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


def test_a_request_has_one_name_in_its_log_lines_and_no_secret(caplog):
    caplog.set_level("INFO")

    Client().get("/api/v1/systems/", HTTP_AUTHORIZATION="Bearer srm_abc_hunter2hunter2")

    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert len({line["request_id"] for line in said}) == 1
    assert "hunter2" not in str(said)
