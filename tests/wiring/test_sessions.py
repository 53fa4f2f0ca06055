"""Sessions end: three hours after the last visit, twelve after signing in."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from tests.make import PASSWORD, make_user

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 16, 8, tzinfo=UTC)
PAGE = "/accounts/password/change/"


@pytest.fixture
def browser_at(client_of):
    """Return what a page answers at so many minutes after signing in."""
    with time_machine.travel(MORNING, tick=False):
        browser = client_of(make_user())

    def visit(minutes):
        with time_machine.travel(MORNING + timedelta(minutes=minutes), tick=False):
            return browser.get(PAGE).status_code

    return visit


def test_who_was_away_for_less_than_three_hours_goes_on(browser_at):
    assert [browser_at(0), browser_at(179), browser_at(358)] == [200, 200, 200]


def test_who_was_away_for_longer_signs_in_again(browser_at):
    assert [browser_at(0), browser_at(181)] == [200, 302]


def test_after_twelve_hours_everybody_signs_in_again(browser_at):
    visits = [browser_at(minutes) for minutes in range(0, 721, 120)]

    assert visits == [200] * 7
    assert browser_at(722) == 302


def test_an_ended_session_is_gone_for_good(browser_at):
    browser_at(0)
    browser_at(181)

    assert browser_at(182) == 302


def test_a_session_ends_when_its_person_may_not_sign_in_any_more(client_of):
    user = make_user()
    browser = client_of(user)
    assert browser.get(PAGE).status_code == 200

    user.is_active = False
    user.save()

    assert browser.get(PAGE).status_code == 302


def test_the_cookie_is_for_this_site_and_not_for_scripts():
    user = make_user()
    browser = Client()
    browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    browser.force_login(user)

    cookie = browser.cookies["sessionid"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
