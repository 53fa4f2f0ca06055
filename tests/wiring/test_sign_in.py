"""Signing in stands in front of everything."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from controls.choices import AuditVerb
from controls.models import AuditEvent
from tests.make import MONDAY, PASSWORD, make_user

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


@pytest.mark.parametrize("known", [True, False])
def test_the_eleventh_attempt_in_a_quarter_of_an_hour_is_turned_away(known):
    email = make_user().email if known else "nobody@example.com"
    with time_machine.travel(MONDAY, tick=False) as clock:
        answers = [
            Client().post(SIGN_IN, {"login": email, "password": f"wrong {n}"})
            for n in range(10)
        ]
        eleventh = Client().post(SIGN_IN, {"login": email, "password": PASSWORD})
        clock.shift(timedelta(minutes=15, seconds=1))
        later = Client().post(SIGN_IN, {"login": email, "password": PASSWORD})

    assert [answer.status_code for answer in answers] == [200] * 10
    assert eleventh.status_code == 429
    assert "Too many attempts" in eleventh.content.decode()
    assert later.status_code == (302 if known else 200)


def test_neither_another_port_nor_another_address_dodges_the_limit():
    user = make_user()
    statuses = [
        Client()
        .post(
            SIGN_IN,
            {"login": user.email, "password": "wrong"},
            HTTP_HOST=f"testserver:{8000 + n}",
            REMOTE_ADDR=f"203.0.113.{n}",
        )
        .status_code
        for n in range(11)
    ]

    assert statuses == [200] * 10 + [429]


def test_ones_new_password_is_audited_and_ends_ones_other_sessions(client_of):
    user = make_user()
    here, elsewhere = client_of(user), client_of(user)
    new = "a quite different staple"

    answer = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert answer.status_code == 302
    assert here.get("/accounts/2fa/").status_code == 200
    assert elsewhere.get("/accounts/2fa/").status_code == 302
    event = AuditEvent.objects.get(verb=AuditVerb.PASSWORD_SET)
    assert event.target_uuid == event.actor_uuid == user.uuid
    assert event.request_id


@pytest.mark.parametrize("new", ["short", "password1234", "123456789012"])
def test_a_weak_password_is_refused(client_of, new):
    user = make_user()

    answer = client_of(user).post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    user.refresh_from_db()
    assert answer.status_code == 200
    assert user.check_password(PASSWORD)


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
