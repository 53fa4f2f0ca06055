"""The two times, as an address gives them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from controls.errors import InvalidInputError
from controls.rules.moments import moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # already 1 April in Berlin


def ask(as_of="", on=""):
    return moment(as_of=as_of, on=on, now=NOW, zone=BERLIN)


def test_nothing_named_means_now_and_today_where_the_organisation_is():
    assert (ask().as_of, ask().on) == (NOW, date(2026, 4, 1))


def test_a_bare_date_means_the_end_of_that_day_there():
    asked = ask(as_of="2026-03-28")

    assert asked.as_of == datetime(2026, 3, 28, 22, 59, 59, 999999, tzinfo=UTC)
    assert asked.on == date(2026, 3, 28)


def test_the_day_on_which_clocks_change_ends_at_its_own_midnight():
    assert ask(as_of="2026-03-29").as_of == datetime(
        2026, 3, 29, 21, 59, 59, 999999, tzinfo=UTC
    )


def test_a_date_without_dashes_is_a_date_too():
    assert ask(as_of="20260328") == ask(as_of="2026-03-28")


def test_today_means_now():
    assert ask(as_of="2026-04-01").as_of == NOW


@pytest.mark.parametrize(
    "text",
    ["2026-03-30T10:00:00+02:00", "2026-03-30T10:00:00 02:00", "2026-03-30T10:00:00"],
)
def test_an_instant_is_taken_as_it_is_and_without_a_zone_as_the_organisations(text):
    assert ask(as_of=text).as_of == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)


def test_on_may_differ_from_as_of():
    asked = ask(as_of="2026-03-28", on="2026-12-31")

    assert asked.on == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-13-01"}, "as_of"),
        ({"as_of": "2026-04-02"}, "as_of"),
        ({"as_of": "2026-04-01T12:00:00Z"}, "as_of"),
        ({"on": "31.3.2026"}, "on"),
        ({"as_of": "9999-12-31"}, "as_of"),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, "as_of"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(fields, place):
    with pytest.raises(InvalidInputError) as refused:
        ask(**fields)

    assert refused.value.place == place
