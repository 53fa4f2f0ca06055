"""Since when a decision is suspect, and what caused it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.choices import LayerValue
from controls.models import LayerOverride, Responsibility
from controls.queries import suspects
from controls.services import derivations, overrides
from controls.services.clock import zone
from controls.services.setup import system_user
from tests.comparing.worlds import TODAY, TUESDAY, approve, end, say, start
from tests.make import (
    make_decision,
    make_facts,
    make_system,
    make_team,
    responsibility_for,
)

DAY = timedelta(days=1)


def found(on=TODAY, since=None):
    """What is suspect on a day, by control."""
    told = listed(on=on, since=since)
    return {doubt.responsibility.control.control_id: doubt for doubt in told}


def listed(on=TODAY, since=None):
    """What is suspect on a day."""
    rows = suspects.suspects(Responsibility.objects.all(), on=on, zone=zone())
    if since is not None:
        rows = suspects.since(rows, since, zone=zone())
    return suspects.doubts(
        rows.select_related("control", "latest_decision__derivation"), zone=zone()
    )


def withdraw(row: LayerOverride, *, at=TUESDAY, on=None):
    """End an override."""
    overrides.end(override=row, on=on or at.date(), by=system_user(), at=at)


@pytest.fixture
def decided(world):
    """The shop, with decisions on three controls."""
    for control in ("ac-2", "si-2", "si-3"):
        make_decision(world.shop, control)
    return world


def test_a_service_that_goes_is_the_cause(decided):
    end(decided.shop, "ec2")

    told = found()

    assert set(told) == {"si-2", "si-3"}
    assert told["si-3"].since == TODAY
    assert told["si-3"].cause == "Service ended: ec2"
    assert told["si-3"].recorded_at == TUESDAY
    assert told["si-3"].differences == (
        "The answer was shared, now it is inherited.",
        "guest os: us and the provider then, the provider now.",
    )


def test_an_override_is_the_cause(decided):
    say(decided.shop, "guest_os", LayerValue.PROVIDER)

    assert found()["si-3"].cause == "Override: guest_os"


def test_what_was_never_decided_is_not_suspect(world):
    end(world.shop, "ec2")

    assert found() == {}


def test_the_first_derivation_that_differs_says_since_when(decided):
    end(decided.shop, "ec2", at=TUESDAY)
    start(decided.shop, "s3", at=TUESDAY + DAY)
    say(decided.shop, "iam", LayerValue.SHARED, at=TUESDAY + 2 * DAY)

    told = found(on=TODAY + 2 * DAY)

    assert (told["si-3"].since, told["si-3"].cause) == (TODAY, "Service ended: ec2")
    assert told["ac-2"].cause == "Override: iam"


def test_what_held_again_meanwhile_is_suspect_since_it_last_broke(decided):
    row = say(decided.shop, "guest_os", LayerValue.PROVIDER, at=TUESDAY)
    withdraw(row, at=TUESDAY + DAY)
    assert "si-3" not in found(on=TODAY + DAY)
    end(decided.shop, "ec2", at=TUESDAY + 3 * DAY)

    told = found(on=TODAY + 3 * DAY)

    assert told["si-3"].since == TODAY + 3 * DAY
    assert told["si-3"].cause == "Service ended: ec2"


def test_a_planned_end_makes_suspect_on_its_day(decided):
    end(decided.shop, "ec2", on=TODAY + 5 * DAY)

    assert found(on=TODAY + 4 * DAY) == {}
    assert found(on=TODAY + 5 * DAY)["si-3"].since == TODAY + 5 * DAY
    assert found(on=TODAY + 9 * DAY)["si-3"].since == TODAY + 5 * DAY


def test_what_was_planned_and_came_earlier_counts_from_when_it_came(decided):
    say(
        decided.shop,
        "guest_os",
        LayerValue.PROVIDER,
        since=TODAY + 9 * DAY,
        at=TUESDAY,
    )
    end(decided.shop, "ec2", at=TUESDAY + 2 * DAY)

    told = found(on=TODAY + 9 * DAY)

    assert told["si-3"].since == TODAY + 2 * DAY
    assert told["si-3"].cause == "Service ended: ec2"


def test_deciding_again_clears_it(decided):
    end(decided.shop, "ec2")
    make_decision(decided.shop, "si-3", at=TUESDAY)

    assert set(found()) == {"si-2"}


def test_approving_what_rests_on_the_old_derivation_does_not_clear_it(world):
    approve(world.shop, "si-3", by=world.maker, checker=world.checker)
    end(world.shop, "ec2")

    assert set(found()) == {"si-3"}


def test_what_left_the_scope_is_not_listed(decided):
    end(decided.shop, "ec2")
    decided.shop.scopes.update(ended_on=TODAY, ended_at=TUESDAY, ended_by=system_user().pk)

    assert found() == {}


@pytest.mark.parametrize(
    ("since", "controls"),
    [
        (TUESDAY - DAY, {"ac-2", "si-2", "si-3"}),
        (TUESDAY, {"ac-2", "si-2", "si-3"}),
        (TUESDAY + timedelta(seconds=1), {"ac-2"}),
        (TUESDAY + 2 * DAY, {"ac-2"}),
        (TUESDAY + 3 * DAY, set()),
    ],
)
def test_a_list_since_a_moment_holds_what_became_suspect_then_or_later(
    decided, since, controls
):
    end(decided.shop, "ec2", at=TUESDAY)
    say(decided.shop, "iam", LayerValue.SHARED, at=TUESDAY + 2 * DAY)

    assert set(found(on=TODAY + 2 * DAY, since=since)) == controls


def test_what_begins_on_a_planned_day_counts_from_its_midnight(decided):
    end(decided.shop, "ec2", on=TODAY + 5 * DAY)
    midnight = TUESDAY.replace(hour=0) + 5 * DAY
    on = TODAY + 5 * DAY

    assert "si-3" in found(on=on, since=midnight)
    assert found(on=on, since=midnight + timedelta(microseconds=1)) == {}


def test_a_release_is_the_cause(decided):
    release = make_facts("test.2")
    release.facts.filter(layer__code="guest_os", model="infrastructure").update(
        value="provider"
    )
    type(release).objects.filter(pk=release.pk).update(loaded_at=TUESDAY)
    derivations.rederive(
        system=decided.shop, cause="Facts test.2", by=system_user(), at=TUESDAY
    )

    assert found()["si-3"].cause == "Facts test.2"


def test_more_suspects_ask_no_more(decided):
    end(decided.shop, "ec2")

    with CaptureQueriesContext(connection) as few:
        listed()
    team = make_team("more")
    for number in range(4):
        system = make_system(team, "ec2", profile=decided.profile, key=f"more-{number}")
        make_decision(system, "si-3")
        make_decision(system, "si-2")
        say(system, "guest_os", LayerValue.SHARED)
    with CaptureQueriesContext(connection) as many:
        assert len(listed()) == 10

    assert len(many) == len(few) == 3


def test_the_list_and_the_question_agree(decided):
    end(decided.shop, "ec2")

    marked: Any = Responsibility.objects.with_suspicion(on=TODAY)
    asked = marked.filter(suspect=True)

    assert {row.control.control_id for row in asked} == set(found())
    assert responsibility_for(decided.shop, "si-3").latest_decision is not None
