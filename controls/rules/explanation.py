"""Sentences that say why: who does what, on which services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controls.choices import Answer, LayerValue

WORDS: Mapping[str, str] = {
    Answer.INHERITED: "Inherited",
    Answer.INHERITED_IF_CONFIGURED: "Inherited once set up",
    Answer.SHARED: "Shared",
    Answer.PARALLEL: "Shared, each side for its own",
    Answer.CUSTOMER_SPECIFIC: "Customer-specific",
    Answer.UNDETERMINED: "Undetermined",
    Answer.NOT_APPLICABLE: "Not applicable",
}

LEADS: Mapping[str, str] = {
    LayerValue.PROVIDER: "{provider}: ",
    LayerValue.PROVIDER_IF_CONFIGURED: "{provider}, once you set it up: ",
    LayerValue.SHARED: "{provider} and you: ",
    LayerValue.PARALLEL: "{provider} and you, each for your own: ",
    LayerValue.CUSTOMER: "You: ",
    LayerValue.NOT_APPLICABLE: "Nobody: ",
    "unknown": "Not known: ",
}

WHY: Mapping[str, str] = {
    "no-own-code": "the system has no code of its own",
    "no-service": "no service is recorded",
    "no-fact": "no fact about this service",
}


@dataclass(frozen=True, slots=True)
class Names:
    """How things are called in a sentence."""

    provider: str
    layers: Mapping[str, str]
    variants: Mapping[str, str] = field(default_factory=dict)

    def layer(self, code: str) -> str:
        """Return the layer's name as it reads within a sentence, without its examples."""
        name = self.layers.get(code, code).split(":")[0]
        keep = name[:2].isupper() or not name
        return name if keep else name[0].lower() + name[1:]

    def variant(self, key: str) -> str:
        """Return the variant's short name."""
        return self.variants.get(key, key)


def sentences(answer: str, rows: Iterable[Mapping[str, Any]], *, names: Names) -> list[str]:
    """Return the answer and one sentence for each way its layers are carried.

    `rows` are those of a derivation as stored (`controls.rules.derivation.Row.as_json`).
    """
    by_value: dict[str, list[str]] = {}
    for row in rows:
        by_value.setdefault(row["value"], []).append(_clause(row, names))
    told = [f"{WORDS[answer]}."]
    for value, lead in LEADS.items():
        if value in by_value:
            told.append(
                lead.format(provider=names.provider) + "; ".join(by_value[value]) + "."
            )
    return told


def _clause(row: Mapping[str, Any], names: Names) -> str:
    where = ", ".join(names.variant(key) for key in row.get("variants", ()))
    note = WHY.get(row["basis"], "") or row.get("note", "")
    if row["basis"] == "override":
        note = f"overridden: {note}"
    inside = ": ".join(text for text in (where, note) if text)
    layer = names.layer(row["layer"])
    return f"{layer} ({inside})" if inside else layer
