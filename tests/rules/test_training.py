"""Until when a completion counts, and for whom a course is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.rules.training import is_required, valid_until, words

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize(
    ("completed_on", "months", "last"),
    [
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 3, 2), None, None),
    ],
)
def test_a_completion_counts_until_the_same_day_so_many_months_later(
    completed_on, months, last
):
    assert valid_until(completed_on=completed_on, valid_months=months) == last


@given(DAYS, st.integers(1, 600))
def test_the_last_day_lies_in_the_month_that_the_course_says(completed_on, months):
    last = valid_until(completed_on=completed_on, valid_months=months)

    assert last is not None
    passed = (last.year - completed_on.year) * 12 + last.month - completed_on.month
    assert passed == months
    assert last.day <= completed_on.day


def test_a_day_beyond_the_calendar_is_an_overflow():
    with pytest.raises(OverflowError):
        valid_until(completed_on=date(9999, 6, 1), valid_months=12)


def test_a_course_without_an_audience_is_for_everybody():
    assert is_required(audience="", audiences=[])
    assert is_required(audience="developers", audiences=["developers", "leads"])
    assert not is_required(audience="developers", audiences=["leads"])
    assert not is_required(audience="lead", audiences=["leads"])


def test_audiences_are_kept_once_in_small_letters_and_in_order():
    told = words(["Privileged   Users", "developers", " ", "DEVELOPERS"])

    assert told == ["developers", "privileged users"]
