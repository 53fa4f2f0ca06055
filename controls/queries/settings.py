"""What a system's derivation looks at on each date: services, overrides and scope."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q

from controls.models import (
    Control,
    LayerOverride,
    System,
    SystemProfile,
    SystemService,
)
from controls.queries.facts import Touching
from controls.rules.derivation import Deriver, Facts, Outcome, Override, Setting


@dataclass(frozen=True, slots=True)
class Dated:
    """A service, profile or override with its dates."""

    item: Any
    since: date
    until: date | None

    def holds(self, on: date) -> bool:
        """Say whether the row is in force on a date."""
        return self.since <= on and (self.until is None or on < self.until)


class Plan:
    """The dates on which something about the system changes, and its setting on each.

    As recorded by now. Four queries.
    """

    def __init__(self, system: System, start: date) -> None:
        self._system = system
        self._start = start
        overrides = LayerOverride.objects.filter(Q(system=system) | Q(system__isnull=True))
        self._services = _dated(
            SystemService.objects.filter(system=system)
            .select_related("variant")
            .order_by("pk")
        )
        self._overrides = _dated(
            overrides.select_related("variant", "layer").order_by("pk")
        )
        self._scopes = _dated(SystemProfile.objects.filter(system=system).order_by("pk"))
        self._members: dict[int, set[int]] = defaultdict(set)
        through = Control.objects.in_force().filter(
            profiles__in=[dated.item.profile_id for dated in self._scopes]
        )
        for profile, control in through.values_list("profiles__pk", "pk"):
            self._members[profile].add(control)

    @cached_property
    def touching(self) -> Touching:
        """Return the layers of every control that is ever in scope."""
        return Touching(self.ever_in_scope)

    @property
    def ever_in_scope(self) -> set[int]:
        """Return every control that is in scope on any date."""
        return set().union(*self._members.values())

    def dates(self) -> list[date]:
        """Return the first date and each later one on which something starts or ends."""
        dated = itertools.chain(self._services, self._overrides, self._scopes)
        edges = {edge for item in dated for edge in (item.since, item.until) if edge}
        return sorted({self._start} | {edge for edge in edges if edge > self._start})

    def setting(self, on: date) -> Setting:
        """Return what the derivation looks at on a date."""
        variants = dict.fromkeys(d.item.variant.key for d in self._services if d.holds(on))
        return Setting(
            variants=tuple(variants),
            has_custom_code=self._system.has_custom_code,
            kind=self._system.kind,
            overrides=tuple(_override(d.item) for d in self._overrides if d.holds(on)),
        )

    def controls(self, on: date) -> set[int]:
        """Return the controls in scope on a date."""
        return set().union(
            *(self._members[d.item.profile_id] for d in self._scopes if d.holds(on))
        )

    def timelines(self, facts: Facts) -> dict[int, list[tuple[date, Outcome]]]:
        """Return control → what is derived for it from each date on; equal neighbours are
        one. One more query; three more where layers come through the crosswalk.
        """
        layers = self.touching.layers
        timelines: dict[int, list[tuple[date, Outcome]]] = defaultdict(list)
        for on in self.dates():
            deriver = Deriver(facts, self.setting(on))
            for control in self.controls(on):
                touched = layers.get(control, ())
                if not deriver.in_scope(touched):
                    continue
                outcome = deriver.derive(touched)
                line = timelines[control]
                if not line or (line[-1][1], line[-1][1].rows) != (outcome, outcome.rows):
                    line.append((on, outcome))
        return timelines


def _dated(rows: Iterable[Any]) -> list[Dated]:
    """Return the rows with the date each really ends on:

    the one said later, else the planned one.
    """
    return [
        Dated(row, row.since, min(filter(None, (row.until, row.ended_on)), default=None))
        for row in rows
    ]


def _override(row: LayerOverride) -> Override:
    return Override(
        layer=row.layer.code,
        value=row.value,
        reason=row.reason,
        uuid=str(row.uuid),
        variant=row.variant.key if row.variant else "",
        system=str(row.system_id or ""),
    )
