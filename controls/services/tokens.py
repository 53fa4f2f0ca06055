"""API tokens: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from controls.choices import AuditVerb, TokenScope
from controls.errors import ConflictError, InvalidInputError, NotAllowedError
from controls.models import ApiToken, Team, User
from controls.services import audit
from controls.services.audit import audited

LONGEST = timedelta(days=366)
USE_NOTED_EVERY = timedelta(minutes=1)


@audited
def create(
    *,
    user: User,
    name: str,
    scope: str,
    team: Team | None,
    expires_at: datetime,
    by: User,
    at: datetime,
) -> tuple[ApiToken, str]:
    """Make a token for a person, who must be the one who asks; return it and its text,
    which is never kept.

    With a team it acts with the person's role in that team alone: no other team's, and
    none that holds organisation-wide. Raises NotAllowedError and InvalidInputError.
    """
    if by.pk != user.pk:
        raise NotAllowedError("A token is made by the person it acts for.")
    if team is not None and team.pk not in by.team_roles():
        raise NotAllowedError("A token is for a team that you belong to.")
    if by.only_team is not None and (team is None or team.pk != by.only_team):
        raise NotAllowedError("A token for one team makes none that may do more.")
    _check(name, scope, expires_at, at)
    prefix = secrets.token_hex(4)
    text = f"srm_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user,
        team=team,
        name=name.strip(),
        prefix=prefix,
        sha256=digest(text),
        scope=scope,
        created_at=at,
        created_by=by,
        expires_at=expires_at,
    )
    audit.record(
        verb=AuditVerb.TOKEN_CREATED,
        target=token,
        about=team,
        after=audit.snapshot(token, "scope", "expires_at", "team", "user"),
        by=by,
        at=at,
    )
    return token, text


@audited
def revoke(*, token: ApiToken, by: User, at: datetime) -> ApiToken:
    """End a token at once and return it. The interface has loaded it through `visible_to`.

    Raises ConflictError where it has ended.
    """
    if not ApiToken.objects.filter(pk=token.pk, ended_at__isnull=True).update(
        ended_at=at, ended_by=by
    ):
        raise ConflictError("This token was revoked already.")
    token.ended_at, token.ended_by = at, by
    audit.record(verb=AuditVerb.TOKEN_REVOKED, target=token, about=token.team, by=by, at=at)
    return token


def digest(text: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def use(*, text: str, at: datetime) -> ApiToken | None:
    """Return the usable token with this text, or None; note when it was used, at most once
    a minute.
    """
    token = (
        ApiToken.objects.usable(at=at)
        .filter(sha256=digest(text))
        .select_related("user", "team")
        .first()
    )
    if token is not None and _worth_noting(token, at):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def _worth_noting(token: ApiToken, at: datetime) -> bool:
    return token.last_used_at is None or at - token.last_used_at >= USE_NOTED_EVERY


def _check(name: str, scope: str, expires_at: datetime, at: datetime) -> None:
    if not name.strip():
        raise InvalidInputError("Name the token by what will use it.", place="name")
    if scope not in TokenScope.values:
        raise InvalidInputError(f"{scope!r} is not a scope: read or write.", place="scope")
    if not at < expires_at <= at + LONGEST:
        raise InvalidInputError("A token ends within a year.", place="expires_at")
