"""Deciding a responsibility:

assign, submit, approve, return. Each step is a full, appended revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists

from controls.choices import (
    AuditVerb,
    DecisionSource,
    ImplementationStatus,
    SystemKind,
    WorkflowState,
)
from controls.errors import ConflictError, InvalidInputError, TransitionError
from controls.models import (
    Decision,
    Derivation,
    Responsibility,
    System,
    SystemProfile,
    Team,
    User,
)
from controls.rules import transitions
from controls.rules.permissions import Action
from controls.services import access, audit, following, versions
from controls.services.audit import audited, within
from controls.services.clock import day

CONTENT = (
    "kind",
    "source",
    "owner_team",
    "implementation_status",
    "provider_statement",
    "customer_statement",
    "rationale",
    "effective_on",
)
TOLD = ("number", "state", *CONTENT, "remark")


@dataclass(frozen=True, slots=True)
class Content:
    """What is decided. `effective_on` empty: from today on."""

    kind: str
    owner_team: Team | None = None
    implementation_status: str = ""
    provider_statement: str = ""
    customer_statement: str = ""
    rationale: str = ""
    effective_on: date | None = None


@audited
def assign(
    *,
    responsibility: Responsibility,
    version: int,
    content: Content,
    source: str = "",
    by: User,
    at: datetime,
) -> Decision:
    """Write down who carries the control; return the revision, which is proposed until
    reviewed.

    `source` empty: *derived* where the kind is the derived one, else *by hand*.
    Raises NotAllowedError, StaleVersionError, InvalidInputError, and ConflictError where
    the control is decided for the whole organisation elsewhere.
    """
    _open(responsibility, version, Action.DECIDE, by)
    return note_assignment(
        responsibility=responsibility, content=content, source=source, by=by, at=at
    )


@within
def note_assignment(
    *,
    responsibility: Responsibility,
    content: Content,
    source: str = "",
    by: User,
    at: datetime,
) -> Decision:
    """Write down a decision for a service that has asked whether the person may; return the
    revision.

    Raises InvalidInputError and ConflictError as `assign` does.
    """
    latest = responsibility.latest_decision
    state = latest.state if latest else WorkflowState.PROPOSED
    transitions.check_transition(state=state, to=WorkflowState.PROPOSED)
    derivation = derived_today(responsibility=responsibility, at=at)
    check_decided_here(responsibility, derivation)
    _check(content, derivation, at)
    fields = {name: getattr(content, name) for name in CONTENT if name != "source"}
    fields["effective_on"] = content.effective_on or day(at)
    same = content.kind == derivation.kind
    return _revise(
        responsibility,
        latest,
        verb=AuditVerb.RESPONSIBILITY_ASSIGNED,
        state=WorkflowState.PROPOSED,
        source=source or (DecisionSource.DERIVED if same else DecisionSource.MANUAL),
        derivation=derivation,
        decided_by=by,
        submitted_by=None,
        submitted_at=None,
        remark="",
        by=by,
        at=at,
        **fields,
    )


@audited
def submit(
    *, responsibility: Responsibility, version: int, by: User, at: datetime
) -> Decision:
    """Ask a second person to review what was decided; return the revision.

    Raises NotAllowedError, StaleVersionError, TransitionError, and InvalidInputError where
    no team answers for the customer's part.
    """
    latest = _decided(_open(responsibility, version, Action.DECIDE, by))
    transitions.check_transition(state=latest.state, to=WorkflowState.IN_REVIEW)
    transitions.check_submittable(
        kind=latest.kind, has_owner=latest.owner_team_id is not None
    )
    return _move(
        responsibility,
        latest,
        verb=AuditVerb.RESPONSIBILITY_SUBMITTED,
        state=WorkflowState.IN_REVIEW,
        submitted_by=by,
        submitted_at=at,
        remark="",
        by=by,
        at=at,
    )


@audited
def approve(
    *,
    responsibility: Responsibility,
    version: int,
    remark: str = "",
    by: User,
    at: datetime,
) -> Decision:
    """Approve what somebody else decided and submitted; return the revision.

    The duties that it leaves to the customer start, and those it no longer leaves end.

    Raises NotAllowedError, StaleVersionError, TransitionError and SeparationOfDutiesError.
    """
    approved = note_approval(
        responsibility=responsibility, version=version, remark=remark, by=by, at=at
    )
    following.follow(decisions=[approved], by=by, at=at)
    return approved


@audited
def note_approval(
    *,
    responsibility: Responsibility,
    version: int,
    remark: str = "",
    by: User,
    at: datetime,
) -> Decision:
    """Approve for a service that lets the duties of many follow together afterwards; return
    the revision.

    Raises what `approve` raises.
    """
    latest = _reviewable(responsibility, version, WorkflowState.APPROVED, by)
    return _move(
        responsibility,
        latest,
        verb=AuditVerb.RESPONSIBILITY_APPROVED,
        state=WorkflowState.APPROVED,
        remark=remark.strip(),
        by=by,
        at=at,
    )


@audited
def send_back(
    *, responsibility: Responsibility, version: int, remark: str, by: User, at: datetime
) -> Decision:
    """Return what somebody else submitted, saying why; return the revision.

    Raises NotAllowedError, StaleVersionError, TransitionError, SeparationOfDutiesError, and
    InvalidInputError without a reason.
    """
    latest = _reviewable(responsibility, version, WorkflowState.RETURNED, by)
    if not remark.strip():
        raise InvalidInputError("Say why you return it.", place="remark")
    return _move(
        responsibility,
        latest,
        verb=AuditVerb.RESPONSIBILITY_RETURNED,
        state=WorkflowState.RETURNED,
        remark=remark.strip(),
        by=by,
        at=at,
    )


def check_stands(responsibility: Responsibility) -> None:
    """Raise ConflictError where a statement has fallen back to its control."""
    if responsibility.ended_at is not None:
        raise ConflictError(
            f"{responsibility.label} has fallen back to its control: decide it there."
        )


def check_decided_here(responsibility: Responsibility, derivation: Derivation) -> None:
    """Raise ConflictError where the organisation decides this control for all systems.

    What was decided here before that can be brought up to date, or it would be in doubt for
    ever.
    """
    if not derivation.organization_only:
        return
    if responsibility.system.kind == SystemKind.ORGANIZATION:
        return
    latest = responsibility.latest_decision
    if latest is not None and latest.derivation.fingerprint != derivation.fingerprint:
        return
    elsewhere = System.objects.organization().filter(
        responsibilities__control=responsibility.control_id
    )
    found = elsewhere.first()
    if found is not None:
        raise ConflictError(
            f"{responsibility.label} is decided once for the whole organisation, "
            f"in {found} ({found.key})."
        )


def derived_today(*, responsibility: Responsibility, at: datetime) -> Derivation:
    """Return what is derived today.

    Raises ConflictError where the control is not in scope today.
    """
    today, system = day(at), responsibility.system
    scopes = SystemProfile.objects.in_force(on=today, as_of=at).filter(
        system=system, profile__controls=responsibility.control_id
    )
    known = responsibility.derivations.filter(at__lte=at, effective_on__lte=today)
    found = known.filter(Exists(scopes)).order_by("-pk").first()
    if found is None:
        raise ConflictError(
            f"{responsibility.label} is not in the scope of {system} today."
        )
    return found


def _open(
    responsibility: Responsibility, version: int, action: Action, by: User
) -> Decision | None:
    """Take the responsibility for a change and return its newest decision."""
    access.require(by, action, *access.teams_of(responsibility))
    check_stands(responsibility)
    versions.claim(responsibility, version=version)
    return responsibility.latest_decision


def _decided(latest: Decision | None) -> Decision:
    if latest is None:
        raise TransitionError("Nothing is decided here yet: assign it first.")
    return latest


def _reviewable(
    responsibility: Responsibility, version: int, to: str, by: User
) -> Decision:
    latest = _decided(_open(responsibility, version, Action.REVIEW, by))
    transitions.check_transition(state=latest.state, to=to)
    transitions.check_maker_is_not_checker(makers=_makers(responsibility), checker=by.pk)
    return latest


def _makers(responsibility: Responsibility) -> frozenset[int]:
    """Return everybody who made or handed in a revision since the last approved one."""
    makers: set[int | None] = set()
    revisions = Decision.objects.filter(responsibility=responsibility).order_by("-number")
    for state, by, decided_by, submitted_by in revisions.values_list(
        "state", "by", "decided_by", "submitted_by"
    ):
        if state == WorkflowState.APPROVED:
            break
        makers |= {decided_by, submitted_by}
        if state != WorkflowState.RETURNED:
            makers.add(by)
    return frozenset(maker for maker in makers if maker is not None)


def _check(content: Content, derivation: Derivation, at: datetime) -> None:
    transitions.check_decidable(
        kind=content.kind, derived_kind=derivation.kind, rationale=content.rationale
    )
    status = content.implementation_status
    if status and status not in ImplementationStatus.values:
        raise InvalidInputError(
            f"{status!r} is not an implementation status.", place="implementation_status"
        )
    if content.effective_on and content.effective_on > day(at):
        raise InvalidInputError(
            "A decision takes effect today or took effect earlier.", place="effective_on"
        )


def _move(responsibility: Responsibility, latest: Decision, **changes: Any) -> Decision:
    """Append a revision that carries the content on and changes only the workflow."""
    people = ("derivation_id", "decided_by_id", "submitted_by_id", "submitted_at")
    carried = {name: getattr(latest, name) for name in (*CONTENT, *people)}
    if "submitted_by" in changes:
        del carried["submitted_by_id"]
    return _revise(responsibility, latest, **{**carried, **changes})


def _revise(
    responsibility: Responsibility,
    latest: Decision | None,
    *,
    verb: AuditVerb,
    by: User,
    at: datetime,
    **fields: Any,
) -> Decision:
    decision = Decision.objects.create(
        responsibility=responsibility,
        number=latest.number + 1 if latest else 1,
        by=by,
        at=at,
        **fields,
    )
    responsibility.latest_decision = decision
    Responsibility.objects.filter(pk=responsibility.pk).update(latest_decision=decision)
    audit.record(
        verb=verb,
        target=responsibility,
        about=responsibility.system,
        before=audit.snapshot(latest, *TOLD) if latest else None,
        after=audit.snapshot(decision, *TOLD),
        by=by,
        at=at,
    )
    return decision
