"""Courses, people on the roster and completions, as little as the services accept."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from controls.models import Team, User
from controls.services.clock import day
from controls.services.setup import system_user
from evidence.importers.rosters import RosterFile, RosterPlan, read_roster
from evidence.importers.training_records import RecordsFile, RecordsPlan, read_records
from evidence.models import Course, RosterEntry, TrainingRecord
from evidence.services import courses, roster, training
from evidence.services.courses import Details
from evidence.services.roster import Entry
from evidence.services.training import Completion
from tests.make import MONDAY

TODAY = day(MONDAY)
_numbers = itertools.count(1)


def make_course(key: str = "", *, at: datetime = MONDAY, **details: Any) -> Course:
    """A course for everybody that counts for a year."""
    key = key or f"course-{next(_numbers)}"
    told: dict[str, Any] = {"title": key.title(), "valid_months": 12, **details}
    return courses.create(key=key, details=Details(**told), by=system_user(), at=at)


def make_entry(
    email: str = "",
    *,
    name: str = "",
    team: Team | None = None,
    audiences: Sequence[str] = (),
    since: date = TODAY,
    until: date | None = None,
    at: datetime = MONDAY,
) -> RosterEntry:
    """Somebody on the roster."""
    number = next(_numbers)
    entry = Entry(
        name=name or f"Somebody {number}",
        team=team,
        audiences=audiences,
        since=since,
        until=until,
    )
    address = email or f"somebody{number}@example.com"
    return roster.start_entry(email=address, entry=entry, by=system_user(), at=at)


def make_record(
    entry: RosterEntry,
    course: Course,
    completed_on: date = TODAY,
    *,
    by: User | None = None,
    at: datetime = MONDAY,
    **more: Any,
) -> TrainingRecord:
    """That somebody on the roster completed a course."""
    completion = Completion(entry.person, course, completed_on, **more)
    return training.record(completion=completion, by=by or system_user(), at=at)


def as_file(text: str | bytes) -> io.BytesIO:
    """A file as a person uploads it."""
    return io.BytesIO(text if isinstance(text, bytes) else text.encode())


def a_roster(*rows: str, header: str = "email,name,team,audiences") -> RosterFile:
    """A roster of these lines."""
    return read_roster(as_file("\n".join((header, *rows))), name="roster.csv")


def some_records(
    *rows: str, header: str = "email,course,completed_on,valid_until,score"
) -> RecordsFile:
    """Training records of these lines."""
    return read_records(as_file("\n".join((header, *rows))), name="records.csv")


def take_roster(
    file: RosterFile,
    *,
    complete: bool = False,
    by: User | None = None,
    at: datetime = MONDAY,
) -> RosterPlan:
    """Take a roster as SRM itself."""
    return roster.apply_roster(file=file, complete=complete, by=by or system_user(), at=at)


def take_records(
    file: RecordsFile, *, by: User | None = None, at: datetime = MONDAY
) -> RecordsPlan:
    """Take training records as SRM itself."""
    return training.import_records(file=file, by=by or system_user(), at=at)
