"""The register of training: everybody on the roster with each course they must hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from controls.choices import AuditVerb, ClaimStance
from controls.models import (
    AuditEvent,
    Decision,
    DutyClaim,
    Responsibility,
    System,
    Team,
)
from controls.rules.moments import Moment
from evidence.exports.sources import Beside, People, streamed
from evidence.exports.tables import Asked, Register, Row, columns
from evidence.models import Course, Evidence, RosterEntry, TrainingRecord
from evidence.rules.training import is_required

COLUMNS = columns("""
person uuid the person on the roster
email token their address
name text what they are called on the roster
team token key of their team
audiences words what they belong to
course token key of the course
course_title text what it is called
course_audience text who must hold it; empty: everybody
state token `current`, `expired`, or `missing`: never completed by then
completed_on date when they completed it
valid_until date last day on which that counts; empty: for ever
score text how they did
evidence token short name of the certificate, where you may see it
source token how the record came in
record uuid the training record
recorded_at instant when it was recorded
recorded_by uuid who recorded it
recorded_by_name text what they were called
""")

CURRENT, EXPIRED, MISSING = "current", "expired", "missing"
RECORD = (
    "course_id",
    "completed_on",
    "valid_until",
    "score",
    "evidence_id",
    "source",
    "uuid",
    "recorded_at",
    "recorded_by_id",
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A course as it was at the moment."""

    pk: int
    key: str
    title: str
    audience: str


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each person on the roster and each course they must hold.

    Six queries, one more with `system=`. Of several records the one shown counts longest.
    """
    moment, people = asked.moment, People(as_of=asked.moment.as_of)
    held, roster = _courses(moment), _roster(asked)
    shown = _certificates(asked)
    records = Beside(_records(asked, roster))
    for person, *about in _one_each(
        streamed(
            roster.order_by("person_id", "pk").values_list(
                "person_id",
                "person__uuid",
                "person__email",
                "name",
                "team__key",
                "audiences",
            )
        )
    ):
        theirs: dict[int, list[Row]] = defaultdict(list)
        for course, *record in records.of(person):
            theirs[course].append(tuple(record))
        for course in held:
            if is_required(audience=course.audience, audiences=about[-1]):
                yield (
                    *about,
                    *(course.key, course.title, course.audience),
                    *_standing(theirs[course.pk], moment.on, people, shown),
                )


def _one_each(entries: Iterable[Row]) -> Iterator[Row]:
    """Yield one entry for a person, the last: a corrected roster may hold two for a day."""
    last: Row | None = None
    for entry in entries:
        if last is not None and last[0] != entry[0]:
            yield last
        last = entry
    if last is not None:
        yield last


def _standing(records: list[Row], on: date, people: People, shown: set[int]) -> Row:
    """Return state, days, certificate and origin of the record that counts longest."""
    if not records:
        return (MISSING, *(None,) * 9)
    best = max(records, key=lambda record: (record[1] or date.max, record[0]))
    completed_on, until, score, proof, *origin, by = best
    return (
        CURRENT if until is None or until >= on else EXPIRED,
        completed_on,
        until,
        score,
        f"EV-{proof}" if proof in shown else None,
        *origin,
        *people.told(by),
    )


def _courses(moment: Moment) -> list[_Held]:
    """Return the courses that were held, as they were then. Two queries.

    A course is changed in place; the first change recorded since says how it was before.
    """
    since = AuditEvent.objects.filter(
        verb=AuditVerb.COURSE_CHANGED,
        at__gt=moment.as_of,
        target_uuid__in=Course.objects.values("uuid"),
    )
    were = dict(since.order_by("-seq").values_list("target_uuid", "before"))
    found = []
    for course in Course.objects.held(as_of=moment.as_of).order_by("pk"):
        then: Any = were.get(course.uuid) or {}
        found.append(
            _Held(
                pk=course.pk,
                key=course.key,
                title=then.get("title", course.title),
                audience=then.get("audience", course.audience),
            )
        )
    return found


def _roster(asked: Asked) -> QuerySet[RosterEntry]:
    """Return who was on the roster, of those whom the person may see."""
    moment = asked.moment
    entries = RosterEntry.objects.visible_to(asked.user).in_force(
        on=moment.on, as_of=moment.as_of
    )
    if asked.team:
        entries = entries.filter(team=asked.team)
    if asked.system:
        entries = entries.filter(team__in=_teams_in(asked.system, moment))
    return entries


def _teams_in(system: System, moment: Moment) -> QuerySet[Team]:
    """Return the teams that answered for a control of the system or claimed a duty in it.

    Not its owner: that is changed in place, and would change the register of an earlier
    day.
    """
    on, as_of = moment.on, moment.as_of
    standing = Responsibility.objects.standing(on=on, as_of=as_of).filter(system=system)
    decided = Decision.objects.filter(responsibility__in=standing)
    owners = decided.believed(on=on, as_of=as_of).values("owner_team")
    claims = DutyClaim.objects.in_force(on=on, as_of=as_of).filter(
        duty__responsibility__system=system, stance=ClaimStance.CLAIMS
    )
    return Team.objects.filter(Q(pk__in=owners) | Q(pk__in=claims.values("team")))


def _records(asked: Asked, roster: QuerySet[RosterEntry]) -> QuerySet[Any, Any]:
    records = TrainingRecord.objects.believed(as_of=asked.moment.as_of).filter(
        completed_on__lte=asked.moment.on, person__in=roster.values("person")
    )
    return records.order_by("person_id", "course_id", "pk").values_list(
        "person_id", *RECORD
    )


def _certificates(asked: Asked) -> set[int]:
    """Return the certificates that the person may see."""
    visible = Evidence.objects.visible_to(asked.user)
    used = TrainingRecord.objects.filter(evidence__isnull=False).values("evidence")
    return set(visible.filter(pk__in=used).values_list("pk", flat=True))


REGISTER = Register(
    name="training",
    meaning="Everybody on the roster with each course they must hold: current, expired "
    "or missing.",
    order="the order in which people and courses were recorded",
    system="people of teams that answer for a control of the system or claim a duty in it",
    team="people of the team",
    on="who is on the roster, and which completions count",
    columns=COLUMNS,
    rows=rows,
)
