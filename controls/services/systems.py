"""Systems:

what they are, which services they use from when until when, and which profiles bind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from controls.choices import AuditVerb, SystemKind
from controls.errors import ConflictError, InvalidInputError
from controls.models import (
    Profile,
    Provider,
    ServiceVariant,
    System,
    SystemProfile,
    SystemService,
    Team,
    User,
)
from controls.rules.permissions import Action
from controls.services import access, audit, derivations, following, versions
from controls.services.audit import audited
from controls.services.clock import day

FIELDS = ("key", "name", "description", "kind", "owner_team", "provider", "has_custom_code")


@dataclass(frozen=True, slots=True)
class Use:
    """A service variant to put in use:

    where, and from when until when. `since` empty: today.
    """

    variant: ServiceVariant
    accounts: Sequence[str] = ()
    regions: Sequence[str] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a system is."""

    key: str
    name: str
    owner_team: Team
    provider: Provider
    description: str = ""
    kind: str = SystemKind.WORKLOAD
    has_custom_code: bool = True
    profiles: Sequence[Profile] = field(default=())
    uses: Sequence[Use] = field(default=())


@audited
def create(*, description: Description, by: User, at: datetime) -> System:
    """Record a system with its services and scope, derive its controls, and return it.

    Raises NotAllowedError, ConflictError where the key is taken or the organisation exists
    already, and InvalidInputError where an organisation would use services.
    """
    access.require(by, Action.CREATE_SYSTEM, description.owner_team)
    _check_new(description)
    system = System.objects.create(
        **{name: getattr(description, name) for name in FIELDS},
        created_at=at,
        created_by=by,
    )
    audit.record(
        verb=AuditVerb.SYSTEM_CREATED,
        target=system,
        about=system,
        after=audit.snapshot(system, *FIELDS),
        by=by,
        at=at,
    )
    for profile in description.profiles:
        _start_profile(system, profile, since=day(at), by=by, at=at)
    for use in description.uses:
        _start_use(system, use, by=by, at=at)
    since = min((use.since for use in description.uses if use.since), default=None)
    derivations.rederive(system=system, cause="System recorded", since=since, by=by, at=at)
    if system.kind == SystemKind.ORGANIZATION:
        following.follow_scope(system=system, by=by, at=at)
    return system


@audited
def change(
    *,
    system: System,
    version: int,
    name: str,
    description: str,
    has_custom_code: bool,
    by: User,
    at: datetime,
) -> System:
    """Change what a system is called and whether it has code of its own; derive anew;
    return it.

    Raises NotAllowedError and StaleVersionError.
    """
    access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
    versions.claim(system, version=version)
    fields = ("name", "description", "has_custom_code")
    stored = System.objects.get(pk=system.pk)
    before = audit.snapshot(stored, *fields)
    system.name, system.description, system.has_custom_code = (
        name,
        description,
        has_custom_code,
    )
    system.save(update_fields=fields)
    audit.record(
        verb=AuditVerb.SYSTEM_CHANGED,
        target=system,
        about=system,
        before=before,
        after=audit.snapshot(system, *fields),
        by=by,
        at=at,
    )
    if before["has_custom_code"] != has_custom_code:
        derivations.rederive(system=system, cause="Own code changed", by=by, at=at)
    return system


@audited
def start_services(
    *, system: System, version: int, uses: Sequence[Use], by: User, at: datetime
) -> list[SystemService]:
    """Put service variants in use, derive the system anew, and return their rows.

    Raises NotAllowedError, StaleVersionError, ConflictError where a variant is in use
    already, and InvalidInputError where dates or the system's kind do not allow it.
    """
    access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
    versions.claim(system, version=version)
    if system.kind == SystemKind.ORGANIZATION:
        raise InvalidInputError(
            "The organisation uses no services itself.", place="services"
        )
    rows = [_start_use(system, use, by=by, at=at) for use in uses]
    derivations.rederive(
        system=system,
        cause="Service added: " + ", ".join(use.variant.key for use in uses),
        since=min(row.since for row in rows),
        by=by,
        at=at,
    )
    return rows


@audited
def end_service(
    *, service: SystemService, version: int, on: date, by: User, at: datetime
) -> SystemService:
    """Say from which day on a service is no longer used, derive the system anew, and return
    the row.

    Raises NotAllowedError, StaleVersionError, ConflictError and InvalidInputError.
    """
    system = service.system
    access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
    versions.claim(system, version=version)
    versions.end_row(service, on=on, by=by, at=at)
    audit.record(
        verb=AuditVerb.SERVICE_ENDED,
        target=service,
        about=system,
        before={"variant": service.variant.key, "since": str(service.since)},
        after={"ended_on": str(on)},
        by=by,
        at=at,
    )
    cause = f"Service ended: {service.variant.key}"
    derivations.rederive(system=system, cause=cause, since=on, by=by, at=at)
    return service


@audited
def start_profile(
    *, system: System, version: int, profile: Profile, since: date, by: User, at: datetime
) -> SystemProfile:
    """Put a profile in the system's scope, derive its controls, and return the row.

    Duties of approved decisions that it binds again start again.

    Raises NotAllowedError, StaleVersionError and ConflictError.
    """
    access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
    versions.claim(system, version=version)
    row = _start_profile(system, profile, since=since, by=by, at=at)
    cause = f"Profile in scope: {profile.key}"
    derivations.rederive(system=system, cause=cause, since=since, by=by, at=at)
    following.follow_scope(system=system, by=by, at=at)
    return row


@audited
def end_profile(
    *, scope: SystemProfile, version: int, on: date, by: User, at: datetime
) -> SystemProfile:
    """Say from which day on a profile no longer binds the system; return the row.

    Duties of controls that no other profile binds end now.

    Raises NotAllowedError, StaleVersionError, ConflictError and InvalidInputError.
    """
    system = scope.system
    access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
    versions.claim(system, version=version)
    versions.end_row(scope, on=on, by=by, at=at)
    audit.record(
        verb=AuditVerb.PROFILE_ENDED,
        target=scope,
        about=system,
        before={"profile": scope.profile.key, "since": str(scope.since)},
        after={"ended_on": str(on)},
        by=by,
        at=at,
    )
    following.follow_scope(system=system, by=by, at=at)
    return scope


def _check_new(description: Description) -> None:
    if System.objects.filter(key=description.key).exists():
        raise ConflictError(f"There is a system with the key {description.key!r} already.")
    if description.kind == SystemKind.ORGANIZATION:
        if description.uses:
            raise InvalidInputError(
                "The organisation uses no services itself.", place="services"
            )
        if System.objects.organization().exists():
            raise ConflictError("There is a system of kind organisation already.")


def _start_use(system: System, use: Use, *, by: User, at: datetime) -> SystemService:
    since = use.since or day(at)
    _check_dates(since, use.until)
    overlapping = SystemService.objects.filter(system=system, variant=use.variant).exclude(
        Q(until__lte=since) | Q(ended_on__lte=since)
    )
    if overlapping.exists():
        raise ConflictError(f"{system} uses {use.variant.key} already.")
    row = SystemService.objects.create(
        system=system,
        variant=use.variant,
        accounts=list(use.accounts),
        regions=list(use.regions),
        since=since,
        until=use.until,
        started_at=at,
        started_by=by,
    )
    audit.record(
        verb=AuditVerb.SERVICE_STARTED,
        target=row,
        about=system,
        after=audit.snapshot(row, "variant", "accounts", "regions", "since", "until"),
        by=by,
        at=at,
    )
    return row


def _start_profile(
    system: System, profile: Profile, *, since: date, by: User, at: datetime
) -> SystemProfile:
    overlapping = SystemProfile.objects.filter(system=system, profile=profile).exclude(
        Q(until__lte=since) | Q(ended_on__lte=since)
    )
    if overlapping.exists():
        raise ConflictError(f"{profile} is in the scope of {system} already.")
    row = SystemProfile.objects.create(
        system=system, profile=profile, since=since, started_at=at, started_by=by
    )
    audit.record(
        verb=AuditVerb.PROFILE_STARTED,
        target=row,
        about=system,
        after=audit.snapshot(row, "profile", "since"),
        by=by,
        at=at,
    )
    return row


def _check_dates(since: date, until: date | None) -> None:
    if until is not None and until <= since:
        raise InvalidInputError("It must end after it begins.", place="until")
