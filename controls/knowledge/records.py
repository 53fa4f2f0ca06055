"""What a release of the shipped facts is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer with the value that each service model has for it."""

    code: str
    name: str
    scope: str
    defaults: Mapping[str, str]
    sources: str
    confidence: str


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A service variant."""

    key: str
    name: str
    iam_prefix: str
    model: str
    sources: str
    patch_evidence_api: str
    confidence: str


@dataclass(frozen=True, slots=True)
class LayerFact:
    """What holds for a layer on a variant.

    `basis`: `variant` for its own word, else `model`.
    """

    variant: str
    layer: str
    value: str
    basis: str
    note: str
    sources: str
    confidence: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A document that facts rest on."""

    key: str
    title: str
    publisher: str
    url: str
    year_seen: str


@dataclass(frozen=True, slots=True)
class Framework:
    """A published set of controls of which ids, at least, are shipped."""

    key: str
    version: str
    title: str
    publisher: str
    text_shippable: bool


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A control of NIST SP 800-53 rev 5 with the layers it touches, in order."""

    control_id: str
    label: str
    title: str
    family: str
    baselines: frozenset[str]
    layers: tuple[str, ...]
    evidence_kinds: tuple[str, ...]
    reason: str
    confidence: str


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """A pair: a control of NIST SP 800-53 rev 5 and a printed id of another framework."""

    control_id: str
    framework: str
    label: str
    grade: str


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a kind of work is due, and who says so.

    `source` is the id as printed (`PCI DSS 1.2.7`); `document` the key of its source row.
    `audience` says whom the row is about where that is not everybody. `controls` are the
    controls of NIST SP 800-53 rev 5 whose duties it is offered for: those that FedRAMP's
    parameter ids name (`cm-02_odp.01` is CM-2), and for the other sources our reading.
    """

    key: str
    title: str
    kind: str
    every: int
    unit: str
    is_default: bool
    triggers: str
    audience: str
    source: str
    document: str
    confidence: str
    layers: tuple[str, ...]
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """All facts of one version.

    `sha256` is of the manifest, which holds those of the files.
    """

    version: str
    published_on: date
    sha256: str
    lead_times_days: tuple[int, ...]
    layers: Mapping[str, LayerRow]
    variants: Mapping[str, VariantRow]
    variant_facts: Mapping[tuple[str, str], LayerFact]
    sources: Mapping[str, SourceRow]
    frameworks: Mapping[str, Framework]
    controls: Mapping[str, ControlRow]
    crosswalk: tuple[CrosswalkRow, ...]
    cadences: tuple[Cadence, ...]
    attribution: Mapping[str, str]

    def effective(self, variant: str, layer: str) -> LayerFact:
        """Return what holds for a layer on a variant: its own word, else its model's.

        Raises KeyError for a variant or a layer that the release does not know.
        """
        own = self.variant_facts.get((variant, layer))
        if own is not None:
            return own
        row, model = self.layers[layer], self.variants[variant].model
        return LayerFact(
            variant=variant,
            layer=layer,
            value=row.defaults[model],
            basis="model",
            note="",
            sources=row.sources,
            confidence=row.confidence,
        )
