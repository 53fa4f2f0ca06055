"""Duties: which team says it does one, and which says it is not its own.

Duties start and end with approved decisions: see controls.services.following.
"""

from __future__ import annotations

from datetime import datetime

from controls.choices import AuditVerb, ClaimStance
from controls.errors import ConflictError, InvalidInputError
from controls.models import Duty, DutyClaim, Team, User
from controls.rules.permissions import Action
from controls.services import access, audit, versions
from controls.services.audit import audited, within
from controls.services.clock import day
from controls.services.rows import Rows


@audited
def claim(
    *, duty: Duty, version: int, team: Team, reason: str = "", by: User, at: datetime
) -> DutyClaim:
    """Say that a team does a duty; what the team said before ends. Return the claim.

    Raises NotAllowedError, StaleVersionError, and ConflictError where the duty has ended or
    the team claims it already.
    """
    return _say(duty, version, team, ClaimStance.CLAIMS, reason, by=by, at=at)


@audited
def dispute(
    *, duty: Duty, version: int, team: Team, reason: str, by: User, at: datetime
) -> DutyClaim:
    """Say that a duty is not a team's, and why; a claim of the team ends. Return the
    dispute.

    Raises NotAllowedError, StaleVersionError, ConflictError, and InvalidInputError without
    a reason.
    """
    return _say(duty, version, team, ClaimStance.DISPUTES, reason, by=by, at=at)


@audited
def end_claim(*, claim: DutyClaim, version: int, by: User, at: datetime) -> DutyClaim:
    """Take back what a team said of a duty; return the claim.

    Raises NotAllowedError, StaleVersionError of the duty, and ConflictError.
    """
    access.require(by, Action.CLAIM_DUTY, claim.team)
    versions.claim(claim.duty, version=version)
    note_end(claim=claim, by=by, at=at)
    return claim


@within
def note_claim(
    *,
    duty: Duty,
    team: Team,
    stance: str,
    reason: str,
    rows: Rows,
    by: User,
    at: datetime,
) -> DutyClaim:
    """Add what a team says of a duty to the rows that are written, and return it.
    Recorded by audit.record().
    """
    row = rows.add(
        DutyClaim(
            duty=duty,
            team=team,
            stance=stance,
            reason=reason.strip(),
            since=day(at),
            started_at=at,
            started_by=by,
        )
    )
    claims = stance == ClaimStance.CLAIMS
    audit.record(
        verb=AuditVerb.DUTY_CLAIMED if claims else AuditVerb.DUTY_DISPUTED,
        target=duty,
        about=duty.responsibility.system,
        after={"team": team.key, "reason": row.reason, "claim": str(row.uuid)},
        by=by,
        at=at,
    )
    return row


@within
def note_end(*, claim: DutyClaim, by: User, at: datetime) -> DutyClaim:
    """Let what a team said of a duty end; return it. Recorded by audit.record().

    Raises ConflictError where it has ended.
    """
    versions.end_row(claim, on=day(at), by=by, at=at)
    audit.record(
        verb=AuditVerb.CLAIM_ENDED,
        target=claim.duty,
        about=claim.duty.responsibility.system,
        before={"team": claim.team.key, "stance": claim.stance},
        after={"claim": str(claim.uuid)},
        by=by,
        at=at,
    )
    return claim


def _say(
    duty: Duty,
    version: int,
    team: Team,
    stance: str,
    reason: str,
    *,
    by: User,
    at: datetime,
) -> DutyClaim:
    access.require(by, Action.CLAIM_DUTY, team)
    versions.claim(duty, version=version)
    if duty.ended_at is not None:
        raise ConflictError("This duty has ended: nothing is left to claim.")
    if stance == ClaimStance.DISPUTES and not reason.strip():
        raise InvalidInputError("Say why it is not yours.", place="reason")
    said = DutyClaim.objects.open().filter(duty=duty, team=team).first()
    if said is not None:
        if said.stance == stance:
            raise ConflictError(f"{team} {said.get_stance_display().lower()} it already.")
        said.duty, said.team = duty, team
        note_end(claim=said, by=by, at=at)
    rows = Rows()
    row = note_claim(
        duty=duty, team=team, stance=stance, reason=reason, rows=rows, by=by, at=at
    )
    rows.write([DutyClaim])
    return row
