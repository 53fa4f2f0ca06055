"""A derivation as a person reads it:

sentences, the stack of layers, what changed since a decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controls.choices import LayerValue
from controls.models import Decision, Derivation, Layer, Provider, ServiceVariant, Source
from controls.rules.explanation import Names, sentences, through

THEIRS = {
    LayerValue.PROVIDER: "does it",
    LayerValue.PROVIDER_IF_CONFIGURED: "does it, once set up",
    LayerValue.SHARED: "a part",
    LayerValue.PARALLEL: "for its own",
}
OURS = {
    LayerValue.PROVIDER_IF_CONFIGURED: "set it up",
    LayerValue.SHARED: "a part",
    LayerValue.PARALLEL: "for your own",
    LayerValue.CUSTOMER: "do it",
}
CONFIDENCE = {"H": "high", "M": "medium", "L": "low"}


@dataclass(frozen=True, slots=True)
class Stratum:
    """One row of the layer stack:

    a layer on some services, what each side does, and why.
    """

    layer: str
    where: str
    services: tuple[str, ...]
    provider: str
    customer: str
    light: bool
    note: str
    sources: str
    confidence: str
    overridden: bool
    through: str = ""
    """The controls of another catalog that the layer was read from, with grades."""


@dataclass(frozen=True, slots=True)
class Told:
    """A derivation, told."""

    sentences: tuple[str, ...]
    strata: tuple[Stratum, ...]


def tell(derivation: Derivation, provider: Provider) -> Told:
    """Return a derivation as sentences and layers. Three queries."""
    rows: Sequence[Mapping[str, Any]] = derivation.explanation
    keys = {key for row in rows for key in row.get("variants", ())}
    names = Names(
        provider=provider.name,
        layers=dict(Layer.objects.values_list("code", "name")),
        variants=dict(
            ServiceVariant.objects.filter(key__in=keys).values_list("key", "name")
        ),
    )
    cited = {key for row in rows for key in row.get("sources", "").split()}
    titles = dict(Source.objects.filter(key__in=cited).values_list("key", "title"))
    return Told(
        sentences=tuple(sentences(derivation.answer, rows, names=names)),
        strata=tuple(_stratum(row, names, titles) for row in rows),
    )


def _stratum(row: Mapping[str, Any], names: Names, titles: Mapping[str, str]) -> Stratum:
    value = row["value"]
    return Stratum(
        layer=names.layers.get(row["layer"], row["layer"]),
        where=", ".join(names.variant(key) for key in row.get("variants", ())),
        services=tuple(names.variants.get(key, key) for key in row.get("variants", ())),
        provider=THEIRS.get(value, ""),
        customer=OURS.get(value, ""),
        light=value == LayerValue.PROVIDER_IF_CONFIGURED,
        note=row.get("note", ""),
        sources="; ".join(titles.get(key, key) for key in row.get("sources", "").split()),
        confidence=CONFIDENCE.get(row.get("confidence", ""), ""),
        overridden=row["basis"] == "override",
        through=through(row.get("through", ())),
    )


def differences(decision: Decision | None, derivation: Derivation | None) -> list[str]:
    """Return what is different now from what a decision was made on; nothing where it still
    holds.
    """
    if decision is None or derivation is None:
        return []
    then = decision.derivation
    if then.fingerprint == derivation.fingerprint:
        return []
    layers = dict(Layer.objects.values_list("code", "name"))
    return [*contrast(then, derivation, layers=layers), f"Cause: {derivation.cause}."]


def contrast(
    then: Derivation, derivation: Derivation, *, layers: Mapping[str, str]
) -> list[str]:
    """Return in which answer and whose layers two derivations differ. `layers` names
    them.
    """
    told = []
    if then.kind != derivation.kind:
        told.append(
            f"The answer was {then.get_kind_display().lower()}, "
            f"now it is {derivation.get_kind_display().lower()}."
        )
    for code in {**then.parties, **derivation.parties}:
        before, after = then.parties.get(code, []), derivation.parties.get(code, [])
        if set(before) != set(after):
            name = layers.get(code, code).split(":")[0]
            told.append(f"{name}: {_sides(before)} then, {_sides(after)} now.")
    return told


def _sides(parties: Sequence[str]) -> str:
    return (
        " and ".join({"provider": "the provider", "customer": "us"}[p] for p in parties)
        or "nobody"
    )
