"""Schedules of recurring reviews: offered from the shipped cadences, or set by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from controls.choices import AuditVerb, DutyTask, IntervalUnit, ReviewKind
from controls.errors import ConflictError, InvalidInputError
from controls.models import Cadence, Duty, Review, ReviewSchedule, Team, User
from controls.queries.facts import current_release
from controls.rules import cadence as grid
from controls.rules.duties import calls_for
from controls.rules.permissions import Action
from controls.services import access, audit, versions
from controls.services.audit import audited
from controls.services.clock import day

LEAD_DAYS = (30, 7, 1)
"""Days before a due day on which owners are told, as the shipped facts offer them."""
LONGEST_LEAD = 365
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
    first_due_on: date | None = field(default=None)
    """Where the first occurrence is known, as when a schedule takes over from another."""


@audited
def start(*, duty: Duty, plan: Plan, by: User, at: datetime) -> ReviewSchedule:
    """Let a duty be reviewed again and again; open the first review; return the schedule.

    Raises NotAllowedError, ConflictError where the duty has ended, and InvalidInputError
    naming the field.
    """
    access.require(by, Action.SCHEDULE, *teams_of(duty))
    if duty.ended_at is not None:
        raise ConflictError("This duty has ended: nothing is left to review.")
    _check(plan)
    taken = ReviewSchedule.objects.filter(
        duty=duty, cadence_key=plan.cadence_key, ended_at__isnull=True
    )
    if plan.cadence_key and taken.exists():
        raise ConflictError("The duty is reviewed by this cadence already: end it first.")
    return _start(duty, plan, by=by, at=at)


@audited
def end(*, schedule: ReviewSchedule, by: User, at: datetime) -> ReviewSchedule:
    """End a schedule, and with it the review that waits; return the schedule.

    Raises NotAllowedError and ConflictError.
    """
    access.require(by, Action.SCHEDULE, *teams_of(schedule.duty))
    _end(schedule, schedule.duty, by=by, at=at)
    return schedule


@audited
def offer(*, duty: Duty, by: User, at: datetime) -> list[ReviewSchedule]:
    """Start the default cadences that call for a review of the duty and are not running;
    return their schedules. Each is recorded by audit.record().
    """
    release = current_release()
    running = set(
        ReviewSchedule.objects.filter(duty=duty, ended_at__isnull=True).values_list(
            "cadence_key", flat=True
        )
    )
    cadences = (
        Cadence.objects.filter(release=release, is_default=True)
        .prefetch_related("layers")
        .order_by("pk")
    )
    control = duty.responsibility.control.control_id
    called = [
        row
        for row in cadences
        if row.key not in running
        and calls_for(
            control_id=control,
            layers=duty.layers,
            cadence_controls=row.control_ids,
            cadence_layers=[layer.code for layer in row.layers.all()],
        )
    ]
    return [_start(duty, _offered(row, duty), by=by, at=at) for row in called]


@audited
def carry_over(
    *, schedules: Sequence[ReviewSchedule], duty: Duty, by: User, at: datetime
) -> list[ReviewSchedule]:
    """Let a duty that takes over from another be reviewed as that one was, on the same due
    days; return the schedules. Each is recorded by audit.record().

    A shipped cadence that no longer concerns the duty's layers is not carried over.
    """
    about = {
        row.key: {layer.code for layer in row.layers.all()}
        for row in Cadence.objects.filter(
            release=current_release(), is_default=True
        ).prefetch_related("layers")
    }
    return [
        _start(duty, _as_before(row), by=by, at=at)
        for row in schedules
        if not about.get(row.cadence_key) or about[row.cadence_key] & set(duty.layers)
    ]


@audited
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
    """Return the teams concerned: those that claim the duty, else those that answer for the
    responsibility.
    """
    claiming = tuple(claim.team for claim in duty.claims.open().select_related("team"))
    return (*claiming, *access.teams_of(duty.responsibility))


def open_review(
    schedule: ReviewSchedule, duty: Duty, *, due_on: date, by: User, at: datetime
) -> Review:
    """Open one occurrence of a schedule and return it, inside a service."""
    attempts = Review.objects.filter(schedule=schedule, due_on=due_on).count()
    review = Review.objects.create(
        schedule=schedule, due_on=due_on, attempt=attempts + 1, opened_at=at
    )
    audit.record(
        verb=AuditVerb.REVIEW_OPENED,
        target=review,
        about=duty.responsibility.system,
        after=audit.snapshot(review, "due_on", "attempt") | {"schedule": schedule.title},
        by=by,
        at=at,
    )
    return review


def _start(duty: Duty, plan: Plan, *, by: User, at: datetime) -> ReviewSchedule:
    today = day(at)
    anchor = plan.anchor_on or today
    leads = plan.lead_days
    if leads is None:
        leads = grid.lead_days(offered=LEAD_DAYS, every=plan.every, unit=plan.unit)
    schedule = ReviewSchedule.objects.create(
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
    open_review(schedule, duty, due_on=due_on, by=by, at=at)
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


def _offered(row: Cadence, duty: Duty) -> Plan:
    """Return the plan of a shipped cadence; where the provider does the work, we check."""
    check = duty.task == DutyTask.CHECK
    title = f"Check what the provider did: {row.title}" if check else row.title
    return Plan(
        title=title[:200],
        kind=row.kind,
        every=row.every,
        unit=row.unit,
        cadence_key=row.key,
        source=row.source,
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


def _check(plan: Plan) -> None:
    if not plan.title.strip():
        raise InvalidInputError("Say what is reviewed.", place="title")
    if plan.kind not in ReviewKind.values:
        raise InvalidInputError(f"{plan.kind!r} is not a kind of review.", place="kind")
    if plan.unit not in IntervalUnit.values:
        raise InvalidInputError(f"{plan.unit!r} is not a unit.", place="unit")
    if not 1 <= plan.every <= 1000:
        raise InvalidInputError("It must be 1 to 1000.", place="every")
    if any(not 0 < days <= LONGEST_LEAD for days in plan.lead_days or ()):
        raise InvalidInputError(
            f"Each must be 1 to {LONGEST_LEAD} days before.", place="lead_days"
        )
    for name in ("overdue_every_days", "escalate_after_days"):
        if not 0 <= getattr(plan, name) <= LONGEST_LEAD:
            raise InvalidInputError(f"It must be 0 to {LONGEST_LEAD}.", place=name)
