"""How the systems that a person sees stand: counts, asked in the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from controls.choices import WorkflowState
from controls.models import Derivation, Responsibility, System, SystemProfile, User


@dataclass(frozen=True, slots=True)
class Standing:
    """How one system stands."""

    system: System
    answers: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    suspect: int = 0
    unowned: int = 0

    @property
    def controls(self) -> int:
        """Return how many controls are in scope."""
        return sum(self.answers.values())


@dataclass(frozen=True, slots=True)
class Overview:
    """All systems that a person sees, and what they add up to."""

    systems: tuple[Standing, ...]

    @property
    def suspect(self) -> int:
        """Return how many decisions are in doubt."""
        return sum(standing.suspect for standing in self.systems)

    @property
    def unowned(self) -> int:
        """Return how many customer's parts nobody answers for."""
        return sum(standing.unowned for standing in self.systems)

    @property
    def in_review(self) -> int:
        """Return how many decisions wait for a second person."""
        return sum(s.states[WorkflowState.IN_REVIEW] for s in self.systems)

    @property
    def returned(self) -> int:
        """Return how many decisions came back."""
        return sum(s.states[WorkflowState.RETURNED] for s in self.systems)

    @property
    def approved(self) -> int:
        """Return how many decisions are approved."""
        return sum(s.states[WorkflowState.APPROVED] for s in self.systems)

    @property
    def controls(self) -> int:
        """Return how many controls are in scope, over all systems."""
        return sum(standing.controls for standing in self.systems)


def overview(*, user: User, on: date) -> Overview:
    """Return how each system stands that the person sees. Four queries, at any size."""
    systems = list(
        System.objects.visible_to(user)
        .select_related("owner_team", "provider")
        .order_by("kind", "name")
    )
    rows = Responsibility.objects.visible_to(user).filter(
        in_scope_on(on), part__isnull=True
    )
    answers = _answers(rows.values("pk"), on)
    standing: Any = rows.with_state().with_kind(on=on).with_suspicion(on=on)
    standing = standing.with_elsewhere(on=on)
    states: dict[int, Counter[str]] = {system.pk: Counter() for system in systems}
    suspects: Counter[int] = Counter()
    unowned: Counter[int] = Counter()
    told = (
        standing.order_by()
        .values("system", "state", "suspect")
        .annotate(
            count=Count("pk"),
            nobody=Count("pk", filter=Q(unowned=True)),
        )
    )
    for row in told:
        states[row["system"]][row["state"]] += row["count"]
        unowned[row["system"]] += row["nobody"]
        suspects[row["system"]] += row["count"] if row["suspect"] else 0
    return Overview(
        tuple(
            Standing(
                system=system,
                answers=answers.get(system.pk, Counter()),
                states=states[system.pk],
                suspect=suspects[system.pk],
                unowned=unowned[system.pk],
            )
            for system in systems
        )
    )


def in_scope_on(on: date) -> Q:
    """Return the condition that a profile in force on a date has the responsibility's
    control.
    """
    scopes = SystemProfile.objects.filter(
        system=OuterRef("system"), profile__controls=OuterRef("control"), since__lte=on
    ).exclude(ended_on__lte=on)
    return Q(Exists(scopes))


def _answers(responsibilities: QuerySet[Any, Any], on: date) -> dict[int, Counter[str]]:
    believed = Derivation.objects.filter(
        responsibility__in=responsibilities, effective_on__lte=on
    )
    newest = believed.values("responsibility").annotate(newest=Max("pk")).values("newest")
    counts: dict[int, Counter[str]] = {}
    rows = (
        Derivation.objects.filter(pk__in=newest)
        .order_by()
        .values("responsibility__system", "answer")
        .annotate(count=Count("pk"))
    )
    for row in rows:
        counts.setdefault(row["responsibility__system"], Counter())[row["answer"]] = row[
            "count"
        ]
    return counts
