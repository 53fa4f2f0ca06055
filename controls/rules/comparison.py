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

from controls.rules.duties import Wanted
from controls.rules.reasons import Reason, Words

APPEARS = "appears"
VANISHES = "vanishes"
CHANGES = "changes"
"""A duty asks for other layers."""
MOVES = "moves"
"""A duty asks for the same layers, on other services."""
COURSES = (VANISHES, APPEARS, CHANGES, MOVES)
"""What may become of a duty or a schedule, in the order in which it is told."""

BECOMES = "becomes-suspect"
STAYS = "stays-suspect"
CLEARS = "no-longer-suspect"


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
class ControlChange:
    """A control whose answer, kind or parties differ."""

    subject: Subject
    before: Side
    after: Side
    reasons: tuple[Reason, ...]
    doubt: str = ""
    """What becomes of the decision, where both ends are of one system."""

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
    def ends(self) -> tuple[End, End]:
        """Return both ends."""
        return self.before, self.after

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
        return sum(change.doubt == BECOMES for change in self.changes)

    @property
    def clear(self) -> int:
        """Return how many decisions are no longer in doubt."""
        return sum(change.doubt == CLEARS for change in self.changes)

    @property
    def move_side(self) -> int:
        """Return how many controls have another answer or kind."""
        return sum(change.moves_side for change in self.changes)


def said(course: str, words: Words) -> str:
    """Return what a course is called between two ends: `Goes`, `Only in Shop`."""
    named = {VANISHES: words.gone, APPEARS: words.new}
    return named.get(course, course.capitalize())


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


def doubt(before: Side, after: Side) -> str:
    """Return what becomes of a decision: into doubt, still in it, out of it, or nothing."""
    if before.suspect:
        return STAYS if after.suspect else CLEARS
    return BECOMES if after.suspect else ""


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


def _without(these: Mapping[str, str], those: Mapping[str, str]) -> dict[str, str]:
    return {key: name for key, name in these.items() if key not in those}


def _course(old: Wanted | None, new: Wanted | None) -> str:
    if old is None:
        return APPEARS
    if new is None:
        return VANISHES
    if set(old.layers) != set(new.layers):
        return CHANGES
    return MOVES if set(old.services) != set(new.services) else ""
