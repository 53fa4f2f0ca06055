"""Reviews: one occurrence of a schedule is completed, opens again or keeps quiet."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from controls.choices import AuditVerb, ReviewOutcome
from controls.errors import ConflictError, InvalidInputError
from controls.models import Review, ReviewSchedule, ReviewSnooze, User
from controls.rules import cadence as grid
from controls.rules.permissions import Action
from controls.services import access, audit, schedules, versions
from controls.services.audit import audited
from controls.services.clock import day
from controls.services.rows import Rows

LONGEST_SNOOZE = timedelta(days=90)
TOLD = ("due_on", "attempt", "outcome", "done_on", "remark")


@audited
def complete(
    *,
    review: Review,
    version: int,
    outcome: str,
    done_on: date | None = None,
    remark: str = "",
    by: User,
    at: datetime,
) -> Review | None:
    """Close a review and open the next one; return the next one, None where a later one
    is there already. The next day is the first of the grid after the due day and after the
    day of the work: days that passed meanwhile are not made up for.

    `done_on` empty: today. Whether there is proof is asked above, where proof is known.
    Raises NotAllowedError, StaleVersionError, ConflictError where it is closed already, and
    InvalidInputError.
    """
    duty = review.schedule.duty
    access.require(by, Action.COMPLETE_REVIEW, *schedules.teams_of(duty))
    versions.claim(review, version=version)
    return _close(review, outcome, done_on, remark, by=by, at=at)


@audited
def complete_by_proof(
    *, review: Review, done_on: date, remark: str, by: User, at: datetime
) -> Review | None:
    """Close a review since its proof was accepted; return the next one, if one opens.

    The caller has asked whether the person may accept. Recorded by audit.record().
    Raises ConflictError where it is closed already.
    """
    versions.claim(review, version=review.version)
    done = min(done_on, day(at))
    return _close(review, ReviewOutcome.SATISFIED, done, remark, by=by, at=at)


@audited
def reopen(*, review: Review, reason: str, by: User, at: datetime) -> Review:
    """Open a completed review once more, since what proved it was taken back; return the
    new attempt.

    The caller has asked whether the person may. Raises ConflictError where it is open, or
    its schedule or duty has ended.
    """
    schedule, duty = review.schedule, review.schedule.duty
    versions.claim(review, version=review.version)
    if review.completed_at is None:
        raise ConflictError("This review is open already.")
    if schedule.ended_at is not None or duty.ended_at is not None:
        raise ConflictError("Nothing is reviewed here any more: the duty has ended.")
    attempts = Review.objects.filter(schedule=schedule, due_on=review.due_on)
    if attempts.filter(completed_at__isnull=True).exists():
        raise ConflictError("This review is open already.")
    again = _open(schedule, review.due_on, attempts.count() + 1, by=by, at=at)
    audit.record(
        verb=AuditVerb.REVIEW_REOPENED,
        target=review,
        about=duty.responsibility.system,
        before=audit.snapshot(review, *TOLD),
        after={"reason": reason, "attempt": again.attempt},
        by=by,
        at=at,
    )
    return again


@audited
def snooze(
    *, review: Review, version: int, until: date, reason: str, by: User, at: datetime
) -> ReviewSnooze:
    """Keep reminders of a review quiet until a day, which they come on again; return it.

    The due day stays. Raises NotAllowedError, StaleVersionError, ConflictError where the
    review is closed, and InvalidInputError.
    """
    duty, today = review.schedule.duty, day(at)
    access.require(by, Action.SNOOZE_REVIEW, *schedules.teams_of(duty))
    versions.claim(review, version=version)
    _require_open(review)
    if not reason.strip():
        raise InvalidInputError("Say why it waits.", place="reason")
    if not today < until <= today + LONGEST_SNOOZE:
        raise InvalidInputError(
            f"Choose a day after today, {LONGEST_SNOOZE.days} days from now at most.",
            place="until",
        )
    row = ReviewSnooze.objects.create(
        review=review, until=until, reason=reason.strip(), by=by, at=at
    )
    audit.record(
        verb=AuditVerb.REVIEW_SNOOZED,
        target=review,
        about=duty.responsibility.system,
        after={"until": str(until), "reason": row.reason},
        by=by,
        at=at,
    )
    return row


def _close(
    review: Review,
    outcome: str,
    done_on: date | None,
    remark: str,
    *,
    by: User,
    at: datetime,
) -> Review | None:
    schedule, duty = review.schedule, review.schedule.duty
    _require_open(review)
    if outcome not in ReviewOutcome.values:
        raise InvalidInputError(f"{outcome!r} is not an outcome.", place="outcome")
    if outcome == ReviewOutcome.NOT_SATISFIED and not remark.strip():
        raise InvalidInputError("Say what was not satisfied.", place="remark")
    done = done_on or day(at)
    if done > day(at):
        raise InvalidInputError("The work cannot be done after today.", place="done_on")
    review.completed_at, review.completed_by = at, by
    review.outcome, review.done_on, review.remark = outcome, done, remark.strip()
    review.save(
        update_fields=["completed_at", "completed_by", "outcome", "done_on", "remark"]
    )
    audit.record(
        verb=AuditVerb.REVIEW_COMPLETED,
        target=review,
        about=duty.responsibility.system,
        after=audit.snapshot(review, *TOLD),
        by=by,
        at=at,
    )
    later = Review.objects.filter(schedule=schedule, due_on__gt=review.due_on)
    if later.exists():
        return None
    due_on = grid.next_due(
        anchor=schedule.anchor_on,
        every=schedule.every,
        unit=schedule.unit,
        after=max(review.due_on, done),
    )
    return _open(schedule, due_on, 1, by=by, at=at)


def _open(
    schedule: ReviewSchedule, due_on: date, attempt: int, *, by: User, at: datetime
) -> Review:
    rows = Rows()
    review = schedules.open_review(
        schedule=schedule, due_on=due_on, attempt=attempt, rows=rows, by=by, at=at
    )
    rows.write([Review])
    return review


def _require_open(review: Review) -> None:
    if review.completed_at is not None:
        raise ConflictError("This review is completed already.")
    if review.schedule.ended_at is not None or review.schedule.duty.ended_at is not None:
        raise ConflictError("This review has ended with its schedule.")
