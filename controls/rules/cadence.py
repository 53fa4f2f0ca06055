"""When recurring work is due: the days of a grid that is counted from an anchor.

Counted, not added up: an anchor on 31 January gives 28 February and then 31 March.
"""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from controls.choices import IntervalUnit

SHORTEST_DAYS = {
    IntervalUnit.DAYS: 1,
    IntervalUnit.WEEKS: 7,
    IntervalUnit.MONTHS: 28,
    IntervalUnit.YEARS: 365,
}
LONGEST_DAYS = {
    IntervalUnit.DAYS: 1,
    IntervalUnit.WEEKS: 7,
    IntervalUnit.MONTHS: 31,
    IntervalUnit.YEARS: 366,
}


def occurrence(*, anchor: date, every: int, unit: str, number: int) -> date:
    """Return the day that is `number` intervals after the anchor.

    Raises ValueError for an interval of less than one, OverflowError beyond the calendar.
    """
    if every < 1:
        raise ValueError("An interval is at least one.")
    steps = every * number
    if unit == IntervalUnit.DAYS:
        return anchor + timedelta(days=steps)
    if unit == IntervalUnit.WEEKS:
        return anchor + timedelta(weeks=steps)
    months = steps if unit == IntervalUnit.MONTHS else steps * 12
    try:
        return anchor + relativedelta(months=months)
    except ValueError as error:  # a year beyond 9999
        raise OverflowError(str(error)) from None


def next_due(*, anchor: date, every: int, unit: str, after: date) -> date:
    """Return the first day of the grid after a day; the anchor itself is none of them.

    Raises ValueError for an interval of less than one, OverflowError beyond the calendar.
    """
    if every < 1:
        raise ValueError("An interval is at least one.")
    longest = LONGEST_DAYS[IntervalUnit(unit)] * every
    number = max(1, (after - anchor).days // longest)
    while (
        day := occurrence(anchor=anchor, every=every, unit=unit, number=number)
    ) <= after:
        number += 1
    return day


def shortest_days(*, every: int, unit: str) -> int:
    """Return the fewest days that the interval can have."""
    return SHORTEST_DAYS[IntervalUnit(unit)] * every


def lead_days(*, offered: tuple[int, ...], every: int, unit: str) -> list[int]:
    """Return the days before a due day on which to remind, largest first.

    A notice that would come before half of the interval is over says nothing yet: a weekly
    review is announced the day before, not thirty days before.
    """
    half = shortest_days(every=every, unit=unit) // 2
    return sorted({days for days in offered if 0 < days <= half}, reverse=True)
