"""Who carries a control: derived from the layers it touches and the services in use.

Source of the method: the AWS Shared Responsibility Model, read layer by layer. A control
touches layers; a service variant says who carries each; a person may override either. The
result
says why. Pure: no clock, no database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controls.choices import Answer, Kind, LayerScope, LayerValue, Party, SystemKind
from controls.rules.hashing import canonical

UNKNOWN = "unknown"
"""Stands for a value in a row where no fact says who carries the layer."""

PARTIES: Mapping[str, frozenset[str]] = {
    LayerValue.PROVIDER: frozenset({Party.PROVIDER}),
    LayerValue.PROVIDER_IF_CONFIGURED: frozenset({Party.PROVIDER, Party.CUSTOMER}),
    LayerValue.SHARED: frozenset({Party.PROVIDER, Party.CUSTOMER}),
    LayerValue.PARALLEL: frozenset({Party.PROVIDER, Party.CUSTOMER}),
    LayerValue.CUSTOMER: frozenset({Party.CUSTOMER}),
    LayerValue.NOT_APPLICABLE: frozenset(),
    UNKNOWN: frozenset(),
}

KIND_OF_ANSWER: Mapping[str, str] = {
    Answer.INHERITED: Kind.INHERITED,
    Answer.INHERITED_IF_CONFIGURED: Kind.SHARED,
    Answer.SHARED: Kind.SHARED,
    Answer.PARALLEL: Kind.SHARED,
    Answer.CUSTOMER_SPECIFIC: Kind.CUSTOMER_SPECIFIC,
    Answer.UNDETERMINED: Kind.UNDETERMINED,
    Answer.NOT_APPLICABLE: Kind.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Who carries a layer, and what says so:

    a variant's exception, its model's default, the layer's, a person.
    """

    value: str
    basis: str
    note: str = ""
    sources: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word on a layer. `variant` and `system` empty: for all of them."""

    layer: str
    value: str
    reason: str
    uuid: str
    variant: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one knowledge release says: the scope of each layer and who carries it.

    `services` holds a fact for each (variant, layer of scope `service`), `layers` one for
    each other layer.
    """

    scopes: Mapping[str, str]
    services: Mapping[tuple[str, str], Fact]
    layers: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Setting:
    """The part of a system that the derivation looks at."""

    variants: tuple[str, ...]
    has_custom_code: bool = True
    kind: str = SystemKind.WORKLOAD
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One reason:

    this layer, on these variants (none: the whole system), is carried so, because.
    """

    layer: str
    scope: str
    value: str
    basis: str
    variants: tuple[str, ...] = ()
    note: str = ""
    sources: str = ""
    confidence: str = ""
    override: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the row as stored: empty fields left out."""
        row: dict[str, Any] = {
            name: getattr(self, name) for name in self.__slots__ if getattr(self, name)
        }
        if self.variants:
            row["variants"] = list(self.variants)
        return row


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was derived for one list of layers."""

    kind: str
    answer: str
    parties: Mapping[str, tuple[str, ...]]
    cells: Mapping[str, str]
    whole: str
    rows: tuple[Row, ...] = field(compare=False)

    @property
    def fingerprint(self) -> str:
        """Return a hash of the kind and the parties of every layer:

        equal where no decision is in doubt.
        """
        sides = {layer: list(parties) for layer, parties in self.parties.items() if parties}
        return hashlib.sha256(canonical({"kind": self.kind, "parties": sides})).hexdigest()

    @property
    def organization_only(self) -> bool:
        """Say whether every layer belongs to the organisation, which decides it once for
        all systems.
        """
        return bool(self.rows) and all(
            row.scope == LayerScope.ORGANIZATION for row in self.rows
        )

    @property
    def customer_light(self) -> bool:
        """Say whether the customer appears only where the provider does it once it is set
        up.
        """
        return self.answer == Answer.INHERITED_IF_CONFIGURED


def answer_of(values: Iterable[str]) -> str:
    """Return the answer that a set of layer values gives together.

    Undetermined as soon as one is unknown; else by the union of the parties.
    """
    met = set(values) - {LayerValue.NOT_APPLICABLE}
    if UNKNOWN in met:
        return Answer.UNDETERMINED
    if not met:
        return Answer.NOT_APPLICABLE
    if met == {LayerValue.PROVIDER}:
        return Answer.INHERITED
    if met == {LayerValue.CUSTOMER}:
        return Answer.CUSTOMER_SPECIFIC
    if met == {LayerValue.PARALLEL}:
        return Answer.PARALLEL
    if met <= {LayerValue.PROVIDER, LayerValue.PROVIDER_IF_CONFIGURED}:
        return Answer.INHERITED_IF_CONFIGURED
    return Answer.SHARED


class Deriver:
    """Derives controls of one system setting; controls that touch the same layers share the
    work.
    """

    def __init__(self, facts: Facts, setting: Setting) -> None:
        self._facts = facts
        self.setting = setting
        self._overrides = {
            (o.layer, o.variant): o for o in _by_precedence(setting.overrides)
        }
        self._layers: dict[str, tuple[Row, ...]] = {}
        self._outcomes: dict[tuple[str, ...], Outcome] = {}

    def derive(self, layers: Sequence[str]) -> Outcome:
        """Return who carries a control that touches these layers, in order, and why."""
        wanted = tuple(layers)
        outcome = self._outcomes.get(wanted)
        if outcome is None:
            outcome = self._outcomes[wanted] = self._derive(wanted)
        return outcome

    def in_scope(self, layers: Sequence[str]) -> bool:
        """Say whether the system answers for such a control at all.

        The organisation answers for controls that touch a layer of its own; a workload for
        all.
        """
        return self.setting.kind == SystemKind.WORKLOAD or any(
            self._facts.scopes[layer] == LayerScope.ORGANIZATION for layer in layers
        )

    def _derive(self, layers: tuple[str, ...]) -> Outcome:
        if self.setting.kind == SystemKind.ORGANIZATION:
            layers = tuple(
                la for la in layers if self._facts.scopes[la] == LayerScope.ORGANIZATION
            )
        rows = [row for layer in layers for row in self._rows(layer)]
        answer = answer_of(row.value for row in rows) if rows else Answer.UNDETERMINED
        parties: dict[str, set[str]] = {layer: set() for layer in layers}
        cells: dict[str, set[str]] = {}
        whole = set()
        for row in rows:
            parties[row.layer] |= PARTIES[row.value]
            for variant in row.variants:
                cells.setdefault(variant, set()).add(row.value)
            if row.scope != LayerScope.SERVICE:
                whole.add(row.value)
        return Outcome(
            kind=KIND_OF_ANSWER[answer],
            answer=answer,
            parties={layer: tuple(sorted(sides)) for layer, sides in parties.items()},
            cells={v: answer_of(cells[v]) for v in self.setting.variants if v in cells},
            whole=answer_of(whole) if whole else "",
            rows=tuple(rows),
        )

    def _rows(self, layer: str) -> tuple[Row, ...]:
        rows = self._layers.get(layer)
        if rows is None:
            scope = self._facts.scopes[layer]
            rows = (
                self._service_rows(layer)
                if scope == LayerScope.SERVICE
                else (self._whole_row(layer, scope),)
            )
            self._layers[layer] = rows
        return rows

    def _whole_row(self, layer: str, scope: str) -> Row:
        if layer == "app" and not self.setting.has_custom_code:
            return Row(layer, scope, LayerValue.NOT_APPLICABLE, "no-own-code")
        return _row(layer, scope, self._decided(layer, "") or self._facts.layers.get(layer))

    def _service_rows(self, layer: str) -> tuple[Row, ...]:
        """Return one row for each different reason, with the variants it holds for."""
        if not self.setting.variants:
            return (Row(layer, LayerScope.SERVICE, UNKNOWN, "no-service"),)
        grouped: dict[Row, list[str]] = {}
        for variant in self.setting.variants:
            fact = self._decided(layer, variant) or self._facts.services.get(
                (variant, layer)
            )
            grouped.setdefault(_row(layer, LayerScope.SERVICE, fact), []).append(variant)
        return tuple(
            Row(
                row.layer,
                row.scope,
                row.value,
                row.basis,
                tuple(variants),
                row.note,
                row.sources,
                row.confidence,
                row.override,
            )
            for row, variants in grouped.items()
        )

    def _decided(self, layer: str, variant: str) -> Override | None:
        return self._overrides.get((layer, variant)) or self._overrides.get((layer, ""))


def _by_precedence(overrides: Iterable[Override]) -> list[Override]:
    """Return the overrides so that the one for this system stands after the organisation's,
    and wins.
    """
    return sorted(overrides, key=lambda override: (bool(override.system), override.uuid))


def _row(layer: str, scope: str, found: Fact | Override | None) -> Row:
    if found is None:
        return Row(layer, scope, UNKNOWN, "no-fact")
    if isinstance(found, Override):
        return Row(
            layer, scope, found.value, "override", note=found.reason, override=found.uuid
        )
    return Row(
        layer,
        scope,
        found.value,
        found.basis,
        note=found.note,
        sources=found.sources,
        confidence=found.confidence,
    )


def derive(layers: Sequence[str], *, setting: Setting, facts: Facts) -> Outcome:
    """Return who carries a control that touches `layers` in a system like `setting`, and
    why.
    """
    return Deriver(facts, setting).derive(layers)
