"""Who holds which course at a moment, who misses it, and whose record runs out soon.

Completion is measured on the roster of the day, never on who answered. Everything is
counted among the people whom the asker may see: a team's lead reads of their team.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from controls.choices import AuditVerb
from controls.models import AuditEvent, User
from controls.rules.moments import Moment
from evidence.models import Course, RosterEntry, TrainingRecord
from evidence.rules.training import is_required

SOON_DAYS = 30
"""How long before its last day a record counts as running out."""


class Known(NamedTuple):
    """A person of the roster."""

    pk: int
    uuid: UUID
    email: str
    user_id: int | None


class Member(NamedTuple):
    """An entry of the roster, as little of it as counting and telling needs: a tenth of the
    time that rows of the model take.
    """

    pk: int
    name: str
    team: str
    """What the team is called; empty where there is none."""
    team_key: str | None
    audiences: list[str]
    person: Known


@dataclass(frozen=True, slots=True)
class Standing:
    """How one person stands with one course: the last day of what counts, if anything."""

    entry: Member
    is_held: bool
    valid_until: date | None
    last_completed_on: date | None
    """The newest completion, whether it still counts or not."""


@dataclass(frozen=True, slots=True)
class CourseStanding:
    """How a course stands on the roster at a moment.

    `people` are those who must hold it, by name.
    """

    course: Course
    moment: Moment
    people: Sequence[Standing]

    @property
    def required(self) -> int:
        """Return how many people must hold it: the denominator."""
        return len(self.people)

    @property
    def held(self) -> int:
        """Return how many of them hold a record that counts on the day."""
        return sum(one.is_held for one in self.people)

    @property
    def missing(self) -> list[Standing]:
        """Return those who hold none."""
        return [one for one in self.people if not one.is_held]

    @property
    def expiring(self) -> list[Standing]:
        """Return those whose record counts no longer within SOON_DAYS, soonest first."""
        last = self.moment.on + timedelta(days=SOON_DAYS)
        soon = [one for one in self.people if one.is_held and _until(one) <= last]
        return sorted(soon, key=_until)


def courses_then(*, user: User, moment: Moment) -> list[Course]:
    """Return the courses that were held at the moment, by title, with what each said then.
    Two queries.

    A course is changed in place: the first change recorded since tells how it was before.
    """
    changed = AuditEvent.objects.filter(
        verb=AuditVerb.COURSE_CHANGED,
        at__gt=moment.as_of,
        target_uuid__in=Course.objects.values("uuid"),
    )
    were: dict[UUID, Any] = dict(
        changed.order_by("-seq").values_list("target_uuid", "before")
    )
    found = list(Course.objects.visible_to(user).held(as_of=moment.as_of))
    for course in found:
        for name, value in (were.get(course.uuid) or {}).items():
            setattr(course, name, value)
    return sorted(found, key=lambda course: (course.title, course.pk))


def completion(
    *, course: Course, user: User, moment: Moment, team: str = ""
) -> CourseStanding | None:
    """Return how one course stands among the people whom the user sees, or among those of
    one team of theirs; None where it was not held then. Four queries, however many people
    there are.
    """
    courses = courses_then(user=user, moment=moment)
    then = next((known for known in courses if known.pk == course.pk), None)
    if then is None:
        return None
    roster = [one for one in _roster(user, moment) if not team or one.team_key == team]
    return _completion(then, roster, _records([then], moment), moment)


def completions(*, user: User, moment: Moment) -> list[CourseStanding]:
    """Return how every course stands that was held at the moment, by title. Four queries,
    however many people and courses there are.
    """
    courses = courses_then(user=user, moment=moment)
    roster, records = _roster(user, moment), _records(courses, moment)
    return [_completion(course, roster, records, moment) for course in courses]


_Records = Mapping[tuple[int, int], list[tuple[date, date | None]]]
"""(course, person) → (completed on, valid until) of each record believed at the moment."""


def _roster(user: User, moment: Moment) -> list[Member]:
    """Return who was on the roster, of those whom the user sees, by name. One query."""
    entries = RosterEntry.objects.visible_to(user).in_force(
        on=moment.on, as_of=moment.as_of
    )
    rows = entries.order_by("pk").values_list(
        "person_id",
        "person__uuid",
        "person__email",
        "person__user_id",
        "pk",
        "name",
        "team__name",
        "team__key",
        "audiences",
    )
    # A corrected roster may hold two entries of a person for a day: the last one counts.
    each = {
        row[0]: Member(row[4], row[5], row[6] or "", row[7], row[8], Known(*row[:4]))
        for row in rows
    }
    return sorted(each.values(), key=lambda entry: (entry.name, entry.pk))


def _records(courses: Iterable[Course], moment: Moment) -> _Records:
    """Return the completions up to the day. One query.

    Whose they are decides the roster, which holds visible people only.
    """
    found: dict[tuple[int, int], list[tuple[date, date | None]]] = defaultdict(list)
    rows = TrainingRecord.objects.believed(as_of=moment.as_of).filter(
        course__in=[course.pk for course in courses], completed_on__lte=moment.on
    )
    for course, person, on, until in rows.values_list(
        "course_id", "person_id", "completed_on", "valid_until"
    ):
        found[course, person].append((on, until))
    return found


def _completion(
    course: Course, roster: Iterable[Member], records: _Records, moment: Moment
) -> CourseStanding:
    people = [
        _standing(entry, records.get((course.pk, entry.person.pk), ()), moment.on)
        for entry in roster
        if is_required(audience=course.audience, audiences=entry.audiences)
    ]
    return CourseStanding(course, moment, people)


def _standing(
    entry: Member, records: Sequence[tuple[date, date | None]], on: date
) -> Standing:
    counting = [until for _, until in records if until is None or until >= on]
    lasting = [until for until in counting if until is not None]
    return Standing(
        entry=entry,
        is_held=bool(counting),
        valid_until=max(lasting) if lasting and len(lasting) == len(counting) else None,
        last_completed_on=max((day for day, _ in records), default=None),
    )


def _until(standing: Standing) -> date:
    """Return the last day of what counts; the end of the calendar where it has none."""
    return standing.valid_until or date.max
