"""Signing in stands in front of everything."""

import pytest
from django.test import Client

from tests.make import PASSWORD, make_user

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"


@pytest.mark.parametrize(
    "path", ["/", "/admin/", "/api/docs/", "/accounts/2fa/", "/accounts/password/change/"]
)
def test_a_stranger_is_sent_to_sign_in(path):
    answer = Client().get(path, follow=True)

    assert answer.redirect_chain[-1][0].startswith(SIGN_IN)


def test_the_api_answers_a_stranger_with_401_not_with_a_page():
    answer = Client().get("/api/schema/")

    assert answer.status_code in {401, 403}
    assert "json" in answer["Content-Type"]


@pytest.mark.parametrize(
    "path", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/email/"]
)
def test_what_strangers_do_not_need_is_not_there(path):
    assert Client().get(path).status_code in {302, 404}
    assert "Sign up" not in Client().get(SIGN_IN).content.decode()


def test_the_address_and_the_password_let_one_in():
    user = make_user()
    browser = Client()

    answer = browser.post(SIGN_IN, {"login": user.email.upper(), "password": PASSWORD})

    assert answer.status_code == 302
    assert browser.session["_auth_user_id"] == str(user.pk)


def test_a_known_and_an_unknown_address_are_answered_alike():
    user = make_user()

    known = Client().post(SIGN_IN, {"login": user.email, "password": "wrong"})
    unknown = Client().post(SIGN_IN, {"login": "nobody@example.com", "password": "wrong"})

    def body(answer):
        return (
            answer.content.decode()
            .replace(user.email, "X")
            .replace("nobody@example.com", "X")
        )

    assert known.status_code == unknown.status_code == 200
    strip = [
        line
        for line in body(known).splitlines()
        if "csrf" not in line and "nonce" not in line
    ]
    other = [
        line
        for line in body(unknown).splitlines()
        if "csrf" not in line and "nonce" not in line
    ]
    assert strip == other


def test_the_eleventh_wrong_password_waits():
    user = make_user()
    answers = [
        Client().post(SIGN_IN, {"login": user.email, "password": f"wrong {n}"})
        for n in range(11)
    ]

    assert [answer.status_code for answer in answers[:10]] == [200] * 10
    last = Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    assert "Too many" in last.content.decode() or last.status_code == 429


def test_who_may_not_sign_in_does_not():
    user = make_user(is_active=False)
    browser = Client()

    browser.post(SIGN_IN, {"login": user.email, "password": PASSWORD})

    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize(
    "path",
    ["/accounts/password/change/", "/accounts/logout/", "/accounts/2fa/"],
)
def test_the_pages_of_ones_account_are_there(path, client_of):
    answer = client_of(make_user()).get(path)

    assert answer.status_code == 200
    assert answer.content.decode().count("<h1>") == 1
    assert "style=" not in answer.content.decode()


def test_the_second_factor_is_set_up_after_the_password_again(client_of):
    browser = client_of(make_user())

    answer = browser.get("/accounts/2fa/totp/activate/", follow=True)

    assert answer.status_code == 200
    assert "Confirm it is you" in answer.content.decode()


def test_the_policy_of_pages_allows_nothing_from_elsewhere():
    answer = Client().get(SIGN_IN)
    policy = answer["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
