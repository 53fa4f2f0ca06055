"""The organisation's calendar.

Instants come in as arguments; this only says which day they fall on.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from controls.rules import moments


def zone() -> ZoneInfo:
    """Return the organisation's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def day(at: datetime) -> date:
    """Return the organisation's day at an instant."""
    return moments.day(at, zone=zone())


@cache
def zones() -> frozenset[str]:
    """Return the names of the time zones.

    Asked once: it opens six hundred files, which a change must not do under its lock.
    """
    return frozenset(available_timezones())
