"""Reviews by day and by team: a month of them, those that are late, and where they pile up.

A review stands with each team that claims its duty; with nobody where none does.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from controls.choices import ClaimStance, ReviewKind
from controls.errors import InvalidInputError
from controls.models import DutyClaim, Review, User
from evidence.queries import tasks
from evidence.queries.tasks import Task

NOBODY = "-"
"""In an address: reviews of duties that no team claims."""
MANY = 3
"""From so many late reviews on, a number of the heat map stands out."""
PAGE = 100
YEARS = range(1970, 9000)
"""Of months that may be looked at."""

OPEN, OVERDUE = "open", "overdue"
STATES = (OPEN, OVERDUE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which reviews: of a month, or with a state of all months; of a team, of a kind."""

    month: date
    """Its first day."""
    state: str = ""
    team: str = ""
    kind: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Heat:
    """How many reviews of a team are late: kind, its word and the number, by column."""

    key: str
    name: str
    late: Sequence[tuple[str, str, int]]
    oldest_days: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Lateness by team and kind. Every team with open reviews has a row."""

    kinds: Sequence[str]
    rows: Sequence[Heat]

    @property
    def total(self) -> int:
        """Return how often a review is late, once for each team."""
        return sum(count for row in self.rows for _, _, count in row.late)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the month: how many reviews are due on it, and how many of them are late."""

    on: date
    due: int
    late: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of reviews, and where the next begins."""

    tasks: Sequence[Task]
    after: str


def month_of(text: str, *, today: date) -> date:
    """Return the first day of the month that `2026-11` names; of today's for nothing.

    Raises InvalidInputError.
    """
    try:
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        first = date.min
    if first.year not in YEARS:
        raise InvalidInputError(f"{text!r} is not a month such as 2026-11.", place="month")
    return first


def reviews(asked: Asked, *, user: User, on: date) -> QuerySet[Review]:
    """Return the reviews that are asked for, in no order."""
    rows = Review.objects.visible_to(user)
    if asked.state == OVERDUE:
        rows = rows.overdue(on=on)
    elif asked.state == OPEN:
        rows = rows.open()
    else:
        # What ended with its schedule is due no more.
        rows = rows.filter(
            Q(pk__in=Review.objects.open().values("pk")) | Q(completed_at__isnull=False),
            due_on__gte=asked.month,
            due_on__lt=after_month(asked.month),
        )
    if asked.kind:
        rows = rows.filter(schedule__kind=asked.kind)
    if asked.system:
        rows = rows.filter(schedule__duty__responsibility__system__key=asked.system)
    if asked.team == NOBODY:
        return rows.filter(~Exists(_claims()))
    return (
        rows.filter(Exists(_claims().filter(team__key=asked.team))) if asked.team else rows
    )


def page(rows: QuerySet[Review], *, after: str, on: date) -> Page:
    """Return a page of reviews by due day. `after` is what the page before said.

    Raises InvalidInputError where nothing of the kind was said.
    """
    day, _, number = after.partition("~")
    if after:
        try:
            last = date.fromisoformat(day), int(number)
        except ValueError:
            raise InvalidInputError("There is no such page.", place="after") from None
        rows = rows.filter(Q(due_on__gt=last[0]) | Q(due_on=last[0], pk__gt=last[1]))
    found = list(
        rows.select_related(*tasks.RELATED, "completed_by").order_by("due_on", "pk")[
            : PAGE + 1
        ]
    )
    shown = found[:PAGE]
    more = f"{shown[-1].due_on}~{shown[-1].pk}" if len(found) > PAGE else ""
    return Page(tasks.tasks(shown, on=on), more)


def heat(*, user: User, on: date) -> HeatMap:
    """Return where reviews are late. Two queries."""
    claim = "schedule__duty__claims"
    team = f"{claim}__team"
    rows = Review.objects.visible_to(user).open()
    claimed = rows.filter(
        **{f"{claim}__stance": ClaimStance.CLAIMS, f"{claim}__ended_at__isnull": True}
    )
    late = Count("pk", filter=Q(due_on__lt=on), distinct=True)
    told = [
        *claimed.order_by()
        .values_list(f"{team}__key", f"{team}__name", "schedule__kind")
        .annotate(late=late, oldest=Min("due_on")),
        *(
            (NOBODY, "Nobody", kind, count, oldest)
            for kind, count, oldest in rows.filter(~Exists(_claims()))
            .order_by()
            .values_list("schedule__kind")
            .annotate(late=late, oldest=Min("due_on"))
        ),
    ]
    kinds = [kind for kind in ReviewKind.values if any(row[2] == kind for row in told)]
    found: dict[tuple[str, str], dict[str, tuple[int, date]]] = {}
    for key, name, kind, count, oldest in told:
        found.setdefault((key, name), {})[kind] = (count, oldest)
    return HeatMap(
        kinds=[str(ReviewKind(kind).label) for kind in kinds],
        rows=[
            Heat(
                key=key,
                name=name,
                late=[
                    (kind, str(ReviewKind(kind).label), by.get(kind, (0, on))[0])
                    for kind in kinds
                ],
                oldest_days=max((on - oldest).days for _, oldest in by.values()),
            )
            for (key, name), by in sorted(
                found.items(), key=lambda item: (item[0][0] == NOBODY, item[0][1])
            )
        ],
    )


def days(asked: Asked, *, user: User, on: date) -> list[list[Day | None]]:
    """Return the weeks of a month, Monday first; days of other months are None. One
    query.
    """
    waiting = Q(pk__in=Review.objects.open().values("pk"), due_on__lt=on)
    counts = {
        day: (due, late)
        for day, due, late in reviews(asked, user=user, on=on)
        .order_by()
        .values_list("due_on")
        .annotate(due=Count("pk"), late=Count("pk", filter=waiting))
    }
    weeks = calendar.Calendar().monthdatescalendar(asked.month.year, asked.month.month)
    return [
        [
            Day(day, *counts.get(day, (0, 0))) if day.month == asked.month.month else None
            for day in week
        ]
        for week in weeks
    ]


def after_month(first: date) -> date:
    """Return the first day of the month that follows."""
    return (first + timedelta(days=31)).replace(day=1)


def before_month(first: date) -> date:
    """Return the first day of the month before."""
    return (first - timedelta(days=1)).replace(day=1)


def _claims() -> QuerySet[DutyClaim]:
    return DutyClaim.objects.open().filter(
        duty=OuterRef("schedule__duty"), stance=ClaimStance.CLAIMS
    )
