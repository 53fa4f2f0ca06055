"""Reads a roster: who is on it, in which team, for which audiences. Never writes.

The file says how people stand today. A column that it has says all, an empty cell too; a
column that it does not have changes nothing. `joined_on` is the first day on the roster, of
people who are new there; `left_on` is the first day not on it any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

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
from evidence.models import Person, RosterEntry
from evidence.rules.training import words

LONGEST_WORD = 60
"""Characters of an audience, as a course holds it."""

COLUMNS = (
    Column("email", 254, is_required=True),
    Column("name", 150, is_required=True),
    Column("team", 50),
    Column("joined_on", 10),
    Column("left_on", 10),
    Column("audiences", 1000),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody as a row names them. `team` and `audiences` are None where the file has no
    such column; `email` and `name` are empty where the row is wrong there.
    """

    row: int
    email: str
    name: str
    team: str | None
    joined_on: date | None
    left_on: date | None
    stays: bool
    """The file has a column for leaving, and it is empty."""
    audiences: list[str] | None


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A roster as read, with what is wrong with it so far."""

    name: str
    people: Sequence[Listed]
    faults: Faults


@dataclass(frozen=True, slots=True)
class Wanted:
    """How somebody is to stand on the roster, from when until when."""

    name: str
    team: Team | None
    audiences: list[str]
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one person: an entry ends, another starts, or both.

    `row` is None for people whom a complete file does not name. `user` is the sign-in that
    the person is linked to by it.
    """

    what: str
    """`new`, `changed`, `ended` or `linked`."""
    row: int | None
    email: str
    name: str
    person: Person | None
    entry: RosterEntry | None = None
    ends_on: date | None = None
    wanted: Wanted | None = None
    user: User | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """What taking a roster would do. Nothing is written yet."""

    name: str
    steps: Sequence[Step]
    unchanged: int

    @property
    def counts(self) -> dict[str, int]:
        """Return how many people are new, change, end, are linked and stay."""
        kinds = [step.what for step in self.steps]
        told = {kind: kinds.count(kind) for kind in ("new", "changed", "ended", "linked")}
        return {**told, "unchanged": self.unchanged}


def read_roster(file: IO[bytes], *, name: str) -> RosterFile:
    """Return the people that a file lists.

    Raises TooLargeError, and InvalidFileError where it is not such a table. What is wrong
    with single rows is told by `plan_roster`, together with what the records say.
    """
    faults = Faults(COLUMNS)
    lines = read_table(file, name=name, columns=COLUMNS, faults=faults)
    people = [_listed(line, faults) for line in lines]
    seen: dict[str, int] = {}
    for listed in people:
        first = seen.setdefault(listed.email, listed.row)
        if listed.email and first != listed.row:
            said = f"{listed.email} stands in row {first} already."
            faults.add(listed.row, "email", said)
    return RosterFile(name, people, faults)


def plan_roster(file: RosterFile, *, complete: bool, today: date) -> RosterPlan:
    """Return what taking the file would do, told the day of today. Four queries.

    Where it is `complete`, people on the roster whom it does not name leave today. Raises
    InvalidFileError with everything that is wrong.
    """
    return _Planner(file, today).plan(complete=complete)


def _listed(line: Line, faults: Faults) -> Listed:
    joined, left = day(line, "joined_on", faults), day(line, "left_on", faults)
    if joined and left and left < joined:
        faults.add(line.row, "left_on", f"{left} is before {joined}, the day of joining.")
    audiences = words(line["audiences"].split(";"))
    for word in audiences:
        if len(word) > LONGEST_WORD:
            said = f"{word[:20]}… is longer than {LONGEST_WORD} characters."
            faults.add(line.row, "audiences", said)
    needed(line, COLUMNS, faults)
    return Listed(
        row=line.row,
        email=_address(line, faults),
        name=line["name"],
        team=line.cells.get("team"),
        joined_on=joined,
        left_on=left,
        stays="left_on" in line and left is None,
        audiences=audiences if "audiences" in line else None,
    )


def _address(line: Line, faults: Faults) -> str:
    """Return the address in small letters; nothing where it is none, which is noted."""
    email = line["email"].lower()
    try:
        validate_email(email)
    except ValidationError:
        if email:
            faults.add(line.row, "email", f"{email[:60]!r} is not an address.")
        return ""
    return email


class _Planner:
    """Compares a roster with what is recorded, which is read at once."""

    def __init__(self, file: RosterFile, today: date) -> None:
        self.file, self.today = file, today
        self.faults = file.faults.copy()
        self.people = {person.email.lower(): person for person in Person.objects.all()}
        self.entries: dict[int, RosterEntry] = {}
        self.left_on: dict[int, date] = {}
        for entry in RosterEntry.objects.select_related("team").order_by("since", "pk"):
            end = entry.ended_on or entry.until
            if entry.ended_at is None and (end is None or end > today):
                self.entries[entry.person_id] = entry
            elif end is not None and end > entry.since:
                last = self.left_on.get(entry.person_id, end)
                self.left_on[entry.person_id] = max(last, end)
        self.teams = {team.key: team for team in Team.objects.all()}
        self.users = _free_users(self.people)

    def plan(self, *, complete: bool) -> RosterPlan:
        """Return the plan. Raises InvalidFileError."""
        steps, unchanged = [], 0
        for listed in self.file.people:
            step = self._step(listed)
            if step is not None:
                steps.append(step)
            else:
                unchanged += 1
        self.faults.check(self.file.name)
        if complete:
            steps.extend(self._unnamed())
        return RosterPlan(self.file.name, steps, unchanged)

    def _step(self, listed: Listed) -> Step | None:
        person = self.people.get(listed.email)
        team = self._team(listed)
        entry = self.entries.get(person.pk) if person else None
        if entry is None:
            return self._newcomer(listed, person, team)
        assert person is not None  # noqa: S101 - an entry is somebody's
        if listed.left_on is not None and listed.left_on <= self.today:
            return self._leaver(listed, person, entry)
        return self._known(listed, person, entry, team)

    def _newcomer(
        self, listed: Listed, person: Person | None, team: Team | None
    ) -> Step | None:
        """Return how somebody starts who is not on the roster; None where they left."""
        left = self.left_on.get(person.pk) if person else None
        gone = listed.left_on is not None and listed.left_on <= self.today
        if gone and (left is not None or listed.joined_on is None):
            return None
        since = listed.joined_on or self.today
        if left is not None and since < left:
            since = max(left, self.today)
        wanted = Wanted(listed.name, team, listed.audiences or [], since, listed.left_on)
        return Step(
            "new",
            listed.row,
            listed.email,
            listed.name,
            person,
            wanted=wanted,
            user=self._user(listed.email, person),
        )

    def _leaver(self, listed: Listed, person: Person, entry: RosterEntry) -> Step:
        assert listed.left_on is not None  # noqa: S101 - asked before
        if listed.left_on < entry.since:
            said = f"{listed.left_on} is before {entry.since}, when the entry began."
            self.faults.add(listed.row, "left_on", said)
        end = Difference("left_on", text_of(entry.until), str(listed.left_on))
        return Step(
            "ended",
            listed.row,
            listed.email,
            entry.name,
            person,
            entry=entry,
            ends_on=listed.left_on,
            differences=(end,),
        )

    def _known(
        self, listed: Listed, person: Person, entry: RosterEntry, team: Team | None
    ) -> Step | None:
        """Return what changes of somebody on the roster; None where nothing does."""
        began = max(self.today, entry.since)
        wanted = Wanted(
            name=listed.name,
            team=entry.team if listed.team is None else team,
            audiences=(entry.audiences if listed.audiences is None else listed.audiences),
            since=began,
            until=None if listed.stays else listed.left_on or entry.until,
        )
        if wanted.until is not None and wanted.until <= began:
            said = f"{wanted.until} is not after {began}, when the entry begins."
            self.faults.add(listed.row, "left_on", said)
        found = tuple(_differences(entry, wanted))
        user = self._user(listed.email, person)
        common = (listed.row, listed.email, listed.name, person)
        if found:
            return Step("changed", *common, entry, began, wanted, user, found)
        return Step("linked", *common, user=user) if user else None

    def _unnamed(self) -> Iterator[Step]:
        """Yield the end of everybody whom the file does not name, by address."""
        named = {listed.email for listed in self.file.people}
        for email, person in sorted(self.people.items()):
            entry = self.entries.get(person.pk)
            if entry is not None and email not in named:
                on = max(self.today, entry.since)
                end = Difference("left_on", text_of(entry.until), str(on))
                yield Step(
                    "ended",
                    None,
                    email,
                    entry.name,
                    person,
                    entry=entry,
                    ends_on=on,
                    differences=(end,),
                )

    def _team(self, listed: Listed) -> Team | None:
        if not listed.team:
            return None
        found = self.teams.get(listed.team)
        if found is None:
            said = f"There is no team with the key {listed.team!r}."
            self.faults.add(listed.row, "team", said)
        return found

    def _user(self, email: str, person: Person | None) -> User | None:
        linked = person is not None and person.user_id is not None
        return None if linked else self.users.get(email)


def _free_users(people: Mapping[str, Person]) -> dict[str, User]:
    """Return the sign-ins that are nobody's on the roster yet, by address."""
    taken = {person.user_id for person in people.values()}
    users = User.objects.people()
    return {user.email.lower(): user for user in users if user.pk not in taken}


def _differences(entry: RosterEntry, wanted: Wanted) -> Iterator[Difference]:
    pairs = {
        "name": (entry.name, wanted.name),
        "team": (
            entry.team.key if entry.team else "",
            wanted.team.key if wanted.team else "",
        ),
        "audiences": ("; ".join(entry.audiences), "; ".join(wanted.audiences)),
        "left_on": (text_of(entry.until), text_of(wanted.until)),
    }
    for field, (old, new) in pairs.items():
        if old != new:
            yield Difference(field, old, new)
