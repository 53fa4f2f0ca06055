"""Reads training records: who completed which course on which day. Never writes.

A file adds what is missing and corrects what it says otherwise: an empty cell says nothing.
It takes nothing away, and does not bring back what a person withdrew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO

from controls.models import Team, User
from evidence.importers.tables import (
    Column,
    Difference,
    Faults,
    Line,
    day,
    needed,
    read_table,
    text_of,
)
from evidence.models import Course, Person, RosterEntry, TrainingRecord
from evidence.rules.training import valid_until

COLUMNS = (
    Column("email", 254, is_required=True),
    Column("course", 60, is_required=True),
    Column("completed_on", 10, is_required=True),
    Column("valid_until", 10),
    Column("score", 40),
)


@dataclass(frozen=True, slots=True)
class Completed:
    """A completion as a row names it; the day is None where the row is wrong there."""

    row: int
    email: str
    course: str
    completed_on: date | None
    valid_until: date | None
    score: str


@dataclass(frozen=True, slots=True)
class RecordsFile:
    """Training records as read, with what is wrong with them so far."""

    name: str
    completions: Sequence[Completed]
    faults: Faults


@dataclass(frozen=True, slots=True)
class RecordStep:
    """A record that is added, in the place of an older one where that said otherwise.

    `team` is that of the person's entry on the roster, which decides who may record it.
    """

    what: str
    """`new` or `changed`."""
    row: int
    person: Person
    team: Team | None
    course: Course
    completed_on: date
    valid_until: date | None
    score: str
    instead_of: TrainingRecord | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordsPlan:
    """What taking the file would do. Nothing is written yet.

    `withdrawn` counts rows whose record a person withdrew: they stay withdrawn.
    """

    name: str
    steps: Sequence[RecordStep]
    unchanged: int
    withdrawn: int

    @property
    def counts(self) -> dict[str, int]:
        """Return how many records are new, change, stay, and stay withdrawn."""
        kinds = [step.what for step in self.steps]
        return {
            "new": kinds.count("new"),
            "changed": kinds.count("changed"),
            "unchanged": self.unchanged,
            "withdrawn": self.withdrawn,
        }


def read_records(file: IO[bytes], *, name: str) -> RecordsFile:
    """Return the completions that a file lists.

    Raises TooLargeError, and InvalidFileError where it is not such a table. What is wrong
    with single rows is told by `plan_records`, together with what the records say.
    """
    faults = Faults(COLUMNS)
    lines = read_table(file, name=name, columns=COLUMNS, faults=faults)
    found = [_completed(line, faults) for line in lines]
    seen: dict[tuple[str, str, date], int] = {}
    for one in found:
        if one.completed_on is None or not (one.email and one.course):
            continue
        first = seen.setdefault((one.email, one.course, one.completed_on), one.row)
        if first != one.row:
            said = f"{one.email}, {one.course}, {one.completed_on} stand in row {first}."
            faults.add(one.row, "", said)
    return RecordsFile(name, found, faults)


def plan_records(file: RecordsFile, *, user: User, today: date) -> RecordsPlan:
    """Return what taking the file would do for somebody, told the day of today. Four
    queries.

    Raises InvalidFileError with everything that is wrong; people whom the user may not see
    are unknown.
    """
    return _Planner(file, user, today).plan()


def _completed(line: Line, faults: Faults) -> Completed:
    on, until = day(line, "completed_on", faults), day(line, "valid_until", faults)
    needed(line, COLUMNS, faults)
    if on is not None and until is not None and until < on:
        said = f"{until} is before {on}, the day of completion."
        faults.add(line.row, "valid_until", said)
    return Completed(
        row=line.row,
        email=line["email"].lower(),
        course=line["course"],
        completed_on=on,
        valid_until=until,
        score=line["score"],
    )


class _Planner:
    """Compares completions with what is recorded, which is read at once."""

    def __init__(self, file: RecordsFile, user: User, today: date) -> None:
        self.file, self.today = file, today
        self.faults = file.faults.copy()
        people = Person.objects.visible_to(user)
        self.people = {person.email.lower(): person for person in people}
        going_on = RosterEntry.objects.visible_to(user).going_on(on=today)
        self.teams = {
            entry.person_id: entry.team for entry in going_on.select_related("team")
        }
        self.courses = {course.key: course for course in Course.objects.visible_to(user)}
        self.known: dict[tuple[int, int, date], TrainingRecord] = {}
        for record in self._recorded():
            key = (record.person_id, record.course_id, record.completed_on)
            known = self.known.get(key)
            # The one that stands, where one does, else the newest that does not.
            if known is None or known.ended_at is not None:
                self.known[key] = record

    def _recorded(self) -> Iterator[TrainingRecord]:
        """Yield the records of the days and courses that the file names, oldest first."""
        days = [one.completed_on for one in self.file.completions if one.completed_on]
        if not days:
            return
        named = {one.course for one in self.file.completions}
        rows = TrainingRecord.objects.filter(
            course__in=[c.pk for key, c in self.courses.items() if key in named],
            completed_on__range=(min(days), max(days)),
        )
        yield from rows.select_related("evidence").order_by("pk").iterator(chunk_size=2000)

    def plan(self) -> RecordsPlan:
        """Return the plan. Raises InvalidFileError."""
        steps, unchanged, withdrawn = [], 0, 0
        for one in self.file.completions:
            person, course, on = self._person(one), self._course(one), self._day(one)
            if person is None or course is None or on is None:
                continue
            known = self.known.get((person.pk, course.pk, on))
            step = self._step(one, person, course, on, known)
            if step is not None:
                steps.append(step)
            elif known is not None and known.ended_at is not None:
                withdrawn += 1
            else:
                unchanged += 1
        self.faults.check(self.file.name)
        return RecordsPlan(self.file.name, steps, unchanged, withdrawn)

    def _step(
        self,
        one: Completed,
        person: Person,
        course: Course,
        on: date,
        known: TrainingRecord | None,
    ) -> RecordStep | None:
        if known is not None and known.ended_at is not None:
            return None
        found = tuple(_differences(known, one)) if known else ()
        if known is not None and not found:
            return None
        until = one.valid_until or (known.valid_until if known else None)
        if until is None and known is None:
            until = valid_until(completed_on=on, valid_months=course.valid_months)
        return RecordStep(
            what="changed" if known else "new",
            row=one.row,
            person=person,
            team=self.teams.get(person.pk),
            course=course,
            completed_on=on,
            valid_until=until,
            score=one.score or (known.score if known else ""),
            instead_of=known,
            differences=found,
        )

    def _person(self, one: Completed) -> Person | None:
        found = self.people.get(one.email)
        if found is None and one.email:
            said = f"Nobody with the address {one.email!r} is on a roster that you see."
            self.faults.add(one.row, "email", said)
        return found

    def _course(self, one: Completed) -> Course | None:
        found = self.courses.get(one.course)
        if found is None and one.course:
            said = f"There is no course with the key {one.course!r}."
            self.faults.add(one.row, "course", said)
        return found

    def _day(self, one: Completed) -> date | None:
        on = one.completed_on
        if on is not None and on > self.today:
            said = f"{on} lies ahead: nothing is completed yet."
            self.faults.add(one.row, "completed_on", said)
        return on


def _differences(known: TrainingRecord, one: Completed) -> Iterator[Difference]:
    if one.valid_until is not None and one.valid_until != known.valid_until:
        yield Difference(
            "valid_until", text_of(known.valid_until), text_of(one.valid_until)
        )
    if one.score and one.score != known.score:
        yield Difference("score", known.score, one.score)
