"""Systems: recording one derives it; changing one appends, and nothing is overwritten."""

from datetime import date, timedelta
from typing import Any

import pytest

from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    StaleVersionError,
)
from controls.models import (
    AuditEvent,
    Derivation,
    Layer,
    Responsibility,
    ServiceVariant,
    System,
)
from controls.queries.matrix import matrix
from controls.rules.moments import Moment
from controls.services import overrides, systems
from controls.services.overrides import Word
from controls.services.setup import system_user
from controls.services.systems import Use
from tests.make import (
    CONTROLS,
    MONDAY,
    make_catalog,
    make_decision,
    make_facts,
    make_grc_lead,
    make_member,
    make_profile,
    make_service,
    make_system,
    make_team,
    make_world,
    responsibility_for,
)

pytestmark = pytest.mark.django_db

TUESDAY = MONDAY + timedelta(days=1)
FRIDAY = MONDAY + timedelta(days=4)


def answers(system, *, on=MONDAY, as_of=FRIDAY):
    found: Any = matrix(system=system, moment=Moment(as_of=as_of, on=on.date()))
    return {row.control.control_id: row.derivation.answer for row in found.rows}


def suspects(system, *, on=FRIDAY, as_of=FRIDAY):
    found = matrix(system=system, moment=Moment(as_of=as_of, on=on.date()))
    return [row.control.control_id for row in found.rows if row.suspect]


def use(variant, **dates):
    return Use(variant=ServiceVariant.objects.get(key=variant), **dates)


def test_recording_a_system_proposes_every_control_in_scope():
    system = make_system(make_team(), "s3")

    assert Responsibility.objects.filter(system=system).count() == len(CONTROLS)
    assert answers(system) == {
        "ac-2": "shared",
        "at-2": "parallel",
        "pe-3": "inherited",
        "pl-2": "customer-specific",
        "si-2": "shared",
        "si-3": "inherited",
    }


def test_a_control_of_services_is_undetermined_until_one_is_named():
    system = make_system(make_team())

    assert answers(system)["si-3"] == "undetermined"
    make_service(system, "s3")
    assert answers(system)["si-3"] == "inherited"


def test_the_organisation_answers_for_the_controls_with_a_layer_of_its_own():
    system = make_system(make_team(), kind="organization")

    assert answers(system) == {"at-2": "parallel", "pl-2": "customer-specific"}


def test_there_is_one_organisation_and_it_uses_no_services():
    world = make_world()
    organization = make_system(make_team(), kind="organization", profile=world)

    with pytest.raises(ConflictError):
        make_system(make_team(), kind="organization", profile=world)
    with pytest.raises(InvalidInputError):
        make_service(organization, "s3")


def test_a_new_service_makes_suspect_what_was_decided_on_other_ground():
    system = make_system(make_team(), "s3", "dynamodb")
    for control_id in CONTROLS:
        make_decision(system, control_id, rationale="Checked.")

    make_service(system, "ec2", at=TUESDAY)

    assert suspects(system) == ["si-2", "si-3"]


def test_the_same_decision_on_the_new_ground_clears_the_doubt():
    system = make_system(make_team(), "s3")
    make_decision(system, "si-3")
    make_service(system, "ec2", at=TUESDAY)
    assert suspects(system) == ["si-3"]

    make_decision(system, "si-3", at=TUESDAY)

    assert suspects(system) == []


def test_a_service_that_changes_no_party_makes_nothing_suspect():
    system = make_system(make_team(), "s3")
    for control_id in CONTROLS:
        make_decision(system, control_id, rationale="Checked.")

    make_service(system, "dynamodb", at=TUESDAY)

    assert suspects(system) == []


def test_yesterday_stays_as_it_was_told_yesterday():
    system = make_system(make_team(), "s3")
    before = answers(system, on=MONDAY, as_of=MONDAY)
    make_decision(system, "si-3")

    make_service(system, "ec2", at=TUESDAY)
    make_decision(system, "si-3", at=TUESDAY)

    assert answers(system, on=MONDAY, as_of=MONDAY) == before
    assert answers(system, on=TUESDAY, as_of=FRIDAY)["si-3"] == "shared"
    told = matrix(system=system, moment=Moment(as_of=MONDAY, on=MONDAY.date()))
    assert [column.variant for column in told.columns] == ["s3"]


def test_what_starts_later_is_derived_for_its_day_and_not_before():
    system = make_system(make_team(), "s3")
    later = FRIDAY.date() + timedelta(days=30)
    systems.start_services(
        system=system,
        version=system.version,
        uses=[use("ec2", since=later)],
        by=system_user(),
        at=TUESDAY,
    )

    assert answers(system, on=FRIDAY)["si-3"] == "inherited"
    assert answers(system, on=FRIDAY + timedelta(days=40))["si-3"] == "shared"
    assert (
        answers(system, on=FRIDAY + timedelta(days=40), as_of=MONDAY)["si-3"] == "inherited"
    )


def test_a_plan_that_is_called_off_is_forgotten_for_later_and_kept_for_then():
    system = make_system(make_team(), "s3")
    later = FRIDAY.date() + timedelta(days=30)
    (planned,) = systems.start_services(
        system=system,
        version=system.version,
        uses=[use("ec2", since=later)],
        by=system_user(),
        at=TUESDAY,
    )
    system.refresh_from_db()
    planned.system = system
    systems.end_service(
        service=planned, version=system.version, on=later, by=system_user(), at=FRIDAY
    )

    far = FRIDAY + timedelta(days=60)
    assert answers(system, on=far, as_of=FRIDAY)["si-3"] == "inherited"
    assert answers(system, on=far, as_of=TUESDAY)["si-3"] == "shared"


def test_a_service_used_since_longer_ago_counts_from_then():
    system = make_system(make_team(), "s3", at=MONDAY)
    systems.start_services(
        system=system,
        version=system.version,
        uses=[use("ec2", since=date(2026, 1, 1))],
        by=system_user(),
        at=TUESDAY,
    )

    assert answers(system, on=MONDAY, as_of=FRIDAY)["si-3"] == "shared"
    assert answers(system, on=MONDAY, as_of=MONDAY)["si-3"] == "inherited"


def test_a_service_ends_and_may_be_used_again():
    system = make_system(make_team(), "s3", "ec2")
    service = system.services.select_related("system__owner_team", "variant").get(
        variant__key="ec2"
    )
    systems.end_service(
        service=service, version=1, on=FRIDAY.date(), by=system_user(), at=TUESDAY
    )

    assert answers(system, on=TUESDAY)["si-3"] == "shared"
    assert answers(system, on=FRIDAY)["si-3"] == "inherited"
    make_service(system, "ec2", at=FRIDAY)
    assert answers(system, on=FRIDAY)["si-3"] == "shared"


def test_the_same_variant_is_not_used_twice_at_once():
    system = make_system(make_team(), "s3")

    with pytest.raises(ConflictError, match="uses s3 already"):
        make_service(system, "s3")

    system.refresh_from_db()
    assert system.services.count() == 1
    assert system.version == 1


def test_deriving_again_without_a_change_appends_nothing():
    system = make_system(make_team(), "s3", "ec2")
    before = Derivation.objects.count()

    make_service(system, "dynamodb", at=TUESDAY)
    touched = Derivation.objects.count() - before
    systems.change(
        system=System.objects.get(pk=system.pk),
        version=2,
        name="Renamed",
        description="",
        has_custom_code=True,
        by=system_user(),
        at=FRIDAY,
    )

    # Controls of services gained a cell; those of the organisation did not change.
    assert touched == len(CONTROLS) - 2
    assert Derivation.objects.count() == before + touched


def test_a_changed_derivation_outdates_what_was_being_prepared_on_the_old_one():
    system = make_system(make_team(), "s3")
    responsibility = responsibility_for(system, "si-3")

    make_service(system, "ec2", at=TUESDAY)

    assert responsibility_for(system, "si-3").version > responsibility.version
    assert responsibility_for(system, "pl-2").version == responsibility.version


def test_own_code_matters():
    system = make_system(make_team(), "s3", has_custom_code=False)

    assert answers(system)["si-2"] == "inherited"
    systems.change(
        system=system,
        version=1,
        name=system.name,
        description="",
        has_custom_code=True,
        by=system_user(),
        at=TUESDAY,
    )
    assert answers(system, on=TUESDAY)["si-2"] == "shared"


def test_only_a_lead_or_the_grc_lead_describes_a_system():
    team = make_team()
    system = make_system(team, "s3")
    change: dict[str, Any] = {
        "name": "Mine",
        "description": "",
        "has_custom_code": True,
        "at": TUESDAY,
    }

    with pytest.raises(NotAllowedError, match="lead of the team"):
        systems.change(system=system, version=1, by=make_member(team, "approver"), **change)
    assert (
        systems.change(
            system=system, version=1, by=make_member(team, "lead"), **change
        ).name
        == "Mine"
    )
    with pytest.raises(StaleVersionError):
        systems.change(system=system, version=1, by=make_grc_lead(), **change)


def test_an_override_holds_between_its_dates_and_gives_its_reason():
    system = make_system(make_team(), "ec2")
    until = FRIDAY.date() + timedelta(days=10)
    override = overrides.start(
        system=system,
        word=Word(
            layer=Layer.objects.get(code="guest_os"),
            variant=ServiceVariant.objects.get(key="ec2"),
            value="provider",
            reason="AWS Managed Services patches it.",
            since=TUESDAY.date(),
            until=until,
        ),
        by=system_user(),
        at=TUESDAY,
    )

    assert answers(system, on=MONDAY)["si-3"] == "shared"
    assert answers(system, on=TUESDAY)["si-3"] == "inherited"
    assert answers(system, on=FRIDAY + timedelta(days=10))["si-3"] == "shared"
    row = responsibility_for(system, "si-3").derivations.get(effective_on=TUESDAY.date())
    assert row.explanation[-1]["note"] == "AWS Managed Services patches it."
    assert row.explanation[-1]["override"] == str(override.uuid)


def test_an_override_for_all_reaches_every_system():
    world = make_world()
    one = make_system(make_team(), "ec2", profile=world)
    two = make_system(make_team(), "ec2", profile=world)
    overrides.start(
        system=None,
        word=Word(
            layer=Layer.objects.get(code="guest_os"),
            value="shared",
            reason="Our service contract.",
            since=TUESDAY.date(),
        ),
        by=make_grc_lead(),
        at=TUESDAY,
    )

    assert [answers(s, on=TUESDAY)["si-3"] for s in (one, two)] == ["shared", "shared"]
    assert {len(responsibility_for(s, "si-3").derivations.all()) for s in (one, two)} == {2}


def test_each_thing_recorded_is_one_event():
    team = make_team()
    before = AuditEvent.objects.count()

    make_system(team, "s3", "ec2")

    verbs = (
        AuditEvent.objects.filter(seq__gt=before)
        .order_by("seq")
        .values_list("verb", flat=True)
    )
    assert list(verbs) == [
        "system-created",
        "profile-started",
        "service-started",
        "service-started",
        *["responsibility-proposed"] * len(CONTROLS),
    ]


@pytest.mark.parametrize("size", [5, 60])
def test_the_matrix_asks_the_same_number_of_questions_at_any_size(
    size, django_assert_max_num_queries
):
    make_facts()
    catalog = make_catalog({f"x-{n}": ("guest_os", "training") for n in range(size)})
    system = make_system(make_team(), "s3", "ec2", profile=make_profile(catalog))

    with django_assert_max_num_queries(8):
        found = matrix(system=system, moment=Moment(as_of=FRIDAY, on=FRIDAY.date()))
        assert len([row.cell("ec2") for row in found.rows]) == size
