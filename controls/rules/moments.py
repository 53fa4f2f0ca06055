"""The two times: `as_of`, an instant of recording, and `on`, a day of being in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from controls.errors import InvalidInputError

FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Years from whose days it can be counted on and back without leaving the calendar."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a question is asked about:

    what was in force on `on`, by what was recorded as of `as_of`.
    """

    as_of: datetime
    on: date


def day(at: datetime, *, zone: ZoneInfo) -> date:
    """Return the day of an instant where the organisation is."""
    return at.astimezone(zone).date()


def moment(*, as_of: str, on: str, now: datetime, zone: ZoneInfo) -> Moment:
    """Return the moment that two texts of an address name; empty means now and its day.

    A bare date as `as_of` means the end of that day in the organisation's zone; today's
    means now. `on` defaults to the day of `as_of`. Raises InvalidInputError naming the
    parameter.
    """
    instant = _instant(as_of, now=now, zone=zone) if as_of else now
    return Moment(as_of=instant, on=_date(on, "on") if on else day(instant, zone=zone))


def moment_of_day(text: str, *, place: str, now: datetime, zone: ZoneInfo) -> Moment:
    """Return how things stood at the end of a day that an address names; today: now.

    A later day is one of which is believed what is recorded now. Raises InvalidInputError
    naming the place.
    """
    named = _date(text, place)
    return Moment(
        as_of=now if named >= day(now, zone=zone) else _end(named, zone), on=named
    )


def beginning(text: str, *, place: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant since which something is asked: that one, or the first of a day.

    Raises InvalidInputError naming the place, also for what lies in the future.
    """
    if "T" in text or ":" in text:
        instant = _datetime(text, zone=zone, place=place)
    else:
        instant = datetime.combine(_date(text, place), time.min, zone)
    if instant.year < FIRST_YEAR:
        raise InvalidInputError(f"{place}: ask for a day since {FIRST_YEAR}.", place=place)
    if instant > now:
        raise InvalidInputError(
            f"{place} lies in the future: nothing has changed yet.", place=place
        )
    return instant


def _instant(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    if "T" in text or ":" in text:
        instant = _datetime(text, zone=zone)
    else:
        named = _date(text, "as_of")
        instant = now if named == day(now, zone=zone) else _end(named, zone)
    if instant > now:
        raise InvalidInputError(
            "as_of lies in the future: nothing is recorded yet.", place="as_of"
        )
    return instant


def _end(of: date, zone: ZoneInfo) -> datetime:
    """Return the last instant of a day: the later one where clocks go back at midnight."""
    return datetime.combine(of, time.max.replace(fold=1), zone)


def _datetime(text: str, *, zone: ZoneInfo, place: str = "as_of") -> datetime:
    try:
        # The + of an offset arrives as a space when nobody encoded the address.
        instant = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        # Year 1 or 9999 may leave the calendar on the way to another zone.
        instant.astimezone(UTC)
        instant.astimezone(zone)
    except (ValueError, OverflowError):
        raise InvalidInputError(
            f"{place}: {text[:40]!r} is neither a date (2026-03-31) nor an instant "
            "(2026-03-31T12:00:00Z).",
            place=place,
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _date(text: str, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(
            f"{place}: {text[:40]!r} is not a date like 2026-03-31.", place=place
        ) from None
