"""The roster: who is on it, in which team and for which audiences.

Events name nobody: a person is their uuid, so that names can be erased later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.db.models import Q

from controls.choices import AuditVerb
from controls.errors import ConflictError, InvalidInputError
from controls.models import Team, User
from controls.rules.permissions import Action
from controls.services import access, audit, versions
from controls.services.audit import audited
from controls.services.clock import day
from evidence.importers.rosters import RosterFile, RosterPlan, Step, Wanted, plan_roster
from evidence.models import Person, RosterEntry
from evidence.rules.training import words

T = TypeVar("T")

AT_ONCE = 500
"""Rows in one statement: below what any database takes as parameters."""
MEANWHILE = (
    "Somebody changed the roster at the same moment. Nothing is changed: look again."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """How somebody stands on the roster. `since` empty: from today on."""

    name: str
    team: Team | None = None
    audiences: Sequence[str] = ()
    since: date | None = None
    until: date | None = None


@audited
def start_entry(*, email: str, entry: Entry, by: User, at: datetime) -> RosterEntry:
    """Put somebody on the roster and return the entry. They are found by address, whatever
    its case, and linked to the sign-in that has it.

    Raises NotAllowedError, InvalidInputError, and ConflictError where they are on the
    roster already at that time.
    """
    access.require(by, Action.MANAGE_TRAINING)
    email = email.strip().lower()
    wanted = _checked(email, entry, today=day(at))
    person = Person.objects.filter(email__iexact=email).first()
    if person is not None:
        _check_free(person, wanted)
    user = None if person and person.user_id else _sign_in(email)
    step = Step("new", None, email, wanted.name, person, wanted=wanted, user=user)
    (row,) = _carry_out([step], by=by, at=at)
    return row


@audited
def end_entry(*, entry: RosterEntry, on: date, by: User, at: datetime) -> RosterEntry:
    """Say from which day on somebody is no longer on the roster; return the entry.

    An end that lies ahead is planned: the entry ends today and goes on until then, and that
    one is returned. Raises NotAllowedError, ConflictError and InvalidInputError.
    """
    access.require(by, Action.MANAGE_TRAINING)
    begins = max(day(at), entry.since)
    if on <= begins:
        _end(entry, on=on, by=by, at=at)
        return entry
    _end(entry, on=begins, by=by, at=at)
    wanted = Wanted(entry.name, entry.team, entry.audiences, begins, on)
    return _start(entry.person, wanted, by=by, at=at)


@audited
def apply_roster(*, file: RosterFile, complete: bool, by: User, at: datetime) -> RosterPlan:
    """Take a roster and return what it changed, checked against what is recorded now. The
    same file again changes nothing.

    Where it is `complete`, people whom it does not name leave today. Each entry is recorded
    by audit.record(). Raises NotAllowedError, InvalidFileError and ConflictError.
    """
    access.require(by, Action.MANAGE_TRAINING)
    plan = plan_roster(file, complete=complete, today=day(at))
    _carry_out(plan.steps, by=by, at=at)
    return plan


def _carry_out(steps: Sequence[Step], *, by: User, at: datetime) -> list[RosterEntry]:
    """Do the steps with as many queries as their number in AT_ONCE; return what started."""
    try:
        people = _people(steps, by=by, at=at)
        _end_all([s for s in steps if s.entry is not None], by=by, at=at)
        started = [
            _row(people[step.email], step.wanted, by=by, at=at)
            for step in steps
            if step.wanted is not None
        ]
        RosterEntry.objects.bulk_create(started, batch_size=AT_ONCE)
    except IntegrityError:
        raise ConflictError(MEANWHILE) from None
    for row in started:
        _note_start(row, by=by, at=at)
    return started


def _people(steps: Sequence[Step], *, by: User, at: datetime) -> dict[str, Person]:
    """Add the people who are new, link those who sign in, and return all by address."""
    people = {step.email: step.person for step in steps if step.person is not None}
    added = [
        Person(email=step.email, user=step.user, created_at=at, created_by=by)
        for step in steps
        if step.person is None
    ]
    Person.objects.bulk_create(added, batch_size=AT_ONCE)
    for person in added:
        after = {"user": str(person.user.uuid)} if person.user else {}
        audit.record(verb=AuditVerb.PERSON_ADDED, target=person, after=after, by=by, at=at)
        people[person.email] = person
    linked = [step for step in steps if step.person is not None and step.user is not None]
    for step in linked:
        people[step.email].user = step.user
        audit.record(
            verb=AuditVerb.PERSON_LINKED,
            target=people[step.email],
            after={"user": str(step.user.uuid) if step.user else ""},
            by=by,
            at=at,
        )
    Person.objects.bulk_update(
        [people[step.email] for step in linked], ["user"], batch_size=AT_ONCE
    )
    return people


def _end_all(steps: Sequence[Step], *, by: User, at: datetime) -> None:
    """End the entries, all of which must still be open."""
    by_day: dict[date, list[RosterEntry]] = defaultdict(list)
    for step in steps:
        assert step.entry is not None and step.ends_on is not None  # noqa: S101, PT018
        by_day[step.ends_on].append(step.entry)
    for on, entries in sorted(by_day.items()):
        for some in _batches(entries):
            open_ = RosterEntry.objects.filter(
                pk__in=[entry.pk for entry in some], ended_at__isnull=True
            )
            if open_.update(ended_at=at, ended_by=by, ended_on=on) != len(some):
                raise ConflictError(MEANWHILE)
        for entry in entries:
            entry.ended_at, entry.ended_by, entry.ended_on = at, by, on
            _note_end(entry, by=by, at=at)


def _end(entry: RosterEntry, *, on: date, by: User, at: datetime) -> None:
    versions.end_row(entry, on=on, by=by, at=at)
    _note_end(entry, by=by, at=at)


def _start(person: Person, wanted: Wanted, *, by: User, at: datetime) -> RosterEntry:
    row = _row(person, wanted, by=by, at=at)
    row.save()
    _note_start(row, by=by, at=at)
    return row


def _row(person: Person, wanted: Wanted, *, by: User, at: datetime) -> RosterEntry:
    return RosterEntry(
        person=person,
        name=wanted.name,
        team=wanted.team,
        audiences=wanted.audiences,
        since=wanted.since,
        until=wanted.until,
        started_at=at,
        started_by=by,
    )


def _note_start(row: RosterEntry, *, by: User, at: datetime) -> None:
    audit.record(
        verb=AuditVerb.ROSTER_ENTRY_STARTED,
        target=row,
        about=row.team,
        after={
            "person": str(row.person.uuid),
            **audit.snapshot(row, "team", "audiences", "since", "until"),
        },
        by=by,
        at=at,
    )


def _note_end(row: RosterEntry, *, by: User, at: datetime) -> None:
    audit.record(
        verb=AuditVerb.ROSTER_ENTRY_ENDED,
        target=row,
        about=row.team,
        before=audit.snapshot(row, "team", "since", "until"),
        after={"ended_on": str(row.ended_on)},
        by=by,
        at=at,
    )


def _checked(email: str, entry: Entry, *, today: date) -> Wanted:
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInputError("This is not an address.", place="email") from None
    if not entry.name.strip():
        raise InvalidInputError("Give a name.", place="name")
    since = entry.since or today
    if entry.until is not None and entry.until <= since:
        raise InvalidInputError("It must end after it begins.", place="until")
    return Wanted(
        name=entry.name.strip(),
        team=entry.team,
        audiences=words(entry.audiences),
        since=since,
        until=entry.until,
    )


def _check_free(person: Person, wanted: Wanted) -> None:
    """Raise ConflictError where another entry of the person holds at the same time."""
    before_its_end = Q(ended_on__isnull=True) | Q(ended_on__gt=wanted.since)
    entries = (
        RosterEntry.objects.filter(before_its_end, person=person)
        .exclude(until__lte=wanted.since)
        .order_by("since")
    )
    if wanted.until is not None:
        entries = entries.filter(since__lt=wanted.until)
    found = entries.first()
    if found is not None:
        end = found.ended_on or found.until
        told = f"from {found.since}" + (f" until {end}" if end else " on")
        raise ConflictError(f"This person is on the roster {told} already.")


def _sign_in(email: str) -> User | None:
    free = User.objects.people().filter(roster_person__isnull=True)
    return free.filter(email__iexact=email).first()


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
