"""Deciding many responsibilities at once: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from controls.choices import WorkflowState
from controls.errors import ConflictError, DomainError
from controls.models import Decision, Derivation, Responsibility, User
from controls.services import decisions, following
from controls.services.audit import audited
from controls.services.clock import day
from controls.services.decisions import Content


@dataclass(frozen=True, slots=True)
class Selected:
    """A responsibility with the version that the person looked at."""

    responsibility: Responsibility
    version: int


class BulkRefusedError(ConflictError):
    """Some of many were refused, so nothing was changed. `refusals` says which and why."""

    def __init__(self, refusals: Sequence[tuple[Responsibility, DomainError]], of: int):
        self.refusals = tuple(refusals)
        super().__init__(
            f"Nothing is changed: {len(refusals)} of {of} cannot take this step."
        )


@audited
def accept_derived(
    *, selected: Sequence[Selected], by: User, at: datetime
) -> list[Decision]:
    """Decide each as SRM derived it, keeping the owner and statements it has; return the
    revisions. Each is recorded by `decisions`, which calls audit.record() for it.

    Raises BulkRefusedError with the reason for each that cannot be.
    """
    believed = _believed([item.responsibility for item in selected], at)

    def accept(item: Selected) -> Decision:
        return decisions.assign(
            responsibility=item.responsibility,
            version=item.version,
            content=_as_derived(item.responsibility, believed),
            by=by,
            at=at,
        )

    return _each(selected, accept)


@audited
def submit(*, selected: Sequence[Selected], by: User, at: datetime) -> list[Decision]:
    """Ask a second person to review each; return the revisions.

    Raises BulkRefusedError with the reason for each that cannot be.
    """
    return _each(
        selected,
        lambda item: decisions.submit(
            responsibility=item.responsibility, version=item.version, by=by, at=at
        ),
    )


@audited
def approve(*, selected: Sequence[Selected], by: User, at: datetime) -> list[Decision]:
    """Approve each, and let their duties follow; return the revisions.

    Raises BulkRefusedError with the reason for each that cannot be.
    """
    approved = _each(
        selected,
        lambda item: decisions.note_approval(
            responsibility=item.responsibility, version=item.version, by=by, at=at
        ),
    )
    following.follow(decisions=approved, by=by, at=at)
    return approved


def _each(
    selected: Sequence[Selected], step: Callable[[Selected], Decision]
) -> list[Decision]:
    made, refused = [], []
    for item in selected:
        try:
            made.append(step(item))
        except DomainError as error:
            refused.append((item.responsibility, error))
    if refused:
        raise BulkRefusedError(refused, of=len(selected))
    return made


def _believed(rows: Sequence[Responsibility], at: datetime) -> dict[int, str]:
    known = Derivation.objects.filter(responsibility__in=[row.pk for row in rows])
    in_force = known.believed(on=day(at), as_of=at)
    return dict(in_force.values_list("responsibility_id", "kind"))


def _as_derived(responsibility: Responsibility, believed: dict[int, str]) -> Content:
    """Return the derived kind with the rest as it is; an approved text stays the same."""
    latest = responsibility.latest_decision
    if latest is not None and latest.state == WorkflowState.IN_REVIEW:
        raise ConflictError("It is in review: approve or return it first.")
    kind = believed.get(responsibility.pk, "")
    if latest is None:
        return Content(kind=kind)
    return Content(
        kind=kind,
        owner_team=latest.owner_team,
        implementation_status=latest.implementation_status,
        provider_statement=latest.provider_statement,
        customer_statement=latest.customer_statement,
        rationale=latest.rationale,
    )
