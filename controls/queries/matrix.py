"""The matrix of a system:

controls by services with the combined answer, decided beside derived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F, Q

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

UNTOLD = ("explanation", "parties", "cause", "effective_on", "at")
"""What a derivation says and a matrix does not; read for a thousand rows, it costs."""
RELEASE = ("uuid", "sha256", "published_on", "loaded_at")


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
    apart: tuple[str, ...] = ()
    """Its statements that are decided by themselves, by their ids."""

    @property
    def shippable_title(self) -> str:
        """Return the control's title where it may leave the house, else nothing."""
        return self.control.title if self.responsibility.text_shippable else ""  # type: ignore[attr-defined]

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

    Six queries, whatever its size.
    """
    scopes = SystemProfile.objects.in_force(on=moment.on, as_of=moment.as_of)
    profiles = list(
        scopes.filter(system=system).select_related("profile").order_by("profile__title")
    )
    systems = _with_organization(system)
    derivations = _derivations(systems, moment)
    decisions, approved = _decisions(systems, moment)
    rows: list[Row] = []
    elsewhere: dict[int, Elsewhere] = {}
    apart: dict[int, list[str]] = {}
    for responsibility in _in_scope(systems, profiles, moment):
        pk = responsibility.pk
        if responsibility.part_id is not None:
            told = apart.setdefault(responsibility.control_id, [])
            told.append(responsibility.statement)  # type: ignore[attr-defined]
            continue
        derivation, decision = derivations.get(pk), decisions.get(pk)
        if responsibility.system_id != system.pk:
            found = _elsewhere(systems[-1], derivation, decision)
            elsewhere[responsibility.control_id] = found
            continue
        theirs = derivation is not None and derivation.organization_only
        rows.append(
            Row(
                responsibility=responsibility,
                control=responsibility.control,
                derivation=derivation,
                decision=decision,
                approved=approved.get(pk),
                elsewhere=elsewhere.get(responsibility.control_id) if theirs else None,
                apart=tuple(apart.get(responsibility.control_id, ())),
            )
        )
    derived = [row.derivation for row in rows if row.derivation]
    return Matrix(
        system=system,
        moment=moment,
        columns=_columns(system, moment),
        rows=tuple(rows),
        profiles=tuple(scope.profile.title for scope in profiles),
        releases=tuple(sorted({derivation.release.version for derivation in derived})),
        kinds=Counter(row.kind for row in rows),
        answers=Counter(derivation.answer for derivation in derived),
        states=Counter(row.state for row in rows),
    )


def _with_organization(system: System) -> list[System]:
    """Return the system, and behind it the one that decides some controls for all."""
    if system.kind == SystemKind.ORGANIZATION:
        return [system]
    return [system, *System.objects.organization()]


def _in_scope(
    systems: list[System], profiles: Iterable[SystemProfile], moment: Moment
) -> list[Responsibility]:
    """Return the first system's responsibilities in scope in the catalog's order, behind
    all of the organisation's; before those, its statements that stand apart.
    """
    controls = Control.objects.filter(profiles__in=[p.profile_id for p in profiles])
    own = Q(system=systems[0])
    standing = Responsibility.objects.standing(on=moment.on, as_of=moment.as_of)
    rows = standing.filter(
        ~own | Q(control__in=controls),
        own | Q(part__isnull=True),
        system__in=systems,
    ).select_related("control")
    ordered = (
        rows.annotate(
            text_shippable=F("control__catalog__text_shippable"),
            statement=F("part__part_id"),
        )
        .order_by("control__catalog", "control__order", "part__order")
        .defer("created_at", "control__params")
    )
    return sorted(
        ordered,
        key=lambda row: (row.part_id is None, row.system_id == systems[0].pk),
    )


def _derivations(systems: list[System], moment: Moment) -> dict[int, Derivation]:
    """Return responsibility → the derivation believed, without its explanation, which is
    asked for singly (`believed`).
    """
    known = Derivation.objects.filter(responsibility__system__in=systems)
    rows = known.believed(on=moment.on, as_of=moment.as_of).select_related("release")
    light = rows.defer(*UNTOLD, *(f"release__{name}" for name in RELEASE))
    return {row.responsibility_id: row for row in light}


def _decisions(
    systems: list[System], moment: Moment
) -> tuple[dict[int, Decision], dict[int, Decision]]:
    """Return responsibility → its newest revision, and → its newest approved one."""
    known = Decision.objects.filter(responsibility__system__in=systems)
    on, as_of = moment.on, moment.as_of
    newest = known.believed(on=on, as_of=as_of)
    newest |= known.approved().believed(on=on, as_of=as_of)
    rows = newest.select_related("owner_team", "derivation", "by").order_by("pk")
    latest: dict[int, Decision] = {}
    approved: dict[int, Decision] = {}
    for row in rows.defer(*(f"derivation__{name}" for name in ("cells", *UNTOLD))):
        latest[row.responsibility_id] = row
        if row.state == WorkflowState.APPROVED:
            approved[row.responsibility_id] = row
    return latest, approved


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
    organization: System, derivation: Derivation | None, decision: Decision | None
) -> Elsewhere:
    """Return how the organisation's own system decides a control."""
    derived = derivation.kind if derivation else ""
    return Elsewhere(
        system_key=organization.key,
        system_name=organization.name,
        state=decision.state if decision else WorkflowState.PROPOSED,
        kind=decision.kind if decision else derived,
    )
