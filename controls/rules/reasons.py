"""Why a control is carried otherwise: the layers whose values differ, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controls.choices import Party
from controls.rules.derivation import PARTIES, UNKNOWN
from controls.rules.explanation import LEADS, WHY, Names

TOGETHER: Mapping[frozenset[str], str] = {
    frozenset(): "nobody",
    frozenset({Party.PROVIDER}): "{provider} alone",
    frozenset({Party.CUSTOMER}): "you alone",
    frozenset({Party.PROVIDER, Party.CUSTOMER}): "{provider} and you",
}


@dataclass(frozen=True, slots=True)
class Words:
    """How the two ends are called in a sentence: `today … then …`."""

    before: str
    after: str
    gone: str
    new: str


@dataclass(frozen=True, slots=True)
class Carried:
    """Who carries a layer on some services; on none: in the whole system."""

    value: str
    services: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A layer that is carried otherwise: what is only before, and what is only after."""

    layer: str
    name: str
    before: tuple[Carried, ...]
    after: tuple[Carried, ...]
    text: str


Layer = dict[str, tuple[str, str]]
"""Service, or nothing for the whole system → value and note."""


def reasons(
    before: Iterable[Mapping[str, Any]],
    after: Iterable[Mapping[str, Any]],
    *,
    names: Names,
    words: Words,
) -> tuple[Reason, ...]:
    """Return the layers whose values differ, with the services that make the difference."""
    olds, news = _by_layer(before), _by_layer(after)
    return tuple(
        _reason(layer, olds.get(layer, {}), news.get(layer, {}), names=names, words=words)
        for layer in {**olds, **news}
        if _values(olds.get(layer, {})) != _values(news.get(layer, {}))
    )


def who(value: str, *, provider: str) -> str:
    """Return who carries a layer, as it reads within a sentence: `you`, `AWS`."""
    lead = LEADS[value].format(provider=provider).removesuffix(": ")
    return lead if lead.startswith(provider) else lead[0].lower() + lead[1:]


def _by_layer(rows: Iterable[Mapping[str, Any]]) -> dict[str, Layer]:
    found: dict[str, Layer] = {}
    for row in rows:
        note = WHY.get(row["basis"], "") or row.get("note", "")
        if row["basis"] == "override":
            note = f"overridden: {note}"
        for service in row.get("variants") or ("",):
            found.setdefault(row["layer"], {})[service] = (row["value"], note)
    return found


def _values(layer: Layer) -> set[str]:
    return {value for value, _ in layer.values()}


def _reason(layer: str, old: Layer, new: Layer, *, names: Names, words: Words) -> Reason:
    changed = [key for key in old if key in new and old[key][0] != new[key][0]]
    gone = _grouped(old, [key for key in old if key not in new])
    came = _grouped(new, [key for key in new if key not in old])
    name = names.layer(layer)
    together = _together(_values(old), _values(new), names, words)
    parts = [f"{name[:1].upper()}{name[1:]}: {together}"]
    if changed:
        parts.append("; ".join(_turned(old[k], new[k], k, names) for k in changed))
    parts += [
        f"{word}: {'; '.join(_told(item, names) for item in items)}"
        for word, items in ((words.gone, gone), (words.new, came))
        if items
    ]
    return Reason(
        layer=layer,
        name=name,
        before=(*gone, *_grouped(old, changed)),
        after=(*came, *_grouped(new, changed)),
        text=". ".join(parts) + ".",
    )


def _grouped(layer: Layer, services: Sequence[str]) -> tuple[Carried, ...]:
    groups: dict[tuple[str, str], list[str]] = {}
    for service in services:
        groups.setdefault(layer[service], []).append(service)
    return tuple(
        Carried(value, tuple(filter(None, keys)), note)
        for (value, note), keys in groups.items()
    )


def _together(old: set[str], new: set[str], names: Names, words: Words) -> str:
    """Return who carries the layer at each end, over all services."""
    olds, news = _parties(old, names), _parties(new, names)
    if olds == news:
        return f"{words.before} and {words.after} {olds}"
    return f"{words.before} {olds}, {words.after} {news}"


def _parties(values: set[str], names: Names) -> str:
    if UNKNOWN in values:
        return "not known"
    sides = frozenset[str]().union(*(PARTIES[value] for value in values))
    return TOGETHER[sides].format(provider=names.provider)


def _turned(old: tuple[str, str], new: tuple[str, str], service: str, names: Names) -> str:
    """Return how one service's value turns into another."""
    where = names.variant(service) if service else "In the whole system"
    told = " \N{RIGHTWARDS ARROW} ".join(
        who(value, provider=names.provider) for value, _ in (old, new)
    )
    return f"{where}: {told}" + (f" ({new[1]})" if new[1] else "")


def _told(item: Carried, names: Names) -> str:
    where = ", ".join(names.variant(key) for key in item.services)
    told = who(item.value, provider=names.provider)
    if where:
        told = f"{told}, on {where}" if "," in told else f"{told} on {where}"
    return f"{told} ({item.note})" if item.note else told
