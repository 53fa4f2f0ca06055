"""Training records: who completed which course, until when it counts, and what shows it.

A completion may lie before the person joined: people bring certificates with them, and an
entry on the roster begins anew with each change of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError

from controls.choices import AuditVerb
from controls.errors import ConflictError, InvalidInputError, NotAllowedError
from controls.models import Team, User
from controls.rules.permissions import Action
from controls.services import access, audit
from controls.services.audit import audited
from controls.services.clock import day
from evidence.choices import RecordSource
from evidence.importers.training_records import (
    RecordsFile,
    RecordsPlan,
    RecordStep,
    plan_records,
)
from evidence.models import Course, Evidence, Person, RosterEntry, TrainingRecord
from evidence.rules import training as rules

AT_ONCE = 500
"""Rows in one statement: below what any database takes as parameters."""
MEANWHILE = "Somebody recorded the same at the same moment. Nothing is changed: look again."
TOLD = ("course", "completed_on", "valid_until", "score", "source")


@dataclass(frozen=True, slots=True)
class Completion:
    """That somebody completed a course. `valid_until` empty: as many months later as the
    course says.
    """

    person: Person
    course: Course
    completed_on: date
    valid_until: date | None = None
    score: str = ""
    evidence: Evidence | None = None


def team_of(person: Person, *, today: date) -> Team | None:
    """Return the team of the person's entry that goes on; None where there is none."""
    entries = RosterEntry.objects.filter(person=person).going_on(on=today)
    found = entries.select_related("team").order_by("since", "pk").last()
    return found.team if found else None


def may_record(user: User, person: Person, *, today: date) -> bool:
    """Say whether the user may record what this person completed."""
    return access.allowed(user, Action.RECORD_TRAINING, team_of(person, today=today))


@audited
def record(
    *,
    completion: Completion,
    source: str = RecordSource.MANUAL,
    by: User,
    at: datetime,
) -> TrainingRecord:
    """Record a completion and return it.

    Raises NotAllowedError, InvalidInputError naming the field, and ConflictError where this
    completion is recorded already.
    """
    team = team_of(completion.person, today=day(at))
    access.require(by, Action.RECORD_TRAINING, team)
    _check(completion, by, today=day(at))
    course, on = completion.course, completion.completed_on
    known = TrainingRecord.objects.filter(
        person=completion.person, course=course, completed_on=on, ended_at__isnull=True
    )
    if known.exists():
        raise ConflictError(f"It is recorded already: {course} on {on}.")
    row = TrainingRecord.objects.create(
        person=completion.person,
        course=course,
        completed_on=on,
        valid_until=completion.valid_until
        or rules.valid_until(completed_on=on, valid_months=course.valid_months),
        score=completion.score.strip(),
        evidence=completion.evidence,
        source=source,
        recorded_at=at,
        recorded_by=by,
    )
    _note(row, team, by=by, at=at)
    return row


@audited
def withdraw(
    *, record: TrainingRecord, reason: str, by: User, at: datetime
) -> TrainingRecord:
    """Say that a record does not count, and why; return it. An import does not bring it
    back.

    Raises NotAllowedError, InvalidInputError without a reason, and ConflictError.
    """
    team = team_of(record.person, today=day(at))
    access.require(by, Action.RECORD_TRAINING, team)
    if not reason.strip():
        raise InvalidInputError("Say why it does not count.", place="reason")
    standing = TrainingRecord.objects.filter(pk=record.pk, ended_at__isnull=True)
    if not standing.update(ended_at=at, ended_by=by, why_ended=reason.strip()):
        raise ConflictError("This record has been withdrawn already.")
    _note_end(record, reason.strip(), team, by=by, at=at)
    return record


@audited
def import_records(*, file: RecordsFile, by: User, at: datetime) -> RecordsPlan:
    """Take the completions of a file and return what it changed, checked against what is
    recorded now. The same file again changes nothing.

    What it says otherwise ends the older record. Raises NotAllowedError naming the first
    row that the person may not record, InvalidFileError and ConflictError.
    """
    plan = plan_records(file, user=by, today=day(at))
    check_may_record(plan=plan, user=by)
    _withdraw_all(plan, by=by, at=at)
    rows = [_row(step, by=by, at=at) for step in plan.steps]
    try:
        TrainingRecord.objects.bulk_create(rows, batch_size=AT_ONCE)
    except IntegrityError:
        raise ConflictError(MEANWHILE) from None
    for row, step in zip(rows, plan.steps, strict=True):
        _note(row, step.team, by=by, at=at)
    return plan


def check_may_record(*, plan: RecordsPlan, user: User) -> None:
    """Raise NotAllowedError, naming the row, unless the user may record all that a plan
    would add.
    """
    known: dict[int | None, bool] = {}
    for step in plan.steps:
        team = step.team.pk if step.team else None
        if team not in known:
            known[team] = access.allowed(user, Action.RECORD_TRAINING, step.team)
        if not known[team]:
            who = "the lead of the person's team, or the GRC lead"
            raise NotAllowedError(f"{plan.name}, row {step.row}: this needs {who}.")


def _row(step: RecordStep, *, by: User, at: datetime) -> TrainingRecord:
    return TrainingRecord(
        person=step.person,
        course=step.course,
        completed_on=step.completed_on,
        valid_until=step.valid_until,
        score=step.score,
        # A corrected date does not take the certificate away.
        evidence=step.instead_of.evidence if step.instead_of else None,
        source=RecordSource.IMPORTED,
        recorded_at=at,
        recorded_by=by,
    )


def _withdraw_all(plan: RecordsPlan, *, by: User, at: datetime) -> None:
    """End the records that the plan corrects, all of which must still stand."""
    reason = f"Corrected by {plan.name}."
    steps = [step for step in plan.steps if step.instead_of is not None]
    for start in range(0, len(steps), AT_ONCE):
        some = [step.instead_of for step in steps[start : start + AT_ONCE]]
        standing = TrainingRecord.objects.filter(
            pk__in=[row.pk for row in some if row], ended_at__isnull=True
        )
        if standing.update(ended_at=at, ended_by=by, why_ended=reason) != len(some):
            raise ConflictError(MEANWHILE)
    for step in steps:
        assert step.instead_of is not None  # noqa: S101 - chosen so
        step.instead_of.course = step.course
        _note_end(step.instead_of, reason, step.team, by=by, at=at)


def _note_end(
    row: TrainingRecord, reason: str, team: Team | None, *, by: User, at: datetime
) -> None:
    row.ended_at, row.ended_by, row.why_ended = at, by, reason
    audit.record(
        verb=AuditVerb.TRAINING_WITHDRAWN,
        target=row,
        about=team,
        before=audit.snapshot(row, *TOLD),
        after={"why_ended": reason},
        by=by,
        at=at,
    )


def _note(row: TrainingRecord, team: Team | None, *, by: User, at: datetime) -> None:
    audit.record(
        verb=AuditVerb.TRAINING_RECORDED,
        target=row,
        about=team,
        after={
            "person": str(row.person.uuid),
            **audit.snapshot(row, *TOLD),
            "evidence": str(row.evidence.uuid) if row.evidence else None,
        },
        by=by,
        at=at,
    )


def _check(completion: Completion, by: User, *, today: date) -> None:
    if completion.completed_on > today:
        raise InvalidInputError(
            "It lies ahead: nothing is completed yet.", place="completed_on"
        )
    until = completion.valid_until
    if until is not None and until < completion.completed_on:
        raise InvalidInputError(
            "It cannot end before the day of completion.", place="valid_until"
        )
    proof = completion.evidence
    if proof and not Evidence.objects.visible_to(by).filter(pk=proof.pk).exists():
        raise InvalidInputError(
            "There is no such evidence that you may see.", place="evidence"
        )
