"""Evidence: handed in, revised, judged by a second person, and linked to what it proves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from controls.choices import AuditVerb
from controls.errors import ConflictError
from controls.models import Team, User
from controls.rules.permissions import Action, refuse
from controls.services import access, audit, versions
from controls.services.audit import audited
from controls.services.clock import day
from evidence.choices import VerdictState
from evidence.models import (
    Evidence,
    EvidenceLink,
    EvidenceVerdict,
    EvidenceVersion,
)
from evidence.queries.judges import teams_that_judge
from evidence.rules import acceptance
from evidence.services import artifacts, linking, proving
from evidence.services.contents import WORDS, Content, check
from evidence.services.linking import Target

__all__ = [
    "Content",
    "Target",
    "accept",
    "link",
    "reject",
    "revise",
    "submit",
    "unlink",
    "withdraw",
]

TOLD = (
    "number",
    "title",
    "description",
    "kind",
    "side",
    "activity_from",
    "activity_until",
    "collected_on",
    "expires_on",
    "sensitivity",
    "original_name",
    "url",
)


@audited
def submit(
    *, team: Team, content: Content, targets: Sequence[Target], by: User, at: datetime
) -> Evidence:
    """Hand in evidence for a team, as proof of each target; return it.

    Raises NotAllowedError, InvalidInputError naming the field, NotFoundError for a target
    that the person may not see, and what the store raises where the file cannot be kept.
    """
    access.require(by, Action.SUBMIT_EVIDENCE, team)
    check(content=content, at=at)
    evidence = Evidence.objects.create(team=team, created_at=at, created_by=by)
    _revise(evidence, content, AuditVerb.EVIDENCE_SUBMITTED, by=by, at=at)
    linking.attach(evidence=evidence, targets=targets, by=by, at=at)
    return evidence


@audited
def revise(
    *, evidence: Evidence, version: int, content: Content, by: User, at: datetime
) -> Evidence:
    """Hand in a new, full revision, which is to be judged again; return the evidence.

    Raises NotAllowedError, StaleVersionError, TransitionError where it was withdrawn,
    InvalidInputError, and what the store raises.
    """
    access.require(by, Action.SUBMIT_EVIDENCE, evidence.team)
    check(content=content, at=at)
    versions.claim(evidence, version=version)
    latest = _latest(evidence)
    acceptance.check_transition(state=latest.state, to=VerdictState.SUBMITTED)
    _revise(evidence, content, AuditVerb.EVIDENCE_REVISED, latest.revision, by=by, at=at)
    return evidence


@audited
def accept(
    *, evidence: Evidence, version: int, remark: str = "", by: User, at: datetime
) -> Evidence:
    """Accept what somebody else handed in; the open reviews that it proves are completed.
    Return the evidence.

    Raises NotAllowedError, StaleVersionError, TransitionError and SeparationOfDutiesError.
    """
    revision = _judge(evidence, version, VerdictState.ACCEPTED, remark, by=by, at=at)
    proving.complete_proven(evidence=evidence, revision=revision, by=by, at=at)
    return evidence


@audited
def reject(
    *, evidence: Evidence, version: int, remark: str, by: User, at: datetime
) -> Evidence:
    """Reject what somebody else handed in, saying why; return the evidence.

    A review that was completed on the strength of it alone opens again.

    Raises NotAllowedError, StaleVersionError, TransitionError, SeparationOfDutiesError, and
    InvalidInputError without a reason.
    """
    _judge(evidence, version, VerdictState.REJECTED, remark, by=by, at=at)
    why = f"{evidence.reference}, its proof, was rejected: {remark.strip()}"
    proving.reopen_unproven(
        evidence=evidence, before=VerdictState.SUBMITTED, reason=why, by=by, at=at
    )
    return evidence


@audited
def withdraw(
    *, evidence: Evidence, version: int, remark: str, by: User, at: datetime
) -> Evidence:
    """Take evidence back for good, saying why; return it.

    A review that was completed and has no other accepted proof opens again, as long as its
    schedule and duty run. Who handed it in may, and who judges it.

    Raises NotAllowedError, StaleVersionError, TransitionError, and InvalidInputError
    without a reason.
    """
    if not access.allowed(by, Action.JUDGE_EVIDENCE, *teams_that_judge(evidence)):
        access.require(by, Action.SUBMIT_EVIDENCE, evidence.team)
    acceptance.check_remark(to=VerdictState.WITHDRAWN, remark=remark)
    versions.claim(evidence, version=version)
    latest = _latest(evidence)
    acceptance.check_transition(state=latest.state, to=VerdictState.WITHDRAWN)
    _say(evidence, latest, VerdictState.WITHDRAWN, remark, by=by, at=at)
    why = f"{evidence.reference}, its proof, was withdrawn: {remark.strip()}"
    proving.reopen_unproven(
        evidence=evidence, before=latest.state, reason=why, by=by, at=at
    )
    return evidence


@audited
def link(
    *, evidence: Evidence, version: int, target: Target, by: User, at: datetime
) -> EvidenceLink:
    """Offer evidence as proof of one more thing; return the link.

    What is accepted already counts at once, so only somebody who may judge it for the new
    target, and did not hand it in, may link it.

    Raises NotAllowedError, StaleVersionError, SeparationOfDutiesError, NotFoundError where
    the person may not see the target, and ConflictError.
    """
    (place,) = linking.places(targets=[target], by_whom=by)
    judges = teams_that_judge(evidence, links=[place])
    judging = access.allowed(by, Action.JUDGE_EVIDENCE, *judges)
    if not judging:
        access.require(by, Action.SUBMIT_EVIDENCE, evidence.team)
    versions.claim(evidence, version=version)
    state = _latest(evidence).state
    if state == VerdictState.WITHDRAWN:
        raise ConflictError("This evidence was withdrawn: it proves nothing any more.")
    if state == VerdictState.ACCEPTED:
        if not judging:
            raise refuse(Action.JUDGE_EVIDENCE)
        acceptance.check_maker_is_not_checker(makers=_makers(evidence), checker=by.pk)
    made = linking.attach(evidence=evidence, targets=[target], by=by, at=at)
    if not made:
        raise ConflictError("It is linked there already.")
    return made[0]


@audited
def unlink(*, link: EvidenceLink, version: int, by: User, at: datetime) -> EvidenceLink:
    """No longer offer evidence as proof of one thing; return the link. `version` is that of
    the evidence.

    Raises NotAllowedError, StaleVersionError, and ConflictError where the link has ended or
    a completed review rests on it.
    """
    evidence = link.evidence
    access.require(by, Action.SUBMIT_EVIDENCE, evidence.team)
    versions.claim(evidence, version=version)
    if link.review is not None and link.review.completed_at is not None:
        raise ConflictError(
            "A completed review rests on this evidence: withdraw the evidence instead."
        )
    ended = EvidenceLink.objects.open().filter(pk=link.pk)
    if not ended.update(ended_at=at, ended_by=by):
        raise ConflictError("This link has ended already.")
    link.ended_at, link.ended_by = at, by
    audit.record(
        verb=AuditVerb.EVIDENCE_UNLINKED,
        target=evidence,
        about=link.responsibility.system,
        before=linking.told(link),
        by=by,
        at=at,
    )
    return link


def _revise(
    evidence: Evidence,
    content: Content,
    verb: AuditVerb,
    before: EvidenceVersion | None = None,
    *,
    by: User,
    at: datetime,
) -> None:
    """Append a revision with its file, hand it in, and record both as one event."""
    artifact, name = artifacts.settle(file=content.artifact, at=at)
    carried = (*WORDS, "expires_on", "url")
    revision = EvidenceVersion.objects.create(
        evidence=evidence,
        number=before.number + 1 if before else 1,
        title=content.title.strip(),
        description=content.description.strip(),
        activity_from=content.activity_from,
        activity_until=content.activity_until,
        collected_on=content.collected_on or day(at),
        artifact=artifact,
        original_name=(content.original_name or name) if artifact else "",
        by=by,
        at=at,
        **{field: getattr(content, field) for field in carried},
    )
    evidence.latest_version = revision
    _point(evidence, _verdict(evidence, revision, VerdictState.SUBMITTED, by=by, at=at))
    audit.record(
        verb=verb,
        target=evidence,
        about=evidence.team,
        before=_told(before) if before else None,
        after=_told(revision),
        by=by,
        at=at,
    )


def _judge(
    evidence: Evidence, version: int, to: str, remark: str, *, by: User, at: datetime
) -> EvidenceVersion:
    """Append the verdict of a second person; return the revision it is about."""
    access.require(by, Action.JUDGE_EVIDENCE, *teams_that_judge(evidence))
    acceptance.check_remark(to=to, remark=remark)
    versions.claim(evidence, version=version)
    latest = _latest(evidence)
    acceptance.check_transition(state=latest.state, to=to)
    acceptance.check_maker_is_not_checker(makers=_makers(evidence), checker=by.pk)
    _say(evidence, latest, to, remark, by=by, at=at)
    return latest.revision


def _say(
    evidence: Evidence,
    latest: EvidenceVerdict,
    to: str,
    remark: str,
    *,
    by: User,
    at: datetime,
) -> None:
    verbs = {
        VerdictState.ACCEPTED: AuditVerb.EVIDENCE_ACCEPTED,
        VerdictState.REJECTED: AuditVerb.EVIDENCE_REJECTED,
        VerdictState.WITHDRAWN: AuditVerb.EVIDENCE_WITHDRAWN,
    }
    verdict = _verdict(evidence, latest.revision, to, remark.strip(), by=by, at=at)
    _point(evidence, verdict)
    audit.record(
        verb=verbs[VerdictState(to)],
        target=evidence,
        about=evidence.team,
        before={"state": latest.state, "number": latest.revision.number},
        after=audit.snapshot(verdict, "state", "remark"),
        by=by,
        at=at,
    )


def _verdict(
    evidence: Evidence,
    revision: EvidenceVersion,
    state: str,
    remark: str = "",
    *,
    by: User,
    at: datetime,
) -> EvidenceVerdict:
    return EvidenceVerdict.objects.create(
        evidence=evidence,
        revision=revision,
        state=state,
        remark=remark,
        made_by_id=revision.by_id,
        by=by,
        at=at,
    )


def _point(evidence: Evidence, verdict: EvidenceVerdict) -> None:
    """Let the evidence point to its newest revision and verdict."""
    evidence.latest_verdict = verdict
    Evidence.objects.filter(pk=evidence.pk).update(
        latest_version=evidence.latest_version, latest_verdict=verdict
    )


def _latest(evidence: Evidence) -> EvidenceVerdict:
    """Return the newest verdict, asked anew: the row may be older than its version."""
    rows = EvidenceVerdict.objects.filter(evidence=evidence)
    return rows.select_related("revision").latest("pk")


def _makers(evidence: Evidence) -> frozenset[int]:
    """Return everybody who handed in a revision since the one that was last accepted,
    whose content the newest may carry on; and who handed in the newest.
    """
    makers: set[int] = set()
    verdicts = EvidenceVerdict.objects.filter(evidence=evidence).order_by("-pk")
    for state, made_by in verdicts.values_list("state", "made_by"):
        if state == VerdictState.ACCEPTED and makers:
            break
        makers.add(made_by)
    return frozenset(makers)


def _told(revision: EvidenceVersion) -> dict[str, Any]:
    digest = revision.artifact.sha256 if revision.artifact else ""
    return audit.snapshot(revision, *TOLD) | {"sha256": digest}
