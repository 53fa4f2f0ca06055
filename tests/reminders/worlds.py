"""A team with a system, a duty and a review of it that comes due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from controls.choices import MembershipRole
from controls.models import Duty, Profile, Review, System, Team, User
from controls.services.setup import system_user
from controls.services.teams import Details, change
from tests.make import (
    MONDAY,
    make_duty,
    make_member,
    make_review,
    make_system,
    make_team,
    make_world,
)

EVERY_DAY = "1234567"
DUE_ON = date(2026, 4, 1)
"""A Wednesday; a monthly schedule told 7 days and 1 day before."""


@dataclass(frozen=True)
class World:
    """What the tests of reminders stand on."""

    team: Team
    system: System
    duty: Duty
    review: Review
    owner: User


def make_working_team(
    key: str = "", *, time_zone: str = "UTC", working_days: str = EVERY_DAY, **more: Any
) -> Team:
    """A team with these working days."""
    team = make_team(key, time_zone=time_zone)
    told: Mapping[str, Any] = {"manager": None, **more}
    details = Details(
        name=team.name, time_zone=time_zone, working_days=working_days, **told
    )
    return change(
        team=team, version=team.version, details=details, by=system_user(), at=MONDAY
    )


def make_due(
    *,
    due_on: date = DUE_ON,
    time_zone: str = "UTC",
    working_days: str = EVERY_DAY,
    manager: User | None = None,
    **plan: Any,
) -> World:
    """A review that is due on this day, of a duty that a team of one contributor claims.

    Told 7 days and 1 day before, every 7 days while overdue, the manager after 14.
    """
    team = make_working_team(
        time_zone=time_zone, working_days=working_days, manager=manager
    )
    owner = make_member(team, MembershipRole.CONTRIBUTOR, time_zone=time_zone)
    profile = Profile.objects.first() or make_world()
    system = make_system(team, "ec2", profile=profile)
    duty = make_duty(system)
    review = make_review(duty, **{"first_due_on": due_on, "lead_days": [7, 1], **plan})
    return World(team, system, duty, review, owner)


def noon(day: date, *, hour: int = 12) -> datetime:
    """An hour of a day, UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def after(days: int, *, hour: int = 12) -> datetime:
    """Noon so many days after the due day; before it where negative."""
    return noon(DUE_ON + timedelta(days=days), hour=hour)
