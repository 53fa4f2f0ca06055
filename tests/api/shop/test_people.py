"""People and teams over the API."""

import pytest

from controls.choices import MembershipRole
from controls.models import Membership, Team
from tests.api.shop.calls import (
    ROOT,
    bearer,
    patch,
    places,
    post,
    problem,
    recorded,
    signed_in,
)
from tests.make import make_admin, make_grc_lead, make_member, make_team, make_user

pytestmark = pytest.mark.django_db


def test_one_sees_oneself_and_what_one_may_do(contributor):
    body = bearer(contributor).get(ROOT + "users/me/").json()

    assert body["uuid"] == str(contributor.uuid)
    assert body["roles"] == []
    assert body["teams"] == {"payments": "contributor"}
    assert "password" not in body


def test_the_roles_over_the_organisation_are_told():
    body = bearer(make_grc_lead()).get(ROOT + "users/me/").json()

    assert body["roles"] == ["grc-lead"]


def test_one_sees_the_people_of_ones_teams_and_never_the_built_in_one(contributor, lead):
    make_member(make_team("others"))

    answer = bearer(contributor).get(ROOT + "users/")

    assert {row["name"] for row in answer.json()["results"]} == {"Cora", "Leo"}


def test_a_person_of_another_team_is_not_found(contributor):
    other = make_member(make_team("others"))

    problem(bearer(contributor).get(ROOT + f"users/{other.uuid}/"), 404, "not-found")


def test_a_team_is_created_with_its_version(team):
    body = {"key": "new", "name": "New", "time_zone": "Europe/Berlin"}

    answer = post(bearer(make_admin()), "teams/", body)

    assert answer.status_code == 201
    assert answer["ETag"] == '"v1"'
    assert answer.json()["members"] == []
    assert Team.objects.get(key="new").time_zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"key": "a key"}, "key"),
        ({"key": "a" * 51}, "key"),
        ({"name": "a" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"manager": "not-a-uuid"}, "manager"),
        ({"manager": 7}, "manager"),
        ({"version": 3}, "version"),
        ({"is_staff": True}, "is_staff"),
    ],
)
def test_what_no_team_can_be_is_named(team, changes, place):
    client = bearer(make_admin())
    before = recorded()

    answer = post(client, "teams/", {"key": "new", "name": "New", **changes})

    assert places(problem(answer, 400, "invalid")) == {place}
    assert recorded() == before


def test_only_an_administrator_creates_teams(lead):
    answer = post(bearer(lead), "teams/", {"key": "new", "name": "New"})

    assert "administrator" in problem(answer, 403, "not-allowed")["detail"]
    assert not Team.objects.filter(key="new").exists()


def test_the_lead_changes_the_team_on_its_version(team, lead):
    client = bearer(lead)

    answer = patch(client, "teams/payments/", {"working_days": "1234"}, version=1)
    stale = patch(client, "teams/payments/", {"working_days": "12"}, version=1)

    assert answer["ETag"] == '"v2"'
    assert answer.json()["working_days"] == "1234"
    problem(stale, 412, "stale-version")


def test_a_role_given_ends_the_one_before(team, lead, contributor):
    client = bearer(lead)
    body = {"user": str(contributor.uuid), "role": "approver"}

    answer = post(client, "teams/payments/members/", body)
    again = post(client, "teams/payments/members/", body)

    assert answer.status_code == 201
    problem(again, 409, "conflict")
    roles = Membership.objects.filter(user=contributor).order_by("pk")
    assert [(row.role, row.ended_at is None) for row in roles] == [
        (MembershipRole.CONTRIBUTOR, False),
        (MembershipRole.APPROVER, True),
    ]


def test_members_are_listed_with_those_who_left(team, lead, contributor):
    client = bearer(lead)
    row = Membership.objects.get(user=contributor)
    post(client, f"teams/payments/members/{row.uuid}/end/")

    listed = client.get(ROOT + "teams/payments/members/").json()["results"]
    current = client.get(ROOT + "teams/payments/").json()["members"]

    assert {member["name"] for member in listed} == {"Cora", "Leo"}
    assert {member["name"] for member in current} == {"Leo"}


def test_a_membership_ends_once(team, lead, contributor):
    client = bearer(lead)
    row = Membership.objects.get(user=contributor)

    first = post(client, f"teams/payments/members/{row.uuid}/end/")
    second = post(client, f"teams/payments/members/{row.uuid}/end/")

    assert first.json()["ended_at"] == "2026-03-03T09:00:00Z"
    problem(second, 409, "conflict")


def test_who_left_the_team_sees_nothing_of_it_from_then_on(system, lead, contributor):
    theirs = bearer(contributor)
    assert theirs.get(ROOT + "systems/shop/").status_code == 200
    row = Membership.objects.get(user=contributor)

    post(bearer(lead), f"teams/payments/members/{row.uuid}/end/")

    problem(theirs.get(ROOT + "systems/shop/"), 404, "not-found")


def test_a_list_of_people_costs_few_queries(team, lead, django_assert_max_num_queries):
    client = signed_in(lead)
    for _ in range(2):
        # Three of them note when the session was last seen.
        for path in ("users/", "teams/", "teams/payments/members/", "tokens/"):
            with django_assert_max_num_queries(6 + 3):
                assert client.get(ROOT + path).status_code == 200
        for _ in range(5):
            make_member(team)


def test_a_stranger_without_a_team_sees_no_team(team):
    assert bearer(make_user()).get(ROOT + "teams/").json()["results"] == []
