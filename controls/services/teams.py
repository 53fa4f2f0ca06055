"""Teams and who belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controls.choices import AuditVerb, MembershipRole
from controls.errors import ConflictError, InvalidInputError
from controls.models import Membership, Team, User
from controls.rules.permissions import Action
from controls.services import access, audit, clock, versions
from controls.services.audit import audited

FIELDS = ("key", "name", "manager", "time_zone", "working_days")


@audited
def create(
    *,
    key: str,
    name: str,
    time_zone: str = "UTC",
    manager: User | None,
    by: User,
    at: datetime,
) -> Team:
    """Create a team and return it.

    Raises NotAllowedError, ConflictError and InvalidInputError.
    """
    access.require(by, Action.MANAGE_TEAMS)
    _check(name, time_zone, working_days="12345")
    if Team.objects.filter(key=key).exists() or Team.objects.filter(name=name).exists():
        raise ConflictError("There is a team of this key or name already.")
    team = Team.objects.create(
        key=key,
        name=name,
        time_zone=time_zone,
        manager=manager,
        created_at=at,
        created_by=by,
    )
    audit.record(
        verb=AuditVerb.TEAM_CREATED,
        target=team,
        about=team,
        after=audit.snapshot(team, *FIELDS),
        by=by,
        at=at,
    )
    return team


@dataclass(frozen=True, slots=True)
class Details:
    """What a team is called, when it works and who manages it."""

    name: str
    time_zone: str = "UTC"
    working_days: str = "12345"
    manager: User | None = None


@audited
def change(*, team: Team, version: int, details: Details, by: User, at: datetime) -> Team:
    """Change a team and return it.

    Raises NotAllowedError, StaleVersionError, ConflictError and InvalidInputError.
    """
    access.require(by, Action.MANAGE_MEMBERS, team)
    _check(details.name, details.time_zone, details.working_days)
    if Team.objects.filter(name=details.name).exclude(pk=team.pk).exists():
        raise ConflictError("There is a team of this name already.")
    versions.claim(team, version=version)
    fields = ("name", "time_zone", "working_days", "manager")
    before = audit.snapshot(Team.objects.select_related("manager").get(pk=team.pk), *fields)
    for name in fields:
        setattr(team, name, getattr(details, name))
    team.save(update_fields=fields)
    audit.record(
        verb=AuditVerb.TEAM_CHANGED,
        target=team,
        about=team,
        before=before,
        after=audit.snapshot(team, *fields),
        by=by,
        at=at,
    )
    return team


@audited
def start_membership(
    *, team: Team, user: User, role: str, by: User, at: datetime
) -> Membership:
    """Give a person a role in a team; a role they had there ends. Return the new
    membership.

    Raises NotAllowedError, InvalidInputError and ConflictError.
    """
    access.require(by, Action.MANAGE_MEMBERS, team)
    if role not in MembershipRole.values:
        raise InvalidInputError(f"{role!r} is not a role in a team.", place="role")
    if not user.is_active:
        raise ConflictError("This person may not sign in: reactivate them first.")
    had = Membership.objects.filter(team=team, user=user, ended_at__isnull=True).first()
    if had is not None:
        if had.role == role:
            raise ConflictError("This person has this role in the team already.")
        _end(had, by=by, at=at)
    row = Membership.objects.create(
        team=team, user=user, role=role, started_at=at, started_by=by
    )
    audit.record(
        verb=AuditVerb.MEMBERSHIP_STARTED,
        target=user,
        about=team,
        after={"team": team.key, "role": role, "membership": str(row.uuid)},
        by=by,
        at=at,
    )
    return row


@audited
def end_membership(*, membership: Membership, by: User, at: datetime) -> Membership:
    """End a person's role in a team and return it.

    Raises NotAllowedError and ConflictError.
    """
    access.require(by, Action.MANAGE_MEMBERS, membership.team)
    _end(membership, by=by, at=at)
    return membership


def _end(membership: Membership, *, by: User, at: datetime) -> None:
    if not Membership.objects.filter(pk=membership.pk, ended_at__isnull=True).update(
        ended_at=at, ended_by=by
    ):
        raise ConflictError("This membership has ended already.")
    membership.ended_at, membership.ended_by = at, by
    audit.record(
        verb=AuditVerb.MEMBERSHIP_ENDED,
        target=membership.user,
        about=membership.team,
        before={"team": membership.team.key, "role": membership.role},
        after={"membership": str(membership.uuid)},
        by=by,
        at=at,
    )


def _check(name: str, time_zone: str, working_days: str) -> None:
    if not name.strip():
        raise InvalidInputError("Give the team a name.", place="name")
    if time_zone not in clock.zones():
        raise InvalidInputError(
            "This is not a time zone such as Europe/Berlin.", place="time_zone"
        )
    if not working_days or set(working_days) - set("1234567"):
        raise InvalidInputError(
            "Working days are ISO weekdays: 12345.", place="working_days"
        )
