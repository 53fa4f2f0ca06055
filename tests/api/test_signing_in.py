"""Signing in to the API."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from controls.models import ApiToken, AuditEvent
from controls.services import people, teams, tokens
from controls.services.setup import system_user
from tests.make import MONDAY, make_admin, make_api_token, make_member, make_team, make_user

pytestmark = pytest.mark.django_db

ME = "/api/v1/users/me/"


def test_a_stranger_is_told_how_to_sign_in(api_of):
    answer = api_of(None).get("systems/")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer srm_nothing", "Bearer a b", "Bearer \xff", "bearer x" * 999],
)
def test_what_is_not_a_token_is_refused(header):
    answer = Client().get(ME, headers={"Authorization": header})

    assert answer.status_code == 401
    assert "unknown, expired or revoked" in answer.json()["detail"]


def test_a_token_acts_as_its_person_and_notes_its_use(api_of):
    user = make_user()

    answer = api_of(user).get("users/me/")

    assert answer.json()["uuid"] == str(user.uuid)
    assert ApiToken.objects.get(user=user).last_used_at is not None


def test_a_token_of_scope_read_reads_and_changes_nothing(api_of):
    team = make_team()
    reader = api_of(make_admin(), "read")
    before = AuditEvent.objects.count()

    answer = reader.patch(f"teams/{team.key}/", {"name": "Other"}, version=1)

    assert reader.get(f"teams/{team.key}/").status_code == 200
    assert answer.status_code == 403
    assert "may only read" in answer.json()["detail"]
    assert AuditEvent.objects.count() == before


def test_an_expired_token_is_refused():
    _, text = make_api_token(make_user(), at=MONDAY, days=1)

    answer = Client().get(ME, headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == 401


def test_a_revoked_token_is_refused_at_the_next_request(api_of):
    user = make_user()
    api = api_of(user)
    was = api.get("users/me/").status_code

    tokens.revoke(token=ApiToken.objects.get(user=user), by=user, at=MONDAY)

    assert (was, api.get("users/me/").status_code) == (200, 401)


def test_the_tokens_of_a_deactivated_person_are_refused_at_once(api_of):
    user = make_user()
    api = api_of(user)

    people.deactivate(user=user, version=1, by=make_admin(), at=timezone.now())

    assert api.get("users/me/").status_code == 401


def test_an_ended_membership_counts_at_the_next_request(api_of):
    team = make_team()
    user = make_member(team)
    api = api_of(user)
    was = api.get(f"teams/{team.key}/").status_code

    teams.end_membership(
        membership=user.memberships.get(), by=system_user(), at=MONDAY + timedelta(days=1)
    )

    assert (was, api.get(f"teams/{team.key}/").status_code) == (200, 404)


def test_a_session_reads_and_needs_the_csrf_token_to_change():
    admin = make_admin()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    body = {"key": "new", "name": "New"}

    read = browser.get(ME)
    bare = browser.post("/api/v1/teams/", body, content_type="application/json")
    browser.cookies["csrftoken"] = "a" * 32
    sent = browser.post(
        "/api/v1/teams/",
        body,
        content_type="application/json",
        headers={"X-CSRFToken": "a" * 32},
    )

    assert (read.status_code, bare.status_code, sent.status_code) == (200, 403, 201)


def test_answers_are_kept_by_nobody_on_the_way(api_of):
    assert api_of(make_user()).get("users/me/")["Cache-Control"] == "private, no-store"


def test_the_events_of_one_request_carry_one_request_id(api_of):
    team = make_team()
    api = api_of(make_admin())
    user = make_user()
    last = AuditEvent.objects.latest("seq").seq

    api.post(f"teams/{team.key}/members/", {"user": str(user.uuid), "role": "viewer"})
    api.post(f"teams/{team.key}/members/", {"user": str(user.uuid), "role": "lead"})

    ids = AuditEvent.objects.filter(seq__gt=last).order_by("seq")
    first, ended, started = [event.request_id for event in ids]
    assert first != ended == started != ""
