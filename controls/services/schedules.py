"""Schedules of recurring reviews: offered from the shipped cadences, or set by people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from controls.choices import AuditVerb, DutyTask, IntervalUnit, ReviewKind
from controls.errors import ConflictError, InvalidInputError
from controls.models import Duty, DutyClaim, Review, ReviewSchedule, Team, User
from controls.queries.duties import Ground, Offer
from controls.rules import cadence as grid
from controls.rules.duties import calls_for
from controls.rules.permissions import Action
from controls.services import access, audit, versions
from controls.services.audit import audited, within
from controls.services.clock import day
from controls.services.rows import Rows

LEAD_DAYS = (30, 7, 1)
"""Days before a due day on which owners are told, as the shipped facts offer them."""
LONGEST_LEAD = 365
MOST_LEADS = 10
LONGEST_YEARS = 10
"""No review is further apart, and no grid begins further away, than so many years."""
TOLD = (
    "kind",
    "title",
    "every",
    "unit",
    "anchor_on",
    "lead_days",
    "overdue_every_days",
    "escalate_after_days",
    "cadence_key",
    "source",
    "since",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How often a duty is to be reviewed. `anchor_on` empty: counted from today.

    `lead_days` None: 30, 7 and 1 days before, as far as the interval leaves room.
    """

    title: str
    kind: str
    every: int
    unit: str
    anchor_on: date | None = None
    lead_days: Sequence[int] | None = None
    overdue_every_days: int = 7
    escalate_after_days: int = 14
    cadence_key: str = ""
    source: str = ""
    first_due_on: date | None = None
    """Where the first occurrence is known, as when a schedule takes over from another."""


@audited
def start(*, duty: Duty, plan: Plan, by: User, at: datetime) -> ReviewSchedule:
    """Let a duty be reviewed again and again; open the first review; return the schedule.

    Raises NotAllowedError, ConflictError where the duty has ended, and InvalidInputError
    naming the field.
    """
    access.require(by, Action.SCHEDULE, *teams_of(duty))
    # Nobody may end the duty meanwhile, or its schedule would be left behind.
    going_on = Duty.objects.select_for_update().filter(pk=duty.pk, ended_at__isnull=True)
    if not list(going_on.values_list("pk")):
        raise ConflictError("This duty has ended: nothing is left to review.")
    _check(plan, today=day(at))
    rows = Rows()
    schedule = _start(duty, plan, rows, by=by, at=at)
    rows.write([ReviewSchedule, Review])
    return schedule


@audited
def end(*, schedule: ReviewSchedule, by: User, at: datetime) -> ReviewSchedule:
    """End a schedule, and with it the review that waits; return the schedule.

    Raises NotAllowedError and ConflictError.
    """
    access.require(by, Action.SCHEDULE, *teams_of(schedule.duty))
    _end(schedule, schedule.duty, by=by, at=at)
    return schedule


@within
def offer(
    *, offer: Offer, duty: Duty, rows: Rows, by: User, at: datetime
) -> ReviewSchedule:
    """Start a shipped cadence; return its schedule, which is written with the other rows.
    Recorded by audit.record().

    Where the provider does the work, what it did is checked.
    """
    title = offer.title
    if duty.task == DutyTask.CHECK:
        title = f"{title}: check what {duty.responsibility.provider.name} did"
    plan = Plan(
        title=title[:200],
        kind=offer.kind,
        every=offer.every,
        unit=offer.unit,
        cadence_key=offer.key,
        source=offer.source,
    )
    return _start(duty, plan, rows, by=by, at=at)


@within
def carry_over(
    *,
    schedules: Sequence[ReviewSchedule],
    duty: Duty,
    ground: Ground,
    rows: Rows,
    by: User,
    at: datetime,
) -> list[ReviewSchedule]:
    """Let a duty that takes over from another be reviewed as that one was, on the same due
    days; return the schedules, which are written with the other rows. Each is recorded by
    audit.record().

    A shipped cadence that no longer concerns the duty's layers is not carried over.
    """
    about = {row.key: row.layers for row in ground.offers}
    return [
        _start(duty, _as_before(row), rows, by=by, at=at)
        for row in schedules
        if not duty.layers
        or not about.get(row.cadence_key)
        or about[row.cadence_key] & set(duty.layers)
    ]


@within
def end_with_duty(
    *, schedule: ReviewSchedule, duty: Duty, by: User, at: datetime
) -> ReviewSchedule:
    """End a schedule since its duty ends; return it. Recorded by audit.record()."""
    _end(schedule, duty, by=by, at=at)
    return schedule


def running(duty: Duty) -> list[ReviewSchedule]:
    """Return the duty's schedules that nobody has ended, oldest first."""
    return list(
        ReviewSchedule.objects.filter(duty=duty, ended_at__isnull=True).order_by("pk")
    )


def teams_of(duty: Duty) -> tuple[Team | None, ...]:
    """Return the teams concerned: those that claim the duty, and those that answer for the
    responsibility. A team that says it is not its own is none of them.
    """
    claiming = DutyClaim.objects.claiming().filter(duty=duty).select_related("team")
    return (
        *(claim.team for claim in claiming),
        *access.teams_of(duty.responsibility),
    )


def called(duty: Duty, ground: Ground) -> list[Offer]:
    """Return the default cadences that call for a review of the duty."""
    control = duty.responsibility.control.control_id
    return [
        row
        for row in ground.offers
        if calls_for(
            control_id=control,
            layers=duty.layers,
            cadence_controls=row.controls,
            cadence_layers=row.layers,
        )
    ]


@within
def open_review(
    *,
    schedule: ReviewSchedule,
    due_on: date,
    attempt: int = 1,
    rows: Rows,
    by: User,
    at: datetime,
) -> Review:
    """Open one occurrence of a schedule; return it, which is written with the other rows.
    Recorded by audit.record().
    """
    review = rows.add(
        Review(schedule=schedule, due_on=due_on, attempt=attempt, opened_at=at)
    )
    audit.record(
        verb=AuditVerb.REVIEW_OPENED,
        target=review,
        about=schedule.duty.responsibility.system,
        after=audit.snapshot(review, "due_on", "attempt") | {"schedule": schedule.title},
        by=by,
        at=at,
    )
    return review


def _start(duty: Duty, plan: Plan, rows: Rows, *, by: User, at: datetime) -> ReviewSchedule:
    today = day(at)
    anchor = plan.anchor_on or today
    leads = plan.lead_days
    if leads is None:
        leads = grid.lead_days(offered=LEAD_DAYS, every=plan.every, unit=plan.unit)
    schedule = rows.add(
        ReviewSchedule(
            duty=duty,
            kind=plan.kind,
            title=plan.title.strip(),
            every=plan.every,
            unit=plan.unit,
            anchor_on=anchor,
            lead_days=sorted(set(leads), reverse=True),
            overdue_every_days=plan.overdue_every_days,
            escalate_after_days=plan.escalate_after_days,
            cadence_key=plan.cadence_key,
            source=plan.source.strip(),
            since=today,
            started_at=at,
            started_by=by,
        )
    )
    audit.record(
        verb=AuditVerb.SCHEDULE_STARTED,
        target=schedule,
        about=duty.responsibility.system,
        after=audit.snapshot(schedule, *TOLD) | {"duty": str(duty.uuid)},
        by=by,
        at=at,
    )
    due_on = plan.first_due_on or grid.next_due(
        anchor=anchor, every=plan.every, unit=plan.unit, after=today
    )
    open_review(schedule=schedule, due_on=due_on, rows=rows, by=by, at=at)
    return schedule


def _end(schedule: ReviewSchedule, duty: Duty, *, by: User, at: datetime) -> None:
    versions.end_row(schedule, on=day(at), by=by, at=at)
    audit.record(
        verb=AuditVerb.SCHEDULE_ENDED,
        target=schedule,
        about=duty.responsibility.system,
        before=audit.snapshot(schedule, *TOLD),
        after=audit.snapshot(schedule, "ended_on"),
        by=by,
        at=at,
    )


def _as_before(row: ReviewSchedule) -> Plan:
    """Return the plan of a schedule that goes on elsewhere, from the review that waits."""
    waiting = row.reviews.filter(completed_at__isnull=True).order_by("due_on").first()
    return Plan(
        title=row.title,
        kind=row.kind,
        every=row.every,
        unit=row.unit,
        anchor_on=row.anchor_on,
        lead_days=row.lead_days,
        overdue_every_days=row.overdue_every_days,
        escalate_after_days=row.escalate_after_days,
        cadence_key=row.cadence_key,
        source=row.source,
        first_due_on=waiting.due_on if waiting else None,
    )


def _check(plan: Plan, *, today: date) -> None:
    for place, wrong, why in _rules(plan, today):
        if wrong:
            raise InvalidInputError(why, place=place)


def _rules(plan: Plan, today: date) -> Iterator[tuple[str, bool, str]]:
    """Yield what is checked, in order: the field, whether it is wrong, and why."""
    yield "title", not plan.title.strip(), "Say what is reviewed."
    kinds, units = ReviewKind.values, IntervalUnit.values
    yield "kind", plan.kind not in kinds, f"{plan.kind!r} is not a kind of review."
    yield "unit", plan.unit not in units, f"{plan.unit!r} is not a unit."
    yield "every", plan.every < 1, "It must be 1 or more."
    days = grid.shortest_days(every=plan.every, unit=plan.unit)
    yield "every", days > LONGEST_YEARS * 366, f"{LONGEST_YEARS} years apart at most."
    anchor = plan.anchor_on or today
    far = abs((anchor - today).days) > LONGEST_YEARS * 366
    yield "anchor_on", far, f"Choose a day within {LONGEST_YEARS} years of today."
    leads = plan.lead_days or ()
    few = f"Each must be 1 to {LONGEST_LEAD} days before, {MOST_LEADS} of them at most."
    wrong = len(leads) > MOST_LEADS or any(not 1 <= n <= LONGEST_LEAD for n in leads)
    yield "lead_days", wrong, few
    for name in ("overdue_every_days", "escalate_after_days"):
        outside = not 0 <= getattr(plan, name) <= LONGEST_LEAD
        yield name, outside, f"It must be 0 to {LONGEST_LEAD}."
