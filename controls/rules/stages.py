"""Which reminder is current on a day: before a review is due, on the day, while overdue.

Only the newest stage that has begun is current. A scheduler that was down tells once, not
once for each day that it missed; a due day that is set late still gets its notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DUE = "due"
LEAD, OVERDUE, ESCALATION = "lead", "overdue", "escalation"


@dataclass(frozen=True, slots=True)
class Ladder:
    """When a schedule lets people be told.

    `lead_days` before the due day; every `overdue_every_days` after it, once where that is
    0; the manager after `escalate_after_days`, never where that is 0.
    """

    lead_days: Sequence[int]
    overdue_every_days: int
    escalate_after_days: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage and the day on which it began."""

    name: str
    on: date


def is_escalation(name: str) -> bool:
    """Say whether the stage of this name is told to the manager."""
    return name.startswith(ESCALATION)


def began(name: str, *, due_on: date) -> date:
    """Return the day on which the stage of this name begins."""
    kind, _, days = name.partition("-")
    if kind == DUE:
        return due_on
    return due_on + timedelta(days=-int(days) if kind == LEAD else int(days))


def current(*, due_on: date, ladder: Ladder, on: date) -> Stage | None:
    """Return the newest stage for owners that has begun by a day; None where none has."""
    late = (on - due_on).days
    if late == 0:
        return Stage(DUE, due_on)
    if late < 0:
        begun = [days for days in ladder.lead_days if days >= -late]
        if not begun:
            return None
        return Stage(f"{LEAD}-{min(begun)}", due_on - timedelta(days=min(begun)))
    every = ladder.overdue_every_days
    days = 1 + (late - 1) // every * every if every else 1
    return Stage(f"{OVERDUE}-{days}", due_on + timedelta(days=days))


def escalation(*, due_on: date, ladder: Ladder, on: date) -> Stage | None:
    """Return the stage for the manager where it has begun by a day, else None."""
    days = ladder.escalate_after_days
    if not days or (on - due_on).days < days:
        return None
    return Stage(f"{ESCALATION}-{days}", due_on + timedelta(days=days))


def works(day: date, *, working_days: str) -> bool:
    """Say whether a team works on a day; `working_days` holds ISO weekdays, 1 is Monday."""
    return str(day.isoweekday()) in working_days


def digest_days(*, today: date, working_days: str) -> Iterator[date]:
    """Yield the days from today on whose digest a reminder of this team may go with."""
    day = today
    while True:
        if works(day, working_days=working_days):
            yield day
        day += timedelta(days=1)


def digest_at(day: date, *, hour: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which the digest of a day goes out, in UTC.

    An hour that the clocks leave out counts as the one after it, one that comes twice as
    the first.
    """
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
