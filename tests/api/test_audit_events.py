"""The audit trail over the API."""

import pytest

from controls.models import AuditEvent
from tests.make import (
    make_admin,
    make_auditor,
    make_decision,
    make_member,
    make_system,
    make_team,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    system = make_system(make_team("payments"), "ec2", key="shop")
    make_decision(system, "pe-3")
    return system


@pytest.fixture
def bank(shop):
    return make_system(
        make_team("banking"), "s3", key="bank", profile=shop.scopes.get().profile
    )


def test_everything_is_shown_newest_first_to_an_administrator(api_of, shop):
    rows = api_of(make_admin()).rows("audit-events/", limit=200)

    numbers = [row["seq"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == AuditEvent.objects.count()


def test_a_member_sees_the_events_of_their_team_and_its_systems_only(api_of, shop, bank):
    member = make_member(shop.owner_team)

    rows = api_of(member).rows("audit-events/", limit=200)

    assert {row["system_uuid"] for row in rows} == {None, str(shop.uuid)}
    assert {row["team_uuid"] for row in rows} == {str(shop.owner_team.uuid)}


def test_an_auditor_sees_the_events_of_the_systems_in_scope_only(api_of, shop, bank):
    rows = api_of(make_auditor(shop)).rows("audit-events/", limit=200)

    assert {row["system_uuid"] for row in rows} == {str(shop.uuid)}


def test_events_are_found_by_system_target_verb_and_time(api_of, shop, bank):
    api = api_of(make_admin())
    assigned = AuditEvent.objects.get(verb="responsibility-assigned")

    def found(**query):
        return {row["uuid"] for row in api.rows("audit-events/", limit=200, **query)}

    assert found(system="shop", verb="responsibility-assigned") == {str(assigned.uuid)}
    assert found(system="bank", verb="responsibility-assigned") == set()
    assert str(assigned.uuid) in found(target=str(assigned.target_uuid))
    assert found(since="2100-01-01T00:00:00Z") == set()
    assert found(system="nobodys") == set()


def test_a_foreign_system_as_a_filter_finds_nothing(api_of, shop, bank):
    api = api_of(make_member(shop.owner_team))

    assert api.rows("audit-events/", system="bank") == []


def test_an_event_tells_before_and_after_and_what_it_builds_on(api_of, shop):
    event = AuditEvent.objects.get(verb="responsibility-assigned")

    told = api_of(make_admin()).get(f"audit-events/{event.uuid}/").json()

    before = AuditEvent.objects.get(seq=event.seq - 1)
    assert told["after"]["kind"] == "inherited"
    assert (told["hash"], told["previous_hash"]) == (event.hash, before.hash)
