"""What follows from mappings between catalogs: ways from control to control, how sure each
is, and where mappings contradict one another.

Relations are OSCAL's (control mapping model 1.2, after NIST IR 8477). Pure: no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controls.choices import MappingGrade, MappingRelation

Node = tuple[str, str]
"""A control, the same in every edition: catalog key, and control id in small letters."""

STRENGTH: Mapping[str, int] = {
    MappingGrade.PUBLISHED: 3,
    MappingGrade.WEAK: 2,
    MappingGrade.EDITORIAL: 1,
}
"""How sure a grade is: a source names the pair, sources lead to it, only we say so."""

INVERSE: Mapping[str, str] = {
    MappingRelation.SUBSET_OF: MappingRelation.SUPERSET_OF,
    MappingRelation.SUPERSET_OF: MappingRelation.SUBSET_OF,
}
SAME = frozenset({MappingRelation.EQUAL_TO, MappingRelation.EQUIVALENT_TO})

LONGEST_WAY = 3
"""Mappings one after the other. Beyond that everything maps to everything."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A mapping: how a control relates to another, and how sure that is."""

    source: Node
    target: Node
    relation: str
    grade: str
    place: str = ""
    """Where a file says so."""


@dataclass(frozen=True, slots=True)
class Way:
    """The controls from one, left out, to another, and the weakest grade on the way."""

    nodes: tuple[Node, ...]
    grade: str

    @property
    def end(self) -> Node:
        """Return where the way leads."""
        return self.nodes[-1]


@dataclass(frozen=True, slots=True)
class Trace:
    """The layers that a control touches through others, and the ways to each."""

    layers: tuple[str, ...]
    ways: Mapping[str, tuple[Way, ...]]


def inverse(relation: str) -> str:
    """Return what a relation is, seen from the other end."""
    return INVERSE.get(relation, relation)


def weakest(grades: Iterable[str]) -> str:
    """Return the grade that is least sure."""
    return min(grades, key=STRENGTH.__getitem__)


def strongest(grades: Iterable[str]) -> str:
    """Return the grade that is surest."""
    return max(grades, key=STRENGTH.__getitem__)


@dataclass(slots=True)
class Graph:
    """The mappings between all catalogs, walked in both directions."""

    edges: dict[Node, dict[Node, str]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, pairs: Iterable[tuple[Node, Node, str]]) -> Graph:
        """Return the graph of (control, control, grade); of several, the surest counts."""
        graph = cls()
        for source, target, grade in pairs:
            for one, other in ((source, target), (target, source)):
                known = graph.edges[one].get(other)
                graph.edges[one][other] = strongest((known, grade)) if known else grade
        return graph

    def nearest(
        self,
        start: Node,
        is_end: Callable[[Node], bool],
        *,
        longest: int = LONGEST_WAY,
    ) -> list[Way]:
        """Return the surest of the shortest ways to the nearest ends, in stable order."""
        return self._walk(start, is_end, longest=longest, only_nearest=True)

    def reached(
        self, start: Node, ends: Collection[Node], *, longest: int
    ) -> dict[Node, Way]:
        """Return end → the surest of the shortest ways to it, where there is one."""
        ways = self._walk(start, ends.__contains__, longest=longest, only_nearest=False)
        return {way.end: way for way in ways}

    def _walk(
        self,
        start: Node,
        is_end: Callable[[Node], bool],
        *,
        longest: int,
        only_nearest: bool,
    ) -> list[Way]:
        seen = {start}
        level = {start: Way((), MappingGrade.PUBLISHED)}
        found: list[Way] = []
        for _ in range(longest):
            level = self._next(level, seen)
            seen |= level.keys()
            found += [way for node, way in sorted(level.items()) if is_end(node)]
            if not level or (found and only_nearest):
                break
        return found

    def _next(self, level: Mapping[Node, Way], seen: Collection[Node]) -> dict[Node, Way]:
        """Return the controls one step on, each with the surest way there."""
        steps: dict[Node, Way] = {}
        for node, way in sorted(level.items()):
            for other, grade in sorted(self.edges.get(node, {}).items()):
                if other in seen:
                    continue
                step = Way((*way.nodes, other), _joined(way, grade))
                known = steps.get(other)
                if known is None or STRENGTH[known.grade] < STRENGTH[step.grade]:
                    steps[other] = step
        return steps


def _joined(way: Way, grade: str) -> str:
    """Return the grade of a way with one more step.

    Two controls that map to the same third one are related weakly at best.
    """
    if not way.nodes:
        return grade
    return weakest((way.grade, grade, MappingGrade.WEAK))


def trace(ways: Iterable[Way], layers: Mapping[Node, Sequence[str]]) -> Trace:
    """Return the union of the layers at the ends of the ways, those of surer ways first,
    and the ways to each layer.
    """
    told: dict[str, list[Way]] = defaultdict(list)
    for way in sorted(ways, key=lambda way: -STRENGTH[way.grade]):
        for layer in layers[way.end]:
            told[layer].append(way)
    return Trace(tuple(told), {layer: tuple(found) for layer, found in told.items()})


def grade_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return how sure an explanation is, whose layers were read through the crosswalk.

    Each layer is as sure as the surest way to it, the whole as its least sure layer. Empty
    where no layer came through the crosswalk.
    """
    grades = [row["grade"] for row in rows if row.get("grade")]
    return weakest(grades) if grades else ""


# --- Contradictions ---


@dataclass(frozen=True, slots=True)
class Clash:
    """Mappings that cannot all be true, and why."""

    place: str
    why: str


def clashes(
    pairs: Sequence[Pair], known: Sequence[Pair], *, told: Callable[[Node], str]
) -> list[Clash]:
    """Return where new mappings contradict one another or what is known beside them.

    `known` are the mappings that the new ones leave as they are; `told` names a control.
    """
    found = _told_twice(pairs, told)
    if found:
        return found
    return _cycles([*pairs, *known], told)


def _told_twice(pairs: Sequence[Pair], told: Callable[[Node], str]) -> list[Clash]:
    first: dict[frozenset[Node], Pair] = {}
    found = []
    for pair in pairs:
        before = first.setdefault(frozenset((pair.source, pair.target)), pair)
        turned = before.source != pair.source
        said = inverse(before.relation) if turned else before.relation
        if (said, before.grade) == (pair.relation, pair.grade):
            continue
        found.append(
            Clash(
                pair.place,
                f"{told(pair.source)} is {_said(pair.relation, pair.grade)} "
                f"{told(pair.target)} here, but {_said(said, before.grade)} it at "
                f"{before.place}.",
            )
        )
    return found


def _said(relation: str, grade: str) -> str:
    words = MappingRelation(relation).label.lower()
    sure = MappingGrade(grade).name.lower()
    return f"{words} ({sure})" if relation not in SAME else f"{words} ({sure}) with"


def _cycles(pairs: Sequence[Pair], told: Callable[[Node], str]) -> list[Clash]:
    """Return the circles of subsets: what lies within itself is equal, not a subset."""
    classes = _Classes()
    for pair in pairs:
        if pair.relation in SAME:
            classes.join(pair.source, pair.target)
    wider: dict[Node, dict[Node, Pair]] = defaultdict(dict)
    found = []
    for pair in pairs:
        one, other = classes.of(pair.source), classes.of(pair.target)
        if pair.relation in INVERSE:
            if pair.relation == MappingRelation.SUPERSET_OF:
                one, other = other, one
            wider[one].setdefault(other, pair)
        elif pair.relation == MappingRelation.NO_RELATIONSHIP and one == other:
            found.append(
                Clash(
                    pair.place,
                    f"{told(pair.source)} and {told(pair.target)} have no relationship "
                    "here, but other mappings make them equal.",
                )
            )
    return found + [_circle(circle, told) for circle in _circles(wider)]


def _circle(circle: Sequence[Pair], told: Callable[[Node], str]) -> Clash:
    named = []
    for pair in circle:
        narrow = pair.relation == MappingRelation.SUBSET_OF
        named.append(told(pair.source if narrow else pair.target))
    place = next((pair.place for pair in circle if pair.place), "")
    return Clash(place, f"subsets go in a circle: {' within '.join([*named, named[0]])}.")


class _Classes:
    """Controls that are equal, whichever mappings say so."""

    def __init__(self) -> None:
        self._first: dict[Node, Node] = {}

    def of(self, node: Node) -> Node:
        """Return the one that stands for all equal ones."""
        while node in self._first:
            node = self._first[node]
        return node

    def join(self, one: Node, other: Node) -> None:
        """Note that two are equal."""
        one, other = self.of(one), self.of(other)
        if one != other:
            self._first[max(one, other)] = min(one, other)


def _circles(wider: Mapping[Node, Mapping[Node, Pair]]) -> list[list[Pair]]:
    """Return circles, each control in at most one."""
    done: set[Node] = set()
    found = []
    for start in sorted(wider):
        circle = _walk_up(start, wider, done)
        if circle:
            found.append(circle)
    return found


def _walk_up(
    start: Node, wider: Mapping[Node, Mapping[Node, Pair]], done: set[Node]
) -> list[Pair]:
    """Return the first circle that is met from `start` on. Without recursion: crosswalks
    are long.
    """
    path: list[Node] = []
    steps: list[Pair] = []
    stack: list[tuple[Node, Pair | None, bool]] = [(start, None, False)]
    while stack:
        node, pair, is_left = stack.pop()
        if is_left:
            path.pop()
            if steps:
                steps.pop()
            done.add(node)
            continue
        if node in path:
            assert pair is not None  # noqa: S101 - only the start has none
            done.update(path)
            return [*steps, pair][path.index(node) :]
        if node in done:
            continue
        path.append(node)
        if pair is not None:
            steps.append(pair)
        stack.append((node, None, True))
        stack += [
            (other, step, False)
            for other, step in sorted(wider.get(node, {}).items(), reverse=True)
        ]
    return []
