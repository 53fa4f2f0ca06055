"""Tokens over the API: made for oneself, shown once, ended at once."""

from datetime import timedelta

import pytest

from controls.models import ApiToken
from tests.api.shop.calls import (
    ROOT,
    TUESDAY,
    bearer,
    places,
    post,
    problem,
    signed_in,
    with_text,
)
from tests.make import make_admin, make_api_token, make_member, make_team, make_user

pytestmark = pytest.mark.django_db

WANTED = {"name": "pipeline", "scope": "read", "expires_at": "2026-06-01T00:00:00Z"}


def test_a_tokens_text_is_shown_once_and_kept_nowhere():
    user = make_user()
    browser = signed_in(user)

    answer = post(browser, "tokens/", WANTED)

    text = answer.json()["token"]
    token = ApiToken.objects.get()
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    assert text.startswith(f"srm_{token.prefix}_")
    assert text not in str(list(ApiToken.objects.values()))
    shown = browser.get(ROOT + f"tokens/{token.uuid}/").content.decode()
    assert text not in shown
    assert token.sha256 not in shown


def test_a_new_token_reads_and_does_not_write(team):
    user = make_admin()
    client = with_text(post(signed_in(user), "tokens/", WANTED).json()["token"])

    read = client.get(ROOT + "teams/payments/")
    written = post(client, "teams/", {"key": "new", "name": "New"})

    assert read.status_code == 200
    problem(written, 403, "permission-denied")


def test_a_token_that_may_read_makes_no_token():
    answer = post(bearer(make_user(), "read"), "tokens/", {**WANTED, "scope": "write"})

    problem(answer, 403, "permission-denied")
    assert ApiToken.objects.count() == 1


def test_without_a_scope_a_token_reads():
    body = {name: WANTED[name] for name in ("name", "expires_at")}

    assert post(signed_in(make_user()), "tokens/", body).json()["scope"] == "read"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": ""}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"scope": "admin"}, "scope"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "2026-03-03T08:59:59Z"}, "expires_at"),
        ({"expires_at": "2027-03-05T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"team": "no-such"}, "team"),
        ({"user": "somebody"}, "user"),
        ({"sha256": "0" * 64}, "sha256"),
    ],
)
def test_what_no_token_can_be_is_named(changes, place):
    answer = post(signed_in(make_user()), "tokens/", {**WANTED, **changes})

    assert places(problem(answer, 400, "invalid")) == {place}
    assert not ApiToken.objects.exists()


def test_a_token_is_for_a_team_one_belongs_to(team, contributor):
    own = post(signed_in(contributor), "tokens/", {**WANTED, "team": "payments"})
    foreign = post(signed_in(make_admin()), "tokens/", {**WANTED, "team": "payments"})

    assert own.json()["team"] == "payments"
    problem(foreign, 403, "not-allowed")


@pytest.mark.parametrize("days", [0.5, 1])
def test_an_expired_token_is_told_how_to_sign_in(days):
    _, text = make_api_token(make_user(), at=TUESDAY - timedelta(days=1), days=days)

    answer = with_text(text).get(ROOT + "users/me/")

    problem(answer, 401, "authentication-failed")
    assert answer["WWW-Authenticate"] == 'Bearer realm="SRM"'


def test_a_revoked_token_is_refused_at_the_next_request():
    user = make_user()
    client = bearer(user)
    token = ApiToken.objects.get()

    first = post(client, f"tokens/{token.uuid}/revoke/")
    second = post(client, f"tokens/{token.uuid}/revoke/")

    assert first.json()["ended_at"] == "2026-03-03T09:00:00Z"
    problem(second, 401, "authentication-failed")


def test_what_was_revoked_is_not_revoked_again():
    user = make_user()
    token, _ = make_api_token(user)
    browser = signed_in(user)
    post(browser, f"tokens/{token.uuid}/revoke/")

    problem(post(browser, f"tokens/{token.uuid}/revoke/"), 409, "conflict")


def test_a_token_of_somebody_else_is_not_there(team, contributor):
    token, _ = make_api_token(make_member(make_team("others")))
    browser = signed_in(contributor)

    seen = browser.get(ROOT + f"tokens/{token.uuid}/")
    revoked = post(browser, f"tokens/{token.uuid}/revoke/")

    problem(seen, 404, "not-found")
    problem(revoked, 404, "not-found")
    token.refresh_from_db()
    assert token.ended_at is None


def test_an_administrator_sees_and_ends_any_token():
    token, _ = make_api_token(make_user())
    browser = signed_in(make_admin())

    assert browser.get(ROOT + f"tokens/{token.uuid}/").status_code == 200
    assert post(browser, f"tokens/{token.uuid}/revoke/").status_code == 200


def test_the_tokens_in_use_are_found():
    user = make_user()
    old, _ = make_api_token(user)
    make_api_token(user)
    browser = signed_in(user)
    post(browser, f"tokens/{old.uuid}/revoke/")

    ended = browser.get(ROOT + "tokens/", {"ended": "true"}).json()["results"]
    usable = browser.get(ROOT + "tokens/", {"ended": "false"}).json()["results"]

    assert [row["uuid"] for row in ended] == [str(old.uuid)]
    assert len(usable) == 1


def test_a_session_changes_nothing_without_the_csrf_token():
    answer = post(signed_in(make_user(), csrf=True), "tokens/", WANTED)

    assert "CSRF" in problem(answer, 403, "permission-denied")["detail"]
    assert not ApiToken.objects.exists()
