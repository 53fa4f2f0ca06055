"""Decide once, see it everywhere: what decisions propose for mapped controls."""

import pytest

from controls.models import Decision, Responsibility
from controls.queries import proposals
from controls.rules.moments import Moment
from controls.services import decisions, systems
from controls.services.decisions import Content
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    make_admin,
    make_catalog,
    make_facts,
    make_grc_lead,
    make_profile,
    make_release_mapping,
    make_system,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

NOW = Moment(as_of=MONDAY, on=MONDAY.date())


@pytest.fixture
def system():
    """Three catalogs in scope of one system; all map to `hub`, which is not."""
    make_facts()
    made = {
        key: make_catalog({f"{key}-1": ("iam",), f"{key}-2": ("iam",)}, key=key)
        for key in ("hub", "one", "two", "three")
    }
    profiles = [make_profile(made[key], key) for key in ("one", "two", "three")]
    system = make_system(make_team("platform"), "ec2", profile=profiles[0])
    for profile in profiles[1:]:
        system.refresh_from_db()
        systems.start_profile(
            system=system,
            version=system.version,
            profile=profile,
            since=MONDAY.date(),
            by=system_user(),
            at=MONDAY,
        )
    make_release_mapping("one", "one-1", "two", "two-1", grade="W")
    make_release_mapping("one", "one-2", "two", "two-1", grade="D")
    make_release_mapping("hub", "hub-1", "two", "two-1", grade="E")
    make_release_mapping("hub", "hub-1", "three", "three-1", grade="D")
    return system


def row(system, control_id):
    return Responsibility.objects.select_related("control__catalog", "system").get(
        system=system, control__control_id=control_id
    )


def decide(system, control_id, kind, owner=None):
    found = row(system, control_id)
    return decisions.assign(
        responsibility=found,
        version=found.version,
        content=Content(kind=kind, owner_team=owner, rationale="So."),
        by=system_user(),
        at=MONDAY,
    )


def mapped(system, control_id, user=None, moment=NOW):
    asker = user or make_grc_lead()
    return proposals.mapped(row(system, control_id), user=asker, moment=moment)


def proposal(system, control_id):
    return proposals.proposal(mapped(system, control_id))


def test_without_a_decision_nothing_is_proposed_but_what_is_mapped_is_shown(system):
    found = mapped(system, "two-1")

    assert [(m.path, m.grade) for m in found] == [
        (("ONE-2",), "D"),
        (("ONE-1",), "W"),
        (("HUB-1", "THREE-1"), "E"),
    ]
    assert proposals.proposal(found) is None
    assert found[0].reason == "ONE-2 is not decided; mapped (published)."


def test_a_decision_proposes_its_kind_and_owner_with_the_reason(system):
    decide(system, "one-1", "shared", system.owner_team)

    found = proposal(system, "two-1")

    assert found is not None
    assert (found.kind, found.owner_team, found.grade) == ("shared", "platform", "W")
    assert found.reasons == ("ONE-1 is decided shared by Platform; mapped (weak).",)


def test_several_decisions_propose_the_union_with_the_weakest_grade(system):
    decide(system, "one-1", "inherited")
    decide(system, "one-2", "customer-specific", system.owner_team)
    decide(system, "three-1", "inherited")

    found = proposal(system, "two-1")

    assert found is not None
    assert (found.kind, found.owner_team, found.grade) == ("shared", None, "E")
    assert found.reasons[-1] == (
        "THREE-1 is decided inherited; mapped (editorial) through HUB-1."
    )


def test_what_was_returned_proposes_nothing(system):
    made = decide(system, "one-1", "shared", system.owner_team)
    found = row(system, "one-1")
    decisions.submit(
        responsibility=found, version=found.version, by=system_user(), at=MONDAY
    )
    found.refresh_from_db()
    decisions.send_back(
        responsibility=found,
        version=found.version,
        remark="No.",
        by=make_grc_lead(),
        at=MONDAY,
    )

    assert made.state == "proposed"
    assert proposal(system, "two-1") is None


def test_nothing_is_decided_by_a_proposal(system):
    decide(system, "one-1", "shared", system.owner_team)
    proposal(system, "two-1")

    assert Decision.objects.count() == 1
    assert row(system, "two-1").latest_decision is None


def test_controls_of_the_same_catalog_propose_nothing_to_one_another(system):
    make_release_mapping("hub", "hub-1", "one", "one-1")
    make_release_mapping("hub", "hub-1", "one", "one-2")

    assert "ONE-2" not in {m.path[-1] for m in mapped(system, "one-1")}


def test_what_a_person_may_not_see_is_not_told(system):
    decide(system, "one-1", "shared", system.owner_team)

    assert mapped(system, "two-1", user=make_user()) == ()
    assert mapped(system, "two-1", user=make_admin())


def test_a_moment_before_the_decision_does_not_know_it(system):
    decide(system, "one-1", "shared", system.owner_team)
    earlier = Moment(as_of=MONDAY.replace(hour=8), on=MONDAY.date())

    assert not any(m.counts for m in mapped(system, "two-1", moment=earlier))


def test_a_control_without_a_mapping_has_nothing_mapped(system):
    assert mapped(system, "three-2") == ()


def test_it_costs_the_same_for_many_mapped_controls_as_for_one(
    system, django_assert_num_queries
):
    decide(system, "one-1", "shared", system.owner_team)
    asker = make_grc_lead()
    proposals.mapped(row(system, "two-1"), user=asker, moment=NOW)
    for control_id in ("two-1", "three-1"):
        asked = row(system, control_id)
        with django_assert_num_queries(4):
            found = proposals.mapped(asked, user=asker, moment=NOW)
            proposals.proposal(found)
