"""Which stage is current on which day, with no clock and no database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.rules import moments, stages
from controls.rules.stages import Ladder, Stage

DUE = date(2026, 4, 1)
LADDER = Ladder(lead_days=(30, 7, 1), overdue_every_days=7, escalate_after_days=14)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]


def current(days, ladder=LADDER):
    """The stage so many days after the due day."""
    return stages.current(due_on=DUE, ladder=ladder, on=DUE + timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "name", "began"),
    [
        (-30, "lead-30", -30),
        (-8, "lead-30", -30),
        (-7, "lead-7", -7),
        (-2, "lead-7", -7),
        (-1, "lead-1", -1),
        (0, "due", 0),
        (1, "overdue-1", 1),
        (7, "overdue-1", 1),
        (8, "overdue-8", 8),
        (14, "overdue-8", 8),
        (15, "overdue-15", 15),
        (365, "overdue-365", 365),
    ],
)
def test_only_the_newest_stage_that_has_begun_is_current(days, name, began):
    assert current(days) == Stage(name, DUE + timedelta(days=began))


def test_nothing_is_said_before_the_first_notice():
    assert current(-31) is None
    assert current(-1, Ladder((), 7, 14)) is None


def test_it_is_told_once_that_it_is_overdue_where_it_is_not_to_be_repeated():
    once = Ladder(lead_days=(), overdue_every_days=0, escalate_after_days=0)

    assert {current(days, once).name for days in range(1, 400)} == {"overdue-1"}


def test_the_manager_is_told_from_that_day_on_or_never():
    never = Ladder((), 7, 0)
    told = [
        stages.escalation(due_on=DUE, ladder=ladder, on=DUE + timedelta(days=days))
        for ladder, days in ((LADDER, 13), (LADDER, 14), (LADDER, 50), (never, 50))
    ]

    since = Stage("escalation-14", DUE + timedelta(days=14))
    assert told == [None, since, since, None]


@given(
    days=st.integers(-400, 2000),
    leads=st.sets(st.integers(1, 365), max_size=5),
    every=st.integers(0, 365),
)
def test_a_stage_has_begun_and_its_name_says_when(days, leads, every):
    on = DUE + timedelta(days=days)
    ladder = Ladder(sorted(leads, reverse=True), every, 0)

    found = stages.current(due_on=DUE, ladder=ladder, on=on)

    assert (found is None) == (days < -max(leads, default=0))
    if found is not None:
        assert found.on <= on
        assert stages.began(found.name, due_on=DUE) == found.on
        assert len(found.name) <= 20


@pytest.mark.parametrize("name", ZONES)
def test_each_stage_of_each_day_of_a_year_is_told_once_by_the_hour(name):
    zone, told, digests = ZoneInfo(name), {}, {}
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    for hour in range(366 * 24):
        at = begin + timedelta(hours=hour)
        day = moments.day(at, zone=zone)
        found = stages.current(due_on=DUE, ladder=LADDER, on=day)
        if found is not None and found.name not in told:
            told[found.name] = day
        if day not in digests and stages.digest_at(day, hour=2, zone=zone) <= at:
            digests[day] = at

    assert told == {stage: stages.began(stage, due_on=DUE) for stage in told}
    assert [*told][:5] == ["lead-30", "lead-7", "lead-1", "due", "overdue-1"]
    days = sorted(digests)
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert len(days) in {366, 367}


def test_an_hour_that_the_clocks_leave_out_or_repeat_gives_one_digest():
    berlin = ZoneInfo("Europe/Berlin")

    spring = stages.digest_at(date(2026, 3, 29), hour=2, zone=berlin)
    autumn = stages.digest_at(date(2026, 10, 25), hour=2, zone=berlin)

    assert spring == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert autumn == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_a_digest_waits_for_a_working_day():
    friday = date(2026, 4, 3)
    days = stages.digest_days(today=friday, working_days="1234")

    assert [next(days) for _ in range(2)] == [date(2026, 4, 6), date(2026, 4, 7)]
