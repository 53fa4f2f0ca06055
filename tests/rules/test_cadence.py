"""When recurring work is due: a grid counted from an anchor."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.choices import IntervalUnit
from controls.rules.cadence import lead_days, next_due, occurrence, shortest_days

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2110, 12, 31))
EVERY = st.integers(min_value=1, max_value=40)
UNITS = st.sampled_from(IntervalUnit.values)
NUMBERS = st.integers(min_value=0, max_value=60)


@pytest.mark.parametrize(
    ("anchor", "every", "unit", "days"),
    [
        ("2026-03-02", 10, "days", ["2026-03-12", "2026-03-22", "2026-04-01"]),
        ("2026-03-02", 1, "weeks", ["2026-03-09", "2026-03-16", "2026-03-23"]),
        ("2026-03-02", 1, "months", ["2026-04-02", "2026-05-02", "2026-06-02"]),
        # The last of a month stays the last, and does not become the 28th for ever.
        ("2026-01-31", 1, "months", ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2027-11-30", 3, "months", ["2028-02-29", "2028-05-30", "2028-08-30"]),
        ("2026-12-31", 6, "months", ["2027-06-30", "2027-12-31", "2028-06-30"]),
        ("2024-02-29", 1, "years", ["2025-02-28", "2026-02-28", "2027-02-28"]),
        ("2024-02-29", 4, "years", ["2028-02-29", "2032-02-29", "2036-02-29"]),
    ],
)
def test_days_of_the_grid(anchor, every, unit, days):
    begin = date.fromisoformat(anchor)

    found = [occurrence(anchor=begin, every=every, unit=unit, number=n) for n in (1, 2, 3)]

    assert found == [date.fromisoformat(day) for day in days]


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-01-01", "2026-02-28"),  # before the anchor: the first day after it
        ("2026-01-31", "2026-02-28"),  # on the anchor, which is no day of the grid itself
        ("2026-02-27", "2026-02-28"),
        ("2026-02-28", "2026-03-31"),  # strictly after
        ("2026-03-30", "2026-03-31"),
        ("2028-02-28", "2028-02-29"),
    ],
)
def test_the_next_day_of_a_month_end_grid(after, due):
    found = next_due(
        anchor=date(2026, 1, 31),
        every=1,
        unit="months",
        after=date.fromisoformat(after),
    )

    assert found == date.fromisoformat(due)


@given(anchor=DAYS, every=EVERY, unit=UNITS, number=NUMBERS)
def test_each_day_of_the_grid_comes_after_the_one_before(anchor, every, unit, number):
    one, next_one = (
        occurrence(anchor=anchor, every=every, unit=unit, number=n)
        for n in (number, number + 1)
    )

    assert one < next_one
    assert (next_one - one).days >= shortest_days(every=every, unit=unit)


@given(anchor=DAYS, every=EVERY, unit=UNITS, after=DAYS)
def test_the_next_day_is_the_first_of_the_grid_after_a_day(anchor, every, unit, after):
    due = next_due(anchor=anchor, every=every, unit=unit, after=after)

    longest = {"days": 1, "weeks": 7, "months": 31, "years": 366}[unit] * every
    assert anchor < due > after
    assert (due - max(anchor, after)).days <= longest
    assert due == first_by_counting(anchor, every, unit, after)


@given(anchor=DAYS, every=EVERY, unit=UNITS, number=NUMBERS)
def test_from_a_day_of_the_grid_the_next_one_follows(anchor, every, unit, number):
    day = occurrence(anchor=anchor, every=every, unit=unit, number=number)

    due = next_due(anchor=anchor, every=every, unit=unit, after=day)

    assert due == occurrence(anchor=anchor, every=every, unit=unit, number=number + 1)


@given(anchor=DAYS, every=EVERY, unit=UNITS, after=DAYS)
def test_a_later_day_never_gives_an_earlier_due_day(anchor, every, unit, after):
    one, other = (
        next_due(anchor=anchor, every=every, unit=unit, after=day)
        for day in (after, after + timedelta(days=1))
    )

    assert one <= other


@pytest.mark.parametrize("unit", IntervalUnit.values)
def test_an_anchor_of_long_ago_still_gives_a_day_soon(unit):
    due = next_due(anchor=date(1, 1, 1), every=1, unit=unit, after=date(2026, 3, 2))

    assert date(2026, 3, 2) < due <= date(2027, 3, 2)


@pytest.mark.parametrize("unit", IntervalUnit.values)
def test_beyond_the_calendar_there_is_no_day(unit):
    with pytest.raises(OverflowError):
        next_due(anchor=date(9999, 12, 31), every=1, unit=unit, after=date(2026, 3, 2))


@pytest.mark.parametrize("unit", IntervalUnit.values)
def test_an_interval_of_nothing_is_refused(unit):
    begin = date(2026, 3, 2)

    with pytest.raises(ValueError, match="at least one"):
        occurrence(anchor=begin, every=0, unit=unit, number=1)
    with pytest.raises(ValueError, match="at least one"):
        next_due(anchor=begin, every=0, unit=unit, after=begin)


def test_a_unit_that_is_none_is_refused():
    with pytest.raises(ValueError, match="fortnights"):
        next_due(
            anchor=date(2026, 3, 2), every=1, unit="fortnights", after=date(2026, 3, 2)
        )


@pytest.mark.parametrize(
    ("every", "unit", "days"),
    [
        (1, "days", []),
        (2, "days", [1]),
        (1, "weeks", [1]),
        (2, "weeks", [7, 1]),
        (13, "days", [1]),
        (14, "days", [7, 1]),
        (1, "months", [7, 1]),
        (2, "months", [7, 1]),
        (3, "months", [30, 7, 1]),
        (60, "days", [30, 7, 1]),
        (59, "days", [7, 1]),
        (1, "years", [30, 7, 1]),
    ],
)
def test_notice_is_given_in_the_second_half_of_the_interval(every, unit, days):
    assert lead_days(offered=(1, 30, 7), every=every, unit=unit) == days


@given(offered=st.lists(st.integers(-5, 400)), every=EVERY, unit=UNITS)
def test_notice_is_ordered_once_each_and_never_after_the_day(offered, every, unit):
    found = lead_days(offered=tuple(offered), every=every, unit=unit)

    assert found == sorted(set(found), reverse=True)
    assert set(found) <= set(offered)
    assert all(0 < days * 2 <= shortest_days(every=every, unit=unit) for days in found)


def first_by_counting(anchor, every, unit, after):
    """The same, found by looking at every day of the grid from the anchor on."""
    number = 1
    while occurrence(anchor=anchor, every=every, unit=unit, number=number) <= after:
        number += max(1, number // 2)
    while (
        number > 1
        and occurrence(anchor=anchor, every=every, unit=unit, number=number - 1) > after
    ):
        number -= 1
    return occurrence(anchor=anchor, every=every, unit=unit, number=number)
