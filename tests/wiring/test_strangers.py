"""What somebody who has not signed in gets to see: six doors, and the way to the first."""

import re
import uuid

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.make import PASSWORD, make_user

pytestmark = pytest.mark.django_db

# Static files are the sixth; whitenoise serves them before any address is looked up.
OPEN = {
    "/accounts/login/",
    "/accounts/inactive/",
    "/accounts/2fa/authenticate/",
    "/healthz",
    "/readyz",
}
SAMPLES = {"int": "1", "uuid": str(uuid.UUID(int=1)), "path": "x", "str": "x", "slug": "x"}


def patterns(resolver, prefix=""):
    for entry in resolver.url_patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, text)
        elif isinstance(entry, URLPattern):
            yield text


def sample(pattern):
    """Return an address that the pattern matches."""
    text = re.sub(r"<(?:(\w+):)?\w+>", lambda m: SAMPLES.get(m[1] or "str", "x"), pattern)
    text = re.sub(r"\(\?P<\w+>[^)]*\)", "x", text)
    return "/" + re.sub(r"[\^$\\?]", "", text).replace("(/|)", "")


ADDRESSES = sorted({sample(pattern) for pattern in patterns(get_resolver())})


def test_there_are_addresses_to_ask():
    assert {"/", "/admin/", "/api/schema/"} <= set(ADDRESSES)
    assert set(ADDRESSES) >= OPEN


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_every_other_address_asks_a_stranger_to_sign_in(method):
    let_in = {}
    for address in set(ADDRESSES) - OPEN:
        answer = getattr(Client(), method)(address)
        if not asks_to_sign_in(answer) and answer.status_code not in {401, 404, 405}:
            let_in[address] = answer.status_code

    assert let_in == {}


def asks_to_sign_in(answer):
    # The admin's own sign-in leads on to ours: the next test.
    doors = ("/accounts/login/", "/admin/login/")
    return answer.status_code == 302 and answer["Location"].startswith(doors)


def test_the_admin_has_no_sign_in_of_its_own():
    answer = Client().get("/admin/login/?next=/admin/", follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


def test_an_inactive_person_reads_one_sentence():
    assert Client().get("/accounts/inactive/").status_code == 200


def test_the_second_step_alone_leads_back_to_the_first():
    answer = Client().get("/accounts/2fa/authenticate/")

    assert answer["Location"] == "/accounts/login/"


def test_sign_in_leads_only_to_addresses_of_ours():
    user = make_user()
    values = {"login": user.email, "password": PASSWORD}

    answer = Client().post(
        "/accounts/login/", {**values, "next": "https://evil.example.com/"}
    )

    assert answer.status_code == 302
    assert answer["Location"] == "/"
