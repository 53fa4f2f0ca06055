"""Schedules: offered from the shipped cadences, or set by people; never changed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from controls.choices import AuditVerb, Kind
from controls.errors import ConflictError, InvalidInputError, NotAllowedError
from controls.models import AuditEvent, Review, ReviewSchedule
from controls.services import duties, schedules
from controls.services.rows import Rows
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    duty_of,
    make_admin,
    make_approval,
    make_auditor,
    make_cadence,
    make_duty,
    make_grc_lead,
    make_member,
    make_schedule,
    make_system,
    make_team,
    make_world,
    review_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def system(team):
    return make_system(team, "ec2", profile=make_world())


@pytest.fixture
def duty(system):
    return make_duty(system, "si-3")


def test_an_approved_duty_is_reviewed_as_the_facts_say(system):
    make_cadence(
        "scanner", "si-3", layers=["guest_os"], every=3, title="Scanner", source="PCI 5.2"
    )

    make_approval(system, "si-3")

    schedule = ReviewSchedule.objects.get()
    assert (schedule.title, schedule.kind) == ("Scanner", "patching")
    assert (schedule.every, schedule.unit, schedule.source) == (3, "months", "PCI 5.2")
    assert (schedule.anchor_on, schedule.since) == (date(2026, 3, 2), date(2026, 3, 2))
    assert schedule.lead_days == [30, 7, 1]
    assert (schedule.overdue_every_days, schedule.escalate_after_days) == (7, 14)
    assert review_of(schedule).due_on == date(2026, 6, 2)


def test_a_schedule_opens_its_first_review_at_once(duty, team):
    schedule = make_schedule(
        duty,
        by=make_member(team, "approver"),
        title="  Weekly look ",
        kind="configuration",
        every=1,
        unit="weeks",
        anchor_on=date(2026, 2, 27),
        lead_days=[1, 3, 3],
        overdue_every_days=2,
        escalate_after_days=0,
        source=" Policy 7 ",
    )

    assert (schedule.title, schedule.source) == ("Weekly look", "Policy 7")
    assert (schedule.lead_days, schedule.cadence_key) == ([3, 1], "")
    assert (schedule.overdue_every_days, schedule.escalate_after_days) == (2, 0)
    assert (schedule.started_at, schedule.since) == (MONDAY, date(2026, 3, 2))
    assert (review_of(schedule).due_on, review_of(schedule).attempt) == (
        date(2026, 3, 6),
        1,
    )


@pytest.mark.parametrize(
    ("anchor", "due"),
    [
        (None, date(2026, 4, 2)),
        (date(2026, 1, 31), date(2026, 3, 31)),
        (date(2025, 12, 2), date(2026, 4, 2)),  # due today is not due after today
        (date(2026, 3, 20), date(2026, 4, 20)),  # from a day to come it is counted on
    ],
)
def test_the_first_review_is_due_on_the_first_day_of_the_grid_after_today(
    duty, anchor, due
):
    assert review_of(make_schedule(duty, anchor_on=anchor)).due_on == due


def test_today_is_the_organisations_day(duty, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)  # the morning of 3 March there

    schedule = make_schedule(duty, every=1, unit="days", at=evening)

    assert (schedule.since, schedule.anchor_on) == (date(2026, 3, 3), date(2026, 3, 3))
    assert review_of(schedule).due_on == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        ({"title": "  "}, "title"),
        ({"kind": "gardening"}, "kind"),
        ({"unit": "fortnights"}, "unit"),
        ({"every": 0}, "every"),
        ({"every": -1}, "every"),
        ({"every": 11, "unit": "years"}, "every"),
        ({"every": 132, "unit": "months"}, "every"),
        ({"every": 10**9, "unit": "days"}, "every"),
        ({"anchor_on": date(9999, 12, 31)}, "anchor_on"),
        ({"anchor_on": date(1, 1, 1)}, "anchor_on"),
        ({"lead_days": [0]}, "lead_days"),
        ({"lead_days": [-1]}, "lead_days"),
        ({"lead_days": [366]}, "lead_days"),
        ({"lead_days": list(range(1, 12))}, "lead_days"),
        ({"overdue_every_days": -1}, "overdue_every_days"),
        ({"overdue_every_days": 366}, "overdue_every_days"),
        ({"escalate_after_days": 366}, "escalate_after_days"),
    ],
)
def test_what_makes_no_schedule_is_refused_by_field(duty, plan, place):
    start = AuditEvent.objects.latest("seq").seq

    with pytest.raises(InvalidInputError) as refused:
        make_schedule(duty, **plan)

    assert refused.value.place == place
    assert not ReviewSchedule.objects.exists()
    assert AuditEvent.objects.latest("seq").seq == start


@pytest.mark.parametrize(
    "plan",
    [
        {"every": 10, "unit": "years"},
        {"every": 120, "unit": "months"},
        {"every": 3660, "unit": "days"},
        {"lead_days": []},
        {"lead_days": [365]},
        {"overdue_every_days": 0, "escalate_after_days": 365},
    ],
)
def test_what_is_just_possible_is_taken(duty, plan):
    assert review_of(make_schedule(duty, **plan)).due_on > date(2026, 3, 2)


@pytest.mark.parametrize(
    "who", ["viewer", "contributor", "lead of another team", "auditor", "admin"]
)
def test_only_an_approver_of_a_team_concerned_or_the_grc_lead_schedules(duty, team, who):
    person = {
        "viewer": lambda: make_member(team, "viewer"),
        "contributor": lambda: make_member(team, "contributor"),
        "lead of another team": lambda: make_member(make_team("other"), "lead"),
        "auditor": lambda: make_auditor(duty.responsibility.system),
        "admin": make_admin,
    }[who]()
    schedule = make_schedule(duty, by=make_grc_lead())

    with pytest.raises(NotAllowedError, match="approver of the team"):
        make_schedule(duty, by=person)
    with pytest.raises(NotAllowedError):
        schedules.end(schedule=schedule, by=person, at=MONDAY)
    assert schedules.running(duty) == [schedule]


def test_a_team_that_claims_the_duty_schedules_it(duty):
    other = make_team("security")
    duties.claim(duty=duty, version=duty.version, team=other, by=make_grc_lead(), at=MONDAY)

    assert make_schedule(duty, by=make_member(other, "approver")).pk


def test_a_duty_may_have_several_schedules(duty):
    make_schedule(duty, title="One")
    make_schedule(duty, title="Other", every=2)

    assert [row.title for row in schedules.running(duty)] == ["One", "Other"]


def test_a_schedule_ends_with_the_review_that_waits(duty, team):
    schedule = make_schedule(duty)
    later = MONDAY + timedelta(days=40)

    schedules.end(schedule=schedule, by=make_member(team, "approver"), at=later)

    assert (schedule.ended_on, schedule.ended_at) == (date(2026, 4, 11), later)
    assert not Review.objects.open().exists()
    assert not Review.objects.overdue(on=date(2026, 4, 30)).exists()
    assert Review.objects.open_at(on=date(2026, 4, 10), as_of=later).count() == 1
    assert not Review.objects.open_at(on=date(2026, 4, 11), as_of=later).exists()


def test_a_schedule_ends_once(duty):
    schedule = make_schedule(duty)
    schedules.end(schedule=schedule, by=make_grc_lead(), at=MONDAY)

    with pytest.raises(ConflictError, match="ended already"):
        schedules.end(schedule=schedule, by=make_grc_lead(), at=MONDAY)


def test_a_duty_that_has_ended_is_not_reviewed_any_more(duty):
    read_before = duty_of(duty.responsibility.system, "si-3")
    make_approval(
        duty.responsibility.system, "si-3", kind=Kind.INHERITED, rationale="Not ours."
    )

    with pytest.raises(ConflictError, match="has ended"):
        make_schedule(read_before)


def test_starting_and_ending_leave_an_event_each(duty):
    lead, start = make_grc_lead(), AuditEvent.objects.latest("seq").seq

    schedule = make_schedule(duty, by=lead)
    schedules.end(schedule=schedule, by=lead, at=MONDAY)

    noted: list[Any] = list(AuditEvent.objects.filter(seq__gt=start).order_by("seq"))
    started, opened, ended = noted
    assert (started.verb, opened.verb, ended.verb) == (
        AuditVerb.SCHEDULE_STARTED,
        AuditVerb.REVIEW_OPENED,
        AuditVerb.SCHEDULE_ENDED,
    )
    assert started.target_uuid == ended.target_uuid == schedule.uuid
    assert started.after["duty"] == str(duty.uuid)
    assert started.after["lead_days"] == [7, 1]
    assert opened.after == {"due_on": "2026-04-02", "attempt": 1, "schedule": "Patches"}
    assert ended.after == {"ended_on": "2026-03-02"}


def test_opening_a_review_is_a_step_of_a_service():
    with pytest.raises(RuntimeError, match="open_review"):
        schedules.open_review(
            schedule=ReviewSchedule(),
            due_on=date(2026, 4, 2),
            rows=Rows(),
            by=system_user(),
            at=MONDAY,
        )
