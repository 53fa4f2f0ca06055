"""What differs between two ways in which a system may stand, and why.

The same shape serves three questions: what if services came and went, how two systems
differ, and how one system differs from itself at another date. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from controls.choices import Party
from controls.rules.derivation import PARTIES, UNKNOWN
from controls.rules.duties import Wanted
from controls.rules.explanation import LEADS, WHY, Names

APPEARS = "appears"
VANISHES = "vanishes"
CHANGES = "changes"
"""A duty asks for other layers."""
MOVES = "moves"
"""A duty asks for the same layers, on other services."""
COURSES = (VANISHES, APPEARS, CHANGES, MOVES)
"""What may become of a duty or a schedule, in the order in which it is told."""

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

    def course(self, course: str) -> str:
        """Return what a course is called between these ends."""
        named = {VANISHES: self.gone, APPEARS: self.new}
        return named.get(course, course.capitalize())


@dataclass(frozen=True, slots=True)
class Subject:
    """The control that a difference is about."""

    control_id: str
    label: str
    title: str
    group: str
    catalog: str


@dataclass(frozen=True, slots=True)
class Side:
    """How a control stands at one end: derived, and what people made of it.

    `due` is the kind whose duties follow: the derived one, or the decided one where people
    decided against what was derived. `rows` are those of a derivation as stored.
    """

    derived: str
    answer: str
    fingerprint: str
    rows: Sequence[Mapping[str, Any]] = field(compare=False)
    due: str = ""
    decided: str = ""
    state: str = ""
    number: int = 0
    suspect: bool = False

    @property
    def kind(self) -> str:
        """Return what was decided, else derived."""
        return self.decided or self.derived


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


@dataclass(frozen=True, slots=True)
class ControlChange:
    """A control whose answer, kind or parties differ."""

    subject: Subject
    before: Side
    after: Side
    reasons: tuple[Reason, ...]

    @property
    def becomes_suspect(self) -> bool:
        """Say whether the decision is in doubt after and was not before."""
        return self.after.suspect and not self.before.suspect

    @property
    def clears(self) -> bool:
        """Say whether the decision was in doubt before and is not after."""
        return self.before.suspect and not self.after.suspect

    @property
    def moves_side(self) -> bool:
        """Say whether the answer or the kind differs, not only a layer's parties."""
        return (self.before.answer, self.before.kind) != (
            self.after.answer,
            self.after.kind,
        )


@dataclass(frozen=True, slots=True)
class DutyChange:
    """A duty that appears, vanishes, asks for other layers or for other services."""

    subject: Subject
    course: str
    task: str
    before: str
    after: str
    in_force: bool = False
    """It is a duty today, by an approved decision."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a duty is reviewed, and who says so."""

    key: str
    title: str
    kind: str
    every: int
    unit: str
    source: str

    @property
    def interval(self) -> str:
        """Return how often, in words: `every month`, `every 6 months`."""
        return (
            f"every {self.every} {self.unit}"
            if self.every > 1
            else f"every {self.unit[:-1]}"
        )


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """A review that appears or vanishes with a duty."""

    subject: Subject
    course: str
    task: str
    rhythm: Rhythm


@dataclass(frozen=True, slots=True)
class End:
    """One end of a comparison, and how much there is."""

    label: str
    system: str
    name: str
    letter: str
    on: date
    services: Mapping[str, str]
    """Key → name of the service variants in use."""
    answers: Counter[str]
    duties: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between two ends, in the order of the catalogs."""

    question: str
    before: End
    after: End
    words: Words
    compared: int
    """Controls in scope at both ends."""
    changes: tuple[ControlChange, ...]
    only_before: tuple[tuple[Subject, Side], ...]
    only_after: tuple[tuple[Subject, Side], ...]
    duties: tuple[DutyChange, ...]
    reviews: tuple[ScheduleChange, ...]

    @property
    def gone(self) -> dict[str, str]:
        """Return the services in use before only."""
        return _without(self.before.services, self.after.services)

    @property
    def new(self) -> dict[str, str]:
        """Return the services in use after only."""
        return _without(self.after.services, self.before.services)

    @property
    def become_suspect(self) -> int:
        """Return how many decisions come into doubt."""
        return sum(change.becomes_suspect for change in self.changes)

    @property
    def clear(self) -> int:
        """Return how many decisions are no longer in doubt."""
        return sum(change.clears for change in self.changes)

    @property
    def move_side(self) -> int:
        """Return how many controls have another answer or kind."""
        return sum(change.moves_side for change in self.changes)


def courses(changes: Iterable[DutyChange | ScheduleChange]) -> dict[str, int]:
    """Return how many of the changes take each course that any takes."""
    counts = Counter(change.course for change in changes)
    return {course: counts[course] for course in COURSES if counts[course]}


def differ(before: Side, after: Side) -> bool:
    """Say whether the derived kind, the answer, the parties of any layer, or what was
    decided differ.
    """
    return (before.fingerprint, before.answer, before.kind) != (
        after.fingerprint,
        after.answer,
        after.kind,
    )


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


def duty_courses(
    before: Iterable[Wanted], after: Iterable[Wanted]
) -> list[tuple[str, Wanted | None, Wanted | None]]:
    """Return what becomes of each duty: its course, and the duty at both ends."""
    olds = {duty.task: duty for duty in before}
    news = {duty.task: duty for duty in after}
    found = []
    for task in {**olds, **news}:
        old, new = olds.get(task), news.get(task)
        course = _course(old, new)
        if course:
            found.append((course, old, new))
    return found


def named(values: Iterable[str]) -> tuple[str, ...]:
    """Return the keys that repeated parameters or lists with commas name, each once."""
    parts = (part.strip() for value in values for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def who(value: str, *, provider: str) -> str:
    """Return who carries a layer, as it reads within a sentence: `you`, `AWS`."""
    lead = LEADS[value].format(provider=provider).removesuffix(": ")
    return lead if lead.startswith(provider) else lead[0].lower() + lead[1:]


Layer = dict[str, tuple[str, str]]
"""Service, or nothing for the whole system → value and note."""


def _without(these: Mapping[str, str], those: Mapping[str, str]) -> dict[str, str]:
    return {key: name for key, name in these.items() if key not in those}


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


def _course(old: Wanted | None, new: Wanted | None) -> str:
    if old is None:
        return APPEARS
    if new is None:
        return VANISHES
    if set(old.layers) != set(new.layers):
        return CHANGES
    return MOVES if set(old.services) != set(new.services) else ""


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
