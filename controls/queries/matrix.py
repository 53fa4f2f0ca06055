"""The matrix of a system:

controls by services with the combined answer, decided beside derived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from controls.choices import Kind, SystemKind, WorkflowState
from controls.models import (
    Control,
    Decision,
    Derivation,
    Responsibility,
    System,
    SystemProfile,
    SystemService,
)
from controls.rules.moments import Moment


@dataclass(frozen=True, slots=True)
class Column:
    """A service in use."""

    variant: str
    name: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    since: date


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the organisation decides a control once, and how that stands."""

    system_key: str
    system_name: str
    state: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """A control in the matrix."""

    responsibility: Responsibility
    control: Control
    derivation: Derivation | None
    decision: Decision | None
    approved: Decision | None
    elsewhere: Elsewhere | None = None

    @property
    def state(self) -> str:
        """Return the workflow state; what nobody decided is proposed by the derivation."""
        if self.decision:
            return self.decision.state
        return self.elsewhere.state if self.elsewhere else WorkflowState.PROPOSED

    @property
    def kind(self) -> str:
        """Return what was decided, else what was derived."""
        if self.decision:
            return self.decision.kind
        return self.derivation.kind if self.derivation else Kind.UNDETERMINED

    @property
    def suspect(self) -> bool:
        """Say whether the derivation in force differs from the one that was decided on."""
        return (
            self.decision is not None
            and self.derivation is not None
            and self.decision.derivation.fingerprint != self.derivation.fingerprint
        )

    def cell(self, variant: str) -> str:
        """Return the answer for the layers of one service; empty where the control has none
        there.
        """
        return str(self.derivation.cells.get(variant, "")) if self.derivation else ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A system's matrix at a moment."""

    system: System
    moment: Moment
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    profiles: tuple[str, ...]
    releases: tuple[str, ...]
    kinds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    @property
    def suspects(self) -> int:
        """Return how many decisions are in doubt."""
        return sum(row.suspect for row in self.rows)

    @property
    def unowned(self) -> int:
        """Return how many controls with a customer's part nobody answers for."""
        return sum(needs_owner(row) for row in self.rows)


def needs_owner(row: Row) -> bool:
    """Say whether the customer has a part and no team answers for it."""
    if row.elsewhere or row.kind not in {Kind.SHARED, Kind.CUSTOMER_SPECIFIC}:
        return False
    return row.decision is None or row.decision.owner_team_id is None


def matrix(*, system: System, moment: Moment) -> Matrix:
    """Return the matrix of a system, which the interface loaded through `visible_to`.

    At most ten queries.
    """
    on, as_of = moment.on, moment.as_of
    scopes = SystemProfile.objects.in_force(on=on, as_of=as_of).filter(system=system)
    profiles = list(scopes.select_related("profile").order_by("profile__title"))
    derivations = _derivations(system, on, as_of)
    decisions = _decisions(system, on, as_of)
    approved = _approved(system, on, as_of)
    elsewhere = _elsewhere(system, derivations.values(), moment)
    rows = []
    for responsibility in _in_scope(system, [s.profile_id for s in profiles], as_of):
        pk = responsibility.pk
        derivation = derivations.get(pk)
        theirs = derivation is not None and derivation.organization_only
        rows.append(
            Row(
                responsibility=responsibility,
                control=responsibility.control,
                derivation=derivation,
                decision=decisions.get(pk),
                approved=approved.get(pk),
                elsewhere=elsewhere.get(responsibility.control_id) if theirs else None,
            )
        )
    return Matrix(
        system=system,
        moment=moment,
        columns=_columns(system, moment),
        rows=tuple(rows),
        profiles=tuple(scope.profile.title for scope in profiles),
        releases=tuple(sorted({d.release.version for d in derivations.values()})),
        kinds=Counter(row.kind for row in rows),
        answers=Counter(row.derivation.answer for row in rows if row.derivation),
        states=Counter(row.state for row in rows),
    )


def believed(
    responsibility: Responsibility, *, moment: Moment
) -> tuple[Derivation | None, Decision | None]:
    """Return the derivation, with its explanation, and the decision of one responsibility
    at a moment.
    """
    derivation = (
        Derivation.objects.filter(
            responsibility=responsibility,
            at__lte=moment.as_of,
            effective_on__lte=moment.on,
        )
        .select_related("release")
        .order_by("-pk")
        .first()
    )
    decision = (
        Decision.objects.filter(
            responsibility=responsibility,
            at__lte=moment.as_of,
            effective_on__lte=moment.on,
        )
        .select_related("owner_team", "derivation", "decided_by", "submitted_by", "by")
        .order_by("-pk")
        .first()
    )
    return derivation, decision


def _in_scope(system: System, profiles: list[int], as_of: datetime) -> list[Responsibility]:
    controls = Control.objects.filter(profiles__in=profiles)
    rows = Responsibility.objects.filter(
        system=system, part__isnull=True, created_at__lte=as_of, control__in=controls
    )
    return list(
        rows.select_related("control", "control__parent", "provider").order_by(
            "control__catalog", "control__order"
        )
    )


def _derivations(system: System, on: date, as_of: datetime) -> dict[int, Derivation]:
    """Return responsibility → the derivation believed, without its explanation, which is
    asked for singly.
    """
    known = Derivation.objects.filter(responsibility__system=system)
    rows = known.believed(on=on, as_of=as_of).select_related("release").defer("explanation")
    return {row.responsibility_id: row for row in rows}


def _decisions(system: System, on: date, as_of: datetime) -> dict[int, Decision]:
    known = Decision.objects.filter(responsibility__system=system)
    rows = known.believed(on=on, as_of=as_of).select_related(
        "owner_team", "derivation", "decided_by", "by"
    )
    heavy = ("derivation__explanation", "derivation__cells", "derivation__parties")
    return {row.responsibility_id: row for row in rows.defer(*heavy)}


def _approved(system: System, on: date, as_of: datetime) -> dict[int, Decision]:
    known = Decision.objects.filter(responsibility__system=system).approved()
    rows = known.believed(on=on, as_of=as_of).select_related("by", "owner_team")
    return {row.responsibility_id: row for row in rows}


def _columns(system: System, moment: Moment) -> tuple[Column, ...]:
    rows = SystemService.objects.in_force(on=moment.on, as_of=moment.as_of).filter(
        system=system
    )
    return tuple(
        Column(
            variant=row.variant.key,
            name=row.variant.name,
            accounts=tuple(row.accounts),
            regions=tuple(row.regions),
            since=row.since,
        )
        for row in rows.select_related("variant").order_by("pk")
    )


def _elsewhere(
    system: System, derivations: Iterable[Derivation], moment: Moment
) -> dict[int, Elsewhere]:
    """Return control → how the organisation's own system decides it, for controls that it
    decides for all.
    """
    if system.kind == SystemKind.ORGANIZATION:
        return {}
    theirs = {row.responsibility_id for row in derivations if row.organization_only}
    organization = System.objects.organization().first() if theirs else None
    if organization is None:
        return {}
    decided = _decisions(organization, moment.on, moment.as_of)
    kinds = _derivations(organization, moment.on, moment.as_of)
    found = {}
    for pk, control in Responsibility.objects.filter(
        system=organization, created_at__lte=moment.as_of, part__isnull=True
    ).values_list("pk", "control_id"):
        decision, derivation = decided.get(pk), kinds.get(pk)
        kind = decision.kind if decision else derivation.kind if derivation else ""
        found[control] = Elsewhere(
            system_key=organization.key,
            system_name=organization.name,
            state=decision.state if decision else WorkflowState.PROPOSED,
            kind=kind,
        )
    return found
