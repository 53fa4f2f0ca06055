"""Sentences that say why: who does what, on which services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controls.choices import Answer, LayerValue, MappingGrade
from controls.rules.crosswalk import grade_of

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

EXAMPLES = re.compile(r"[:;(]")
"""Where a layer's name goes on with its examples."""

WHY: Mapping[str, str] = {
    "no-own-code": "the system has no code of its own",
    "no-service": "no service is recorded",
    "no-fact": "no fact about this service",
}


GRADES: Mapping[str, str] = {
    MappingGrade.PUBLISHED: "published",
    MappingGrade.WEAK: "weak",
    MappingGrade.EDITORIAL: "editorial",
}
"""How sure a mapping is, the surest first."""

VIA = " \N{RIGHTWARDS ARROW} "
MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class Names:
    """How things are called in a sentence."""

    provider: str
    layers: Mapping[str, str]
    variants: Mapping[str, str] = field(default_factory=dict)

    def layer(self, code: str) -> str:
        """Return the layer's name as it reads within a sentence, without its examples."""
        name = EXAMPLES.split(self.layers.get(code, code), maxsplit=1)[0].strip()
        keep = name[:2].isupper() or not name
        return name if keep else name[0].lower() + name[1:]

    def variant(self, key: str) -> str:
        """Return the variant's name as it reads in a list: without what follows a comma.

        Where two variants would read alike, the whole name stays, without its commas.
        """
        name = self.variants.get(key, key)
        short = name.partition(",")[0]
        alike = sum(other.partition(",")[0] == short for other in self.variants.values())
        return short if alike <= 1 else name.replace(",", "")


def sentences(answer: str, rows: Iterable[Mapping[str, Any]], *, names: Names) -> list[str]:
    """Return the answer and one sentence for each way its layers are carried.

    `rows` are those of a derivation as stored (`controls.rules.derivation.Row.as_json`).
    """
    rows = list(rows)
    by_value: dict[str, dict[tuple[str, str], list[str]]] = {}
    for row in rows:
        clauses = by_value.setdefault(row["value"], {})
        # Reasons that differ only in their source are one clause.
        clauses.setdefault((row["layer"], _note(row)), []).extend(row.get("variants", ()))
    told = [f"{WORDS[answer]}."]
    if len(by_value) > 1:
        # That a layer does not exist somewhere is in the table; here it would only be
        # noise.
        by_value.pop(LayerValue.NOT_APPLICABLE, None)
    for value, lead in LEADS.items():
        if value in by_value:
            clauses_told = [
                _clause(layer, note, variants, names)
                for (layer, note), variants in by_value[value].items()
            ]
            told.append(
                lead.format(provider=names.provider) + "; ".join(clauses_told) + "."
            )
    return [*told, *_tagged(rows), *_crosswalked(rows)]


def _tagged(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the sentence that says that the organisation itself named the layers."""
    reasons = dict.fromkeys(row["tagged"] for row in rows if "tagged" in row)
    return [f"Its layers are your organisation's own word: {reason}" for reason in reasons]


def _crosswalked(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the sentence that says through which controls the layers were read, the surest
    first, and how sure that is.
    """
    listed = list(rows)
    ways = through(way for row in listed for way in row.get("through", ()))
    if not ways:
        return []
    return [f"Read through the crosswalk from {ways}. Grade: {GRADES[grade_of(listed)]}."]


def through(ways: Iterable[Mapping[str, Any]]) -> str:
    """Return the controls through which layers were read, with grades, the surest first."""
    by_grade: dict[str, dict[str, None]] = {}
    for way in ways:
        by_grade.setdefault(way["grade"], {})[VIA.join(way["labels"])] = None
    return "; ".join(
        f"{_few(list(by_grade[grade]))} ({word})"
        for grade, word in GRADES.items()
        if grade in by_grade
    )


def _few(labels: Sequence[str]) -> str:
    """Return the first labels, and how many more there are."""
    rest = len(labels) - MOST_LABELS
    listed = ", ".join(labels[:MOST_LABELS])
    return f"{listed} and {rest} more" if rest > 0 else listed


def _note(row: Mapping[str, Any]) -> str:
    note: str = WHY.get(row["basis"], "") or row.get("note", "")
    return f"overridden: {note}" if row["basis"] == "override" else note


def _clause(layer: str, note: str, variants: Iterable[str], names: Names) -> str:
    where = ", ".join(names.variant(key) for key in variants)
    inside = ": ".join(text for text in (where, note) if text)
    name = names.layer(layer)
    return f"{name} ({inside})" if inside else name
