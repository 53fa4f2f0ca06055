"""Which controls of a catalog a profile takes. Source: NIST's OSCAL profile resolution.

Controls are named by id, or by a pattern of shell wildcards; those within a control come
along where the profile says so. Pure.
"""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Controls that are named, each id and pattern with its place in the file."""

    ids: tuple[tuple[str, str], ...]
    patterns: tuple[tuple[str, str], ...]
    with_children: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A control that may be chosen. `parent` is the id of the control it is within."""

    control_id: str
    parent: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ids that were chosen, and what names no control, with its place."""

    ids: frozenset[str]
    unknown: tuple[tuple[str, str], ...]


def choose(
    members: Sequence[Member],
    *,
    includes: Sequence[Selection] | None,
    excludes: Sequence[Selection],
) -> Chosen:
    """Return which members are taken: `includes`, all where that is None, but `excludes`.

    Ids are compared without regard to capitals.
    """
    known = {member.control_id.lower(): member.control_id for member in members}
    children: dict[str, list[str]] = defaultdict(list)
    for member in members:
        if member.parent:
            children[member.parent].append(member.control_id)
    unknown: list[tuple[str, str]] = []
    taken = set(known.values()) if includes is None else set()
    for selection in includes or ():
        taken |= _named(selection, known, children, unknown)
    for selection in excludes:
        taken -= _named(selection, known, children, unknown)
    return Chosen(frozenset(taken), tuple(unknown))


def _named(
    selection: Selection,
    known: Mapping[str, str],
    children: Mapping[str, Sequence[str]],
    unknown: list[tuple[str, str]],
) -> set[str]:
    found: set[str] = set()
    for name, place in selection.ids:
        control_id = known.get(name.lower())
        if control_id is None:
            unknown.append((name, place))
        else:
            found.add(control_id)
    for pattern, place in selection.patterns:
        fitting = fnmatch.filter(known, pattern.lower())
        if not fitting:
            unknown.append((pattern, place))
        found |= {known[name] for name in fitting}
    return found | set(_within(found, children)) if selection.with_children else found


def _within(ids: Iterable[str], children: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the controls within others, however deep."""
    waiting = list(ids)
    seen: set[str] = set()
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
                yield child
