"""Organisation-wide roles:

administrators, the GRC lead, auditors with their scope and end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from controls.choices import AuditVerb, OrganizationRoleName
from controls.errors import ConflictError, InvalidInputError
from controls.models import OrganizationRole, System, User
from controls.rules.permissions import Action
from controls.services import access, audit
from controls.services.audit import audited
from controls.services.people import check_not_last_admin


@dataclass(frozen=True, slots=True)
class AuditScope:
    """What an auditor may see: these systems, with this period in view, until then."""

    systems: Sequence[System]
    expires_at: datetime
    period_from: date | None = None
    period_until: date | None = None


@audited
def grant(
    *, user: User, role: str, scope: AuditScope | None = None, by: User, at: datetime
) -> OrganizationRole:
    """Give a person an organisation-wide role and return it. An auditor needs a scope,
    nobody else has one.

    Raises NotAllowedError, InvalidInputError and ConflictError.
    """
    access.require(by, Action.GRANT_ROLES)
    _check(role, scope, at)
    if OrganizationRole.objects.filter(
        user=user, role=role, ended_at__isnull=True
    ).exists():
        raise ConflictError("This person has this role already: end it first.")
    row = OrganizationRole.objects.create(
        user=user,
        role=role,
        expires_at=scope.expires_at if scope else None,
        period_from=scope.period_from if scope else None,
        period_until=scope.period_until if scope else None,
        started_at=at,
        started_by=by,
    )
    systems = list(scope.systems) if scope else []
    row.systems.set(systems)
    audit.record(
        verb=AuditVerb.ROLE_GRANTED,
        target=user,
        after={
            **audit.snapshot(
                row, "uuid", "role", "expires_at", "period_from", "period_until"
            ),
            "systems": sorted(system.key for system in systems),
        },
        by=by,
        at=at,
    )
    return row


@audited
def end(*, role: OrganizationRole, by: User, at: datetime) -> OrganizationRole:
    """End a role and return it.

    Raises NotAllowedError, and ConflictError for the last administrator.
    """
    access.require(by, Action.GRANT_ROLES)
    if role.role == OrganizationRoleName.ADMIN:
        check_not_last_admin(role.user)
    if not OrganizationRole.objects.filter(pk=role.pk, ended_at__isnull=True).update(
        ended_at=at, ended_by=by
    ):
        raise ConflictError("This role has ended already.")
    role.ended_at, role.ended_by = at, by
    audit.record(
        verb=AuditVerb.ROLE_ENDED,
        target=role.user,
        before=audit.snapshot(role, "uuid", "role"),
        by=by,
        at=at,
    )
    return role


def _check(role: str, scope: AuditScope | None, at: datetime) -> None:
    if role not in OrganizationRoleName.values:
        raise InvalidInputError(f"{role!r} is not an organisation-wide role.", place="role")
    if (role == OrganizationRoleName.AUDITOR) != (scope is not None):
        raise InvalidInputError(
            "An auditor's grant names systems and an end; no other role does.",
            place="scope",
        )
    if scope is None:
        return
    if not scope.systems:
        raise InvalidInputError("Name the systems the auditor may see.", place="systems")
    if scope.expires_at <= at:
        raise InvalidInputError("The grant must end later than now.", place="expires_at")
    _check_period(scope)


def _check_period(scope: AuditScope) -> None:
    if scope.period_from and scope.period_until and scope.period_until < scope.period_from:
        raise InvalidInputError("The period ends before it begins.", place="period_until")
