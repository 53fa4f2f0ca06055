"""A token for one team acts with the person's role in that team alone."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from controls.choices import MembershipRole, OrganizationRoleName
from controls.models import ApiToken
from tests.api.conftest import Api
from tests.make import (
    make_evidence,
    make_member,
    make_membership,
    make_organization_role,
    make_system,
    make_team,
    make_world,
    responsibility_for,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams():
    return make_team("payments"), make_team("security")


@pytest.fixture
def systems(teams):
    profile = make_world()
    return [
        make_system(team, "ec2", profile=profile, key=f"{team.key}-shop") for team in teams
    ]


@pytest.fixture
def person(teams, systems):
    """A viewer of payments who leads security, and is the GRC lead as well."""
    payments, security = teams
    made = make_member(payments, MembershipRole.VIEWER)
    make_membership(made, security, MembershipRole.LEAD)
    make_organization_role(made, OrganizationRoleName.GRC_LEAD)
    return made


def keys(api):
    return [row["key"] for row in api.rows("systems/")]


def assign(api, system):
    row = responsibility_for(system, "si-2")
    return api.post(f"responsibilities/{row.uuid}/assign/", {}, version=row.version)


def test_without_a_team_all_that_the_person_may_do_counts(person, systems):
    api = Api(person)

    assert set(keys(api)) == {"payments-shop", "security-shop"}
    assert assign(api, systems[0]).status_code == 200


def test_with_a_team_its_systems_alone_are_there(person, teams, systems):
    api = Api(person, team=teams[0])

    assert keys(api) == ["payments-shop"]
    assert api.get("systems/security-shop/").status_code == 404
    assert api.get("systems/security-shop/matrix/").status_code == 404
    assert {row["system"] for row in api.rows("responsibilities/")} == {"payments-shop"}
    assert [row["key"] for row in api.rows("teams/")] == ["payments"]


def test_with_a_team_the_role_in_it_counts_and_no_other(person, teams, systems):
    assert assign(Api(person, team=teams[0]), systems[0]).status_code == 403
    assert assign(Api(person, team=teams[1]), systems[1]).status_code == 200


def test_it_says_of_itself_what_it_may(person, teams):
    told = Api(person, team=teams[0]).get("users/me/").json()

    assert told["roles"] == []
    assert told["teams"] == {"payments": "viewer"}


def test_the_evidence_of_other_teams_is_not_there(person, teams, systems):
    for team, system in zip(teams, systems, strict=True):
        make_evidence(team, responsibility_for(system, "si-2"))

    rows = Api(person, team=teams[0]).rows("evidence/")

    assert [row["team"] for row in rows] == ["payments"]


def test_a_register_holds_what_the_team_sees(person, teams):
    answer = Api(person, team=teams[0]).get("registers/responsibilities.ndjson")

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert {json.loads(line)["system"] for line in lines} == {"payments-shop"}


@pytest.mark.parametrize("key", [None, "security"])
def test_it_makes_no_token_that_may_do_more(person, teams, key):
    api = Api(person, team=teams[0])
    before = ApiToken.objects.count()
    body = {
        "name": "More",
        "team": key,
        "expires_at": (timezone.now() + timedelta(days=3)).isoformat(),
    }

    answer = api.post("tokens/", body)

    assert answer.status_code in {400, 403}
    assert ApiToken.objects.count() == before


def test_it_makes_one_for_the_same_team_and_sees_no_other(person, teams):
    Api(person)
    api = Api(person, team=teams[0])
    until = (timezone.now() + timedelta(days=3)).isoformat()

    made = api.post("tokens/", {"name": "Same", "team": "payments", "expires_at": until})

    assert made.status_code == 201
    assert {row["team"] for row in api.rows("tokens/")} == {"payments"}


def test_who_left_the_team_does_nothing_with_it(person, teams, systems):
    api = Api(person, team=teams[0])
    person.memberships.filter(team=teams[0]).update(
        ended_at=timezone.now(), ended_by=person
    )

    assert keys(api) == []
    assert api.get("systems/payments-shop/").status_code == 404
