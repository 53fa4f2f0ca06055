"""The second factor, from setting it up to signing in by it."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from tests.make import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
SIGN_IN = "/accounts/login/"
SECOND = "/accounts/2fa/authenticate/"


def code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_in(user):
    browser = Client()
    browser.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    return browser


@pytest.fixture
def armed():
    """Return a person with a second factor, and its secret; the clock stands still."""
    user = make_user()
    with time_machine.travel(NOON, tick=False) as clock:
        browser = sign_in(user)
        browser.get("/accounts/2fa/totp/activate/")
        browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
        page = browser.get("/accounts/2fa/totp/activate/")
        assert "data:image/svg" in page.content.decode()
        secret = page.context["form"].secret
        done = browser.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
        assert done.status_code == 302
        # A code counts once.
        clock.shift(timedelta(minutes=2))
        yield user, secret, browser


def test_the_password_alone_is_no_longer_enough(armed):
    user, _, _ = armed

    browser = sign_in(user)

    assert "_auth_user_id" not in browser.session
    assert browser.get("/admin/").status_code == 302
    assert browser.get(SECOND).status_code == 200


def test_password_and_code_let_one_in(armed):
    user, secret, _ = armed
    browser = sign_in(user)

    browser.post(SECOND, {"code": code(secret)})

    assert browser.session["_auth_user_id"] == str(user.pk)


def test_a_wrong_code_does_not(armed):
    user, secret, _ = armed
    wrong = f"{(int(code(secret)) + 1) % 1_000_000:06}"
    browser = sign_in(user)

    answer = browser.post(SECOND, {"code": wrong})

    assert answer.status_code == 200
    assert "_auth_user_id" not in browser.session


def test_a_code_counts_once(armed):
    user, secret, _ = armed
    sign_in(user).post(SECOND, {"code": code(secret)})

    second = sign_in(user)
    second.post(SECOND, {"code": code(secret)})

    assert "_auth_user_id" not in second.session


def test_a_recovery_code_lets_one_in(armed):
    user, _, owner = armed
    page = owner.get("/accounts/2fa/recovery-codes/")
    unused = page.context["unused_codes"]
    browser = sign_in(user)

    browser.post(SECOND, {"code": unused[0]})

    assert browser.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/totp/deactivate/",
    ],
)
def test_its_pages_have_a_heading_and_no_style_of_their_own(armed, path):
    text = armed[2].get(path).content.decode()

    assert text.count("<h1") == 1
    assert "style=" not in text


def test_it_can_be_taken_off_again(armed):
    user, _, owner = armed

    owner.post("/accounts/2fa/totp/deactivate/")

    assert sign_in(user).session["_auth_user_id"] == str(user.pk)
