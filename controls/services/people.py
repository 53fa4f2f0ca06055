"""People:

who may sign in. Events name the fields that changed, never what a person is called.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email

from controls.choices import AuditVerb, OrganizationRoleName
from controls.errors import ConflictError, InvalidInputError
from controls.models import ApiToken, OrganizationRole, PersonalName, User
from controls.rules.permissions import Action
from controls.services import access, audit, clock, versions
from controls.services.audit import audited

LONGEST_ADDRESS = 254
"""Characters of an address (RFC 5321, as RFC 3696 was corrected)."""


@audited
def create(
    *,
    email: str,
    name: str,
    password: str | None,
    time_zone: str = "UTC",
    by: User,
    at: datetime,
) -> User:
    """Create a person and return them. Without a password they cannot sign in until one is
    set.

    Raises NotAllowedError, InvalidInputError and ConflictError where the address is taken.
    """
    access.require(by, Action.MANAGE_PEOPLE)
    email = email.strip().lower()
    _check(email, name, time_zone)
    if User.objects.get_queryset().filter(email__iexact=email).exists():
        raise ConflictError("Somebody with this address is here already.")
    user = User(email=email, name=name.strip(), time_zone=time_zone, created_at=at)
    _put_password(user, password)
    user.save()
    PersonalName.objects.create(user=user, name=user.name, recorded_at=at)
    audit.record(
        verb=AuditVerb.USER_CREATED,
        target=user,
        after={"time_zone": time_zone},
        by=by,
        at=at,
    )
    return user


@audited
def change(
    *,
    user: User,
    version: int,
    email: str,
    name: str,
    time_zone: str,
    by: User,
    at: datetime,
) -> User:
    """Change a person's address, name or time zone, and return them. People may change
    their own name and zone.

    Raises NotAllowedError, StaleVersionError, InvalidInputError and ConflictError.
    """
    email = email.strip().lower()
    if by.pk != user.pk or email != user.email:
        access.require(by, Action.MANAGE_PEOPLE)
    _check(email, name, time_zone)
    if User.objects.get_queryset().filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise ConflictError("Somebody with this address is here already.")
    versions.claim(user, version=version)
    stored = User.objects.get(pk=user.pk)
    wanted = {"email": email, "name": name.strip(), "time_zone": time_zone}
    changed = [field for field, value in wanted.items() if getattr(stored, field) != value]
    for field, value in wanted.items():
        setattr(user, field, value)
    user.save(update_fields=list(wanted))
    if "name" in changed:
        PersonalName.objects.create(user=user, name=user.name, recorded_at=at)
    audit.record(
        verb=AuditVerb.USER_CHANGED, target=user, after={"changed": changed}, by=by, at=at
    )
    return user


@audited
def set_password(*, user: User, password: str, by: User, at: datetime) -> None:
    """Give a person a new password. Sessions opened with the old one end.

    Raises NotAllowedError and InvalidInputError where the password is too weak.
    """
    if by.pk != user.pk:
        access.require(by, Action.MANAGE_PEOPLE)
    _put_password(user, password)
    user.save(update_fields=["password"])
    audit.record(verb=AuditVerb.PASSWORD_SET, target=user, by=by, at=at)


@audited
def deactivate(*, user: User, version: int, by: User, at: datetime) -> User:
    """Keep a person from signing in; their tokens, roles and memberships stop counting at
    once.

    Raises NotAllowedError, StaleVersionError, and ConflictError for the last administrator.
    """
    access.require(by, Action.MANAGE_PEOPLE)
    check_not_last_admin(user)
    versions.claim(user, version=version)
    user.is_active = False
    user.save(update_fields=["is_active"])
    tokens = ApiToken.objects.filter(user=user, ended_at__isnull=True)
    for token in tokens:
        audit.record(verb=AuditVerb.TOKEN_REVOKED, target=token, by=by, at=at)
    tokens.update(ended_at=at, ended_by=by)
    audit.record(verb=AuditVerb.USER_DEACTIVATED, target=user, by=by, at=at)
    return user


@audited
def reactivate(*, user: User, version: int, by: User, at: datetime) -> User:
    """Let a person sign in again, with the roles and memberships that nobody ended.

    Raises NotAllowedError and StaleVersionError.
    """
    access.require(by, Action.MANAGE_PEOPLE)
    versions.claim(user, version=version)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(verb=AuditVerb.USER_REACTIVATED, target=user, by=by, at=at)
    return user


def check_not_last_admin(user: User) -> None:
    """Raise ConflictError where nobody else could manage people."""
    admins = OrganizationRole.objects.current().filter(role=OrganizationRoleName.ADMIN)
    if admins.filter(user=user).exists() and not admins.exclude(user=user).exists():
        raise ConflictError("This is the last administrator. Make somebody else one first.")


def _check(email: str, name: str, time_zone: str) -> None:
    try:
        validate_email(email)
        MaxLengthValidator(LONGEST_ADDRESS)(email)
    except ValidationError:
        raise InvalidInputError("This is not an address.", place="email") from None
    if not name.strip():
        raise InvalidInputError("Give a name.", place="name")
    if time_zone not in clock.zones():
        raise InvalidInputError(
            "This is not a time zone such as Europe/Berlin.", place="time_zone"
        )


def _put_password(user: User, password: str | None) -> None:
    if password is None:
        user.set_unusable_password()
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInputError(" ".join(error.messages), place="password") from None
    user.set_password(password)
