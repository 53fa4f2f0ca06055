"""The register of reviews: what was due when, and what was found."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When

from controls.choices import ClaimStance
from controls.models import Duty, Review, ReviewSchedule
from evidence.choices import VerdictState
from evidence.exports.duties import claims, teams_with
from evidence.exports.sources import Beside, People, streamed, within
from evidence.exports.tables import Asked, Register, Row, columns
from evidence.models import EvidenceLink, EvidenceVerdict

COLUMNS = columns("""
review uuid the review
system token key of the system
catalog token key of the control's catalog
control_id token the control, by its id in OSCAL
responsibility uuid the responsibility that it looks at
duty uuid the duty that it looks at
claimed_by list keys of the teams that claim the duty
kind token what it looks at
title text what it is called
every integer how many units lie between two
unit token the unit
source text who asks for it
due_on date when it is due
attempt integer 1; more where its proof was taken back and it opened again
opened_at instant when it was opened
state token `open`, `completed`, or `ended`: its schedule or duty ended first
overdue boolean whether it is open and its day has passed
days_late integer days after the due day: of the work, or until now where it is open
done_on date when the work was done
completed_at instant when that was recorded
completed_by uuid who recorded it
completed_by_name text what they were called
outcome token what it found
remark text what was said about it
accepted_evidence integer pieces of accepted evidence that are linked to it
""")

KEY = ("schedule__duty_id", "schedule_id", "due_on", "attempt")
FIELDS = (
    "uuid",
    "schedule__duty__responsibility__system__key",
    "schedule__duty__responsibility__control__catalog__key",
    "schedule__duty__responsibility__control__control_id",
    "schedule__duty__responsibility__uuid",
    "schedule__duty__uuid",
    "schedule__kind",
    "schedule__title",
    "schedule__every",
    "schedule__unit",
    "schedule__source",
    "opened_at",
    "in_force",
    "completed_at",
    "done_on",
    "completed_by_id",
    "outcome",
    "remark",
)
OPEN, COMPLETED, ENDED = "open", "completed", "ended"


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each review that was opened by then. Five queries."""
    moment, people = asked.moment, People(as_of=asked.moment.as_of)
    said, proven = claims(asked), _accepted(asked)
    last_duty, claiming = 0, list[str]()
    for duty, schedule, due_on, attempt, *row in streamed(_found(asked)):
        if duty != last_duty:
            last_duty = duty
            claiming = teams_with(said.of(duty), ClaimStance.CLAIMS)
        if asked.team is not None and asked.team.key not in claiming:
            continue
        accepted = proven.one(duty, schedule, due_on, attempt)
        in_force, completed_at, done_on, by, outcome, remark = row[12:]
        completed = completed_at is not None and completed_at <= moment.as_of
        state = COMPLETED if completed else OPEN if in_force else ENDED
        late = _days_late(state, due_on, done_on, on=moment.on)
        yield (
            *row[:6],
            claiming,
            *row[6:11],
            due_on,
            attempt,
            row[11],
            state,
            state == OPEN and late > 0,
            late,
            *((done_on, completed_at) if completed else (None, None)),
            *people.told(by if completed else None),
            *((outcome, remark) if completed else ("", "")),
            accepted[0] if accepted else 0,
        )


def _days_late(state: str, due_on: date, done_on: date | None, *, on: date) -> int:
    """Return the days after the due day; 0 where there are none, or nothing was due."""
    until = {OPEN: on, COMPLETED: done_on}.get(state)
    return max(0, (until - due_on).days) if until else 0


def _found(asked: Asked) -> QuerySet[Any, Any]:
    moment = asked.moment
    duties = Duty.objects.in_force(on=moment.on, as_of=moment.as_of)
    schedules = ReviewSchedule.objects.in_force(on=moment.on, as_of=moment.as_of)
    waiting = Q(schedule__in=schedules, schedule__duty__in=duties)
    begun = Q(schedule__since__lte=moment.on, schedule__duty__since__lte=moment.on)
    return (
        Review.objects.filter(
            within(asked, path="schedule__duty__responsibility"),
            begun,
            opened_at__lte=moment.as_of,
        )
        .annotate(in_force=Case(When(waiting, then=Value(1)), default=Value(0)))
        .order_by(*KEY)
        .values_list(*KEY, *FIELDS)
    )


def _accepted(asked: Asked) -> Beside:
    """Return how much accepted evidence each review has, beside the reviews."""
    as_of = asked.moment.as_of
    verdicts = EvidenceVerdict.objects.believed(as_of=as_of)
    accepted = verdicts.filter(state=VerdictState.ACCEPTED)
    key = [f"review__{name}" for name in KEY]
    counted = (
        EvidenceLink.objects.believed(as_of=as_of)
        .filter(
            within(asked, path="responsibility"),
            review__isnull=False,
            evidence__in=accepted.values("evidence"),
        )
        .order_by(*key)
        .values_list(*key)
        .annotate(count=Count("evidence", distinct=True))
    )
    return Beside(counted, width=len(KEY))


REGISTER = Register(
    name="reviews",
    meaning="Each occurrence of a recurring review: due, done, late, and what it found.",
    order="duty, schedule, due day, attempt",
    system="those of the system",
    team="those of duties that the team claims",
    on="what is open and overdue",
    columns=COLUMNS,
    rows=rows,
)
