"""What the facts and the organisation say about the duties that decisions leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import F, Q

from controls.choices import SystemKind
from controls.models import (
    Cadence,
    KnowledgeRelease,
    Layer,
    Responsibility,
    ReviewSchedule,
    ServiceVariant,
)
from controls.rules.explanation import Names


@dataclass(frozen=True, slots=True)
class Offer:
    """A shipped cadence, and the controls and layers whose duties it is offered for."""

    key: str
    title: str
    kind: str
    every: int
    unit: str
    source: str
    controls: frozenset[str]
    layers: frozenset[str]


class Ground:
    """What following decisions needs to know besides them.

    Each part is asked for when it is first needed, and once, however many decisions are
    followed with it: five queries at most. It is good for one service call.
    """

    @cached_property
    def layers(self) -> dict[str, str]:
        """Code → name of each layer."""
        return dict(Layer.objects.values_list("code", "name"))

    @cached_property
    def variants(self) -> dict[str, str]:
        """Key → name of each service variant."""
        return dict(ServiceVariant.objects.values_list("key", "name"))

    def names(self, services: Iterable[str]) -> Names:
        """Return what layers and these services are called."""
        known = {key: self.variants[key] for key in services}
        return Names(provider="", layers=self.layers, variants=known)

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        """The default cadences of the release loaded last. Two queries."""
        newest = KnowledgeRelease.objects.order_by("-loaded_at", "-pk").values("pk")[:1]
        rows = Cadence.objects.filter(release=newest, is_default=True)
        return tuple(
            Offer(
                key=row.key,
                title=row.title,
                kind=row.kind,
                every=row.every,
                unit=row.unit,
                source=row.source,
                controls=frozenset(row.control_ids),
                layers=frozenset(layer.code for layer in row.layers.all()),
            )
            for row in rows.prefetch_related("layers").order_by("pk")
        )

    @cached_property
    def decided_once(self) -> frozenset[int]:
        """Ids of the controls that the organisation decides once, for all systems."""
        rows = Responsibility.objects.filter(system__kind=SystemKind.ORGANIZATION)
        return frozenset(rows.values_list("control_id", flat=True))


def declined(responsibilities: Sequence[int]) -> dict[tuple[int, str], set[str]]:
    """Return responsibility and task → the cadences whose schedules people ended, not the
    end of a duty. One query.
    """
    by_people = Q(duty__ended_at__isnull=True) | Q(ended_at__lt=F("duty__ended_at"))
    rows = ReviewSchedule.objects.filter(
        by_people, ended_at__isnull=False, duty__responsibility__in=responsibilities
    ).exclude(cadence_key="")
    found: dict[tuple[int, str], set[str]] = {}
    for responsibility, task, key in rows.values_list(
        "duty__responsibility", "duty__task", "cadence_key"
    ):
        found.setdefault((responsibility, task), set()).add(key)
    return found
