"""Duties keep to the scope: none outlives the profile that asks for it."""

from datetime import date, timedelta

import pytest

from controls.choices import Kind
from controls.models import Control, Duty, Profile, Review, SystemProfile
from controls.services import schedules, systems
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    duty_of,
    make_approval,
    make_cadence,
    make_profile,
    make_system,
    make_team,
    make_world,
    responsibility_for,
)

pytestmark = pytest.mark.django_db

LATER = MONDAY + timedelta(days=10)


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def profile():
    return make_world()


@pytest.fixture
def system(team, profile):
    return make_system(team, "ec2", profile=profile)


def end_scope(system, profile, at=LATER):
    system.refresh_from_db()
    scope = SystemProfile.objects.select_related("system__owner_team", "profile").get(
        system=system, profile=profile, ended_at__isnull=True
    )
    systems.end_profile(
        scope=scope, version=system.version, on=at.date(), by=system_user(), at=at
    )


def start_scope(system, profile, at=LATER):
    system.refresh_from_db()
    systems.start_profile(
        system=system,
        version=system.version,
        profile=profile,
        since=at.date(),
        by=system_user(),
        at=at,
    )


def going_on(system):
    rows = Duty.objects.filter(responsibility__system=system, ended_at__isnull=True)
    return sorted(rows.values_list("responsibility__control__control_id", flat=True))


def narrow(profile, *control_ids):
    """A profile of only these controls of the same catalog."""
    part = Profile.objects.create(key="part", catalog=profile.catalog, title="Part")
    part.controls.set(
        Control.objects.filter(catalog=profile.catalog, control_id__in=control_ids)
    )
    return part


def test_duties_of_controls_that_nothing_binds_any_more_end(system, profile):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    duty = duty_of(system, "si-2")

    end_scope(system, profile)

    duty.refresh_from_db()
    assert duty.ended_at == LATER
    assert not duty.claims.open().exists()
    assert schedules.running(duty) == []
    assert not Review.objects.open().exists()


def test_duties_of_controls_that_another_profile_binds_go_on(system, profile):
    make_approval(system, "si-2")
    make_approval(system, "ac-2")
    start_scope(system, narrow(profile, "si-2"))

    end_scope(system, profile)

    assert going_on(system) == ["si-2"]


def test_duties_of_other_systems_are_left_alone(system, team, profile):
    other = make_system(team, "ec2", profile=profile)
    make_approval(other, "si-2")

    end_scope(system, profile)

    assert going_on(other) == ["si-2"]


def test_a_control_that_is_bound_again_has_its_duties_again(system, profile):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    make_approval(system, "si-3", kind=Kind.INHERITED, rationale="Images are AWS's.")
    before = duty_of(system, "si-2")
    end_scope(system, profile)

    start_scope(system, profile, at=LATER + timedelta(days=20))

    duty = duty_of(system, "si-2")
    assert going_on(system) == ["si-2"]
    assert duty != before
    assert duty.claims.open().get().team == system.owner_team
    assert Review.objects.open().get().due_on == date(2026, 5, 1)


def test_a_profile_that_binds_nothing_new_starts_no_duty_twice(system, profile):
    make_approval(system, "si-2")
    duty = duty_of(system, "si-2")

    start_scope(system, make_profile(profile.catalog, key="again"))

    assert duty_of(system, "si-2") == duty


def test_the_organisation_takes_over_what_was_decided_before_it_was_there(
    system, team, profile
):
    make_approval(system, "at-2")
    make_approval(system, "si-2")
    duty = duty_of(system, "at-2")

    make_system(team, profile=profile, key="acme", kind="organization", at=LATER)

    duty.refresh_from_db()
    assert duty.ended_at == LATER
    assert going_on(system) == ["si-2"]


def test_the_organisation_leaves_others_what_its_scope_does_not_hold(system, team, profile):
    make_approval(system, "at-2")
    make_system(
        team, profile=narrow(profile, "pl-2"), key="acme", kind="organization", at=LATER
    )
    assert going_on(system) == ["at-2"]

    make_approval(system, "at-2", at=LATER + timedelta(days=1))

    assert duty_of(system, "at-2").layers == ["training"]


def test_the_end_of_a_scope_costs_few_queries_where_nothing_was_approved(
    system, profile, django_assert_max_num_queries
):
    assert responsibility_for(system, "si-2").latest_decision is None

    with django_assert_max_num_queries(16):
        end_scope(system, profile)
