"""Duties: what approved decisions leave to the customer, and which team says it does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from controls.choices import AuditVerb, ClaimStance, SystemKind
from controls.errors import ConflictError, InvalidInputError
from controls.models import (
    Decision,
    Duty,
    DutyClaim,
    Layer,
    Responsibility,
    ServiceVariant,
    System,
    Team,
    User,
)
from controls.rules import duties as rules
from controls.rules.duties import Wanted
from controls.rules.explanation import Names
from controls.rules.permissions import Action
from controls.services import access, audit, schedules, versions
from controls.services.audit import audited
from controls.services.clock import day

TOLD = ("task", "what", "layers", "services", "since")


@audited
def follow(
    *, responsibility: Responsibility, decision: Decision, by: User, at: datetime
) -> list[Duty]:
    """Let the duties of a responsibility be those of its newly approved decision; return
    those in force.

    What is no longer asked for ends, with its schedules; what is new starts, claimed by the
    decision's owner; what only moved to other layers or services ends and starts anew, with
    its claims and its due days. Each is recorded by audit.record().
    """
    asked = {duty.task: duty for duty in _wanted(responsibility, decision)}
    open_ = {
        duty.task: duty
        for duty in Duty.objects.filter(
            responsibility=responsibility, ended_at__isnull=True
        ).select_related("responsibility__system__owner_team", "responsibility__control")
    }
    kept, names = [], _names(asked.values()) if asked else None
    for task, duty in open_.items():
        if task not in asked:
            _end(duty, by=by, at=at)
        elif _same(duty, asked[task]):
            kept.append(duty)
    for task, found in asked.items():
        before = open_.get(task)
        if before is not None and _same(before, found):
            continue
        assert names is not None  # noqa: S101 - there is something to name
        if before is None:
            kept.append(_start(responsibility, decision, found, names, by=by, at=at))
        else:
            kept.append(_renew(before, decision, found, names, by=by, at=at))
    return kept


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
    if not reason.strip():
        raise InvalidInputError("Say why it is not yours.", place="reason")
    return _say(duty, version, team, ClaimStance.DISPUTES, reason, by=by, at=at)


@audited
def end_claim(*, claim: DutyClaim, version: int, by: User, at: datetime) -> DutyClaim:
    """Take back what a team said of a duty; return the claim.

    Raises NotAllowedError, StaleVersionError of the duty, and ConflictError.
    """
    access.require(by, Action.CLAIM_DUTY, claim.team)
    versions.claim(claim.duty, version=version)
    _end_claim(claim, by=by, at=at)
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
    said = DutyClaim.objects.open().filter(duty=duty, team=team).first()
    if said is not None:
        if said.stance == stance:
            raise ConflictError(f"{team} {said.get_stance_display().lower()} it already.")
        _end_claim(said, by=by, at=at)
    return _start_claim(duty, team, stance, reason.strip(), by=by, at=at)


def _start_claim(
    duty: Duty, team: Team, stance: str, reason: str, *, by: User, at: datetime
) -> DutyClaim:
    row = DutyClaim.objects.create(
        duty=duty,
        team=team,
        stance=stance,
        reason=reason,
        since=day(at),
        started_at=at,
        started_by=by,
    )
    claims = stance == ClaimStance.CLAIMS
    audit.record(
        verb=AuditVerb.DUTY_CLAIMED if claims else AuditVerb.DUTY_DISPUTED,
        target=duty,
        about=duty.responsibility.system,
        after={"team": team.key, "reason": reason, "claim": str(row.uuid)},
        by=by,
        at=at,
    )
    return row


def _end_claim(claim: DutyClaim, *, by: User, at: datetime) -> None:
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


def _wanted(responsibility: Responsibility, decision: Decision) -> list[Wanted]:
    system = responsibility.system
    elsewhere = (
        system.kind != SystemKind.ORGANIZATION and System.objects.organization().exists()
    )
    return rules.wanted(
        kind=decision.kind,
        rows=decision.derivation.explanation,
        organization_decides=elsewhere,
    )


def _names(asked: Any) -> Names:
    layers = {code for duty in asked for code in duty.layers}
    variants = {key for duty in asked for key in duty.services}
    return Names(
        provider="",
        layers=dict(Layer.objects.filter(code__in=layers).values_list("code", "name")),
        variants=dict(
            ServiceVariant.objects.filter(key__in=variants).values_list("key", "name")
        ),
    )


def _same(duty: Duty, asked: Wanted) -> bool:
    return (duty.layers, duty.services) == (list(asked.layers), list(asked.services))


def _start(
    responsibility: Responsibility,
    decision: Decision,
    asked: Wanted,
    names: Names,
    *,
    by: User,
    at: datetime,
) -> Duty:
    """Start a duty, claimed by the team that answers for the responsibility, with the
    reviews that the shipped cadences offer for it.
    """
    duty = _create(responsibility, decision, asked, names, by=by, at=at)
    if decision.owner_team is not None:
        _start_claim(
            duty, decision.owner_team, ClaimStance.CLAIMS, "By decision", by=by, at=at
        )
    schedules.offer(duty=duty, by=by, at=at)
    return duty


def _renew(
    old: Duty,
    decision: Decision,
    asked: Wanted,
    names: Names,
    *,
    by: User,
    at: datetime,
) -> Duty:
    claims = list(old.claims.open().select_related("team").order_by("pk"))
    running = schedules.running(old)
    _end(old, by=by, at=at, claims=claims)
    duty = _create(old.responsibility, decision, asked, names, by=by, at=at)
    for said in claims:
        _start_claim(duty, said.team, said.stance, said.reason, by=by, at=at)
    schedules.carry_over(schedules=running, duty=duty, by=by, at=at)
    schedules.offer(duty=duty, by=by, at=at)
    return duty


def _create(
    responsibility: Responsibility,
    decision: Decision,
    asked: Wanted,
    names: Names,
    *,
    by: User,
    at: datetime,
) -> Duty:
    duty = Duty.objects.create(
        responsibility=responsibility,
        decision=decision,
        task=asked.task,
        what=rules.told(asked, names=names),
        layers=list(asked.layers),
        services=list(asked.services),
        since=day(at),
        started_at=at,
        started_by=by,
    )
    audit.record(
        verb=AuditVerb.DUTY_STARTED,
        target=duty,
        about=responsibility.system,
        after=audit.snapshot(duty, *TOLD),
        by=by,
        at=at,
    )
    return duty


def _end(
    duty: Duty, *, by: User, at: datetime, claims: list[DutyClaim] | None = None
) -> None:
    """End a duty with all that hangs on it."""
    if claims is None:
        claims = list(duty.claims.open().select_related("team").order_by("pk"))
    for said in claims:
        said.duty = duty
        _end_claim(said, by=by, at=at)
    for schedule in schedules.running(duty):
        schedules.end_with_duty(schedule=schedule, duty=duty, by=by, at=at)
    versions.end_row(duty, on=day(at), by=by, at=at)
    audit.record(
        verb=AuditVerb.DUTY_ENDED,
        target=duty,
        about=duty.responsibility.system,
        before=audit.snapshot(duty, *TOLD),
        after=_ended(duty),
        by=by,
        at=at,
    )


def _ended(duty: Duty) -> Mapping[str, Any]:
    return audit.snapshot(duty, "ended_on")
