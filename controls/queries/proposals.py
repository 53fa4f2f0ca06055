"""Decide once, see it everywhere: what decisions on one control say about the controls of
other catalogs that it maps to, in the same system.

A proposal, with its reason and how sure the mapping is. People decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controls.choices import WorkflowState
from controls.models import Decision, Responsibility, SystemProfile, User
from controls.queries import crosswalks
from controls.rules import proposals
from controls.rules.crosswalk import STRENGTH, weakest
from controls.rules.explanation import GRADES, VIA
from controls.rules.moments import Moment

LONGEST_WAY = 2
"""Mappings one after the other: A.5.15 and CC6.1 both map to AC-3."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A control of another catalog, how it is mapped, and what is decided on it."""

    responsibility: Responsibility
    path: tuple[str, ...]
    """The labels on the way there, its own the last."""
    grade: str
    decision: Decision | None

    @property
    def counts(self) -> bool:
        """Say whether a decision stands here, which says something about others."""
        return self.decision is not None and self.decision.state != WorkflowState.RETURNED

    @property
    def reason(self) -> str:
        """Return what is decided here and how it is mapped, as a sentence."""
        label = self.responsibility.control.label
        how = f"mapped ({GRADES[self.grade]})"
        if len(self.path) > 1:
            how += f" through {VIA.join(self.path[:-1])}"
        if self.decision is None:
            return f"{label} is not decided; {how}."
        owner = f" by {self.decision.owner_team}" if self.decision.owner_team else ""
        return f"{label} is decided {_kind(self.decision)}{owner}; {how}."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the decisions on mapped controls say together."""

    kind: str
    owner_team: str | None
    """The key of the team that answers for all of them; None where they differ."""
    grade: str
    reasons: tuple[str, ...]


def mapped(
    responsibility: Responsibility, *, user: User, moment: Moment
) -> tuple[Mapped, ...]:
    """Return the mapped controls of other catalogs in the same system's scope, the surest
    first, then in printed order, as far as the person may see them. Five queries, two for a
    control that maps to nothing.
    """
    control = responsibility.control
    start = crosswalks.node(control.catalog.key, control.control_id)
    graph = crosswalks.graph()
    if start not in graph.edges:
        return ()
    rows = {
        crosswalks.node(row.control.catalog.key, row.control.control_id): row
        for row in _beside(responsibility, user=user, moment=moment)
        if row.control.catalog.key != control.catalog.key
    }
    ways = graph.reached(start, rows.keys(), longest=LONGEST_WAY)
    decisions = _decisions([rows[node] for node in ways], moment)
    labels = crosswalks.labels_of({step for way in ways.values() for step in way.nodes})
    found = [
        Mapped(
            responsibility=rows[node],
            path=tuple(labels.get(step, step[1]) for step in way.nodes),
            grade=way.grade,
            decision=decisions.get(rows[node].pk),
        )
        for node, way in ways.items()
    ]
    return tuple(sorted(found, key=_rank))


def proposal(found: Iterable[Mapped]) -> Proposal | None:
    """Return what the decisions on mapped controls propose together, None without one.

    The union of the sides that carry them, and the weakest grade on the way.
    """
    decided = [item for item in found if item.counts]
    if not decided:
        return None
    owners = {
        item.decision.owner_team.key if item.decision.owner_team else None
        for item in decided
        if item.decision
    }
    return Proposal(
        kind=proposals.kind_of(item.decision.kind for item in decided if item.decision),
        owner_team=owners.pop() if len(owners) == 1 else None,
        grade=weakest(item.grade for item in decided),
        reasons=tuple(item.reason for item in decided),
    )


def _beside(
    responsibility: Responsibility, *, user: User, moment: Moment
) -> Iterable[Responsibility]:
    scopes = SystemProfile.objects.in_force(on=moment.on, as_of=moment.as_of).filter(
        system=responsibility.system_id
    )
    return (
        Responsibility.objects.visible_to(user)
        .filter(
            system=responsibility.system_id,
            part__isnull=True,
            created_at__lte=moment.as_of,
            control__profiles__in=scopes.values("profile"),
        )
        .exclude(pk=responsibility.pk)
        .select_related("control__catalog")
        .distinct()
        .order_by("control__catalog", "control__order")
    )


def _decisions(rows: Sequence[Responsibility], moment: Moment) -> dict[int, Decision]:
    known = Decision.objects.filter(responsibility__in=rows)
    found = known.believed(on=moment.on, as_of=moment.as_of).select_related("owner_team")
    return {row.responsibility_id: row for row in found}


def _rank(item: Mapped) -> tuple[int, int, int, int]:
    control = item.responsibility.control
    return -STRENGTH[item.grade], len(item.path), control.catalog_id, control.order


def _kind(decision: Decision) -> str:
    return str(decision.get_kind_display()).lower()
