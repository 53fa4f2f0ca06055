"""What waits for one person on a day: their teams' reviews, verdicts, and reminders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from controls.choices import Answer, ReminderChannel, ReminderSubject, SystemKind
from controls.models import (
    Derivation,
    Membership,
    Reminder,
    Responsibility,
    Review,
    Team,
    User,
)
from controls.queries.overview import in_scope_on
from controls.rules.moments import Moment
from evidence.choices import VerdictState
from evidence.models import Evidence
from evidence.queries import tasks
from evidence.queries.pieces import shown
from evidence.queries.tasks import Task
from evidence.queries.verdicts import waiting_for

AHEAD = timedelta(days=30)
MOST_TASKS = 60
"""On the page; of the rest, how many they are, behind a link."""
MOST_VERDICTS = 10
MOST_REMINDERS = 20
NOTHING_FROM_US = (Answer.INHERITED, Answer.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Told:
    """A reminder in the app, and the review that it is about, if it is there to be seen."""

    reminder: Reminder
    review: Review | None


@dataclass(frozen=True, slots=True)
class Proof:
    """How the evidence of a person's teams stands."""

    current: int
    ending: int
    waiting: int
    returned: int


@dataclass(frozen=True, slots=True)
class MyWork:
    """The page of one person."""

    teams: tuple[Team, ...]
    tasks: Sequence[Task]
    left_out: int
    next_due_on: date | None
    """When something is due after the days that the page looks ahead."""
    verdicts: Sequence[Evidence]
    verdict_count: int
    reminders: Sequence[Told]
    proof: Proof
    controls: int
    asked_nothing: int


def my_work(*, user: User, moment: Moment) -> MyWork:
    """Return what waits for the person. Fifteen queries at most, at any size."""
    last = moment.on + AHEAD
    mine = tasks.of_person(user)
    rows = mine.filter(due_on__lte=last).select_related(*tasks.RELATED)
    counted = mine.aggregate(
        due=Count("pk", filter=Q(due_on__lte=last)),
        after=Min("due_on", filter=Q(due_on__gt=last)),
    )
    shown_tasks = tasks.tasks(rows.order_by("due_on", "pk")[:MOST_TASKS], on=moment.on)
    waiting = waiting_for(user)
    verdicts = list(shown(waiting).order_by("pk")[:MOST_VERDICTS])
    few = len(verdicts) < MOST_VERDICTS
    answers = _answers(user, moment)
    return MyWork(
        teams=tuple(Team.objects.filter(pk__in=user.team_roles()).order_by("name")),
        tasks=shown_tasks,
        left_out=counted["due"] - len(shown_tasks),
        next_due_on=counted["after"],
        verdicts=verdicts,
        verdict_count=len(verdicts) if few else waiting.count(),
        reminders=_reminders(user),
        proof=_proof(user, moment),
        controls=answers.total(),
        asked_nothing=sum(answers[answer] for answer in NOTHING_FROM_US),
    )


def _reminders(user: User) -> list[Told]:
    """Return the newest reminders in the app. Two queries."""
    rows = Reminder.objects.filter(
        recipient=user,
        channel=ReminderChannel.IN_APP,
        subject_type=ReminderSubject.REVIEW,
    )
    newest = list(rows.order_by("-pk")[:MOST_REMINDERS])
    reviews = {
        review.uuid: review
        for review in Review.objects.visible_to(user)
        .filter(uuid__in={reminder.subject_uuid for reminder in newest})
        .select_related(
            "schedule__duty__responsibility__system",
            "schedule__duty__responsibility__control",
            "schedule__duty__responsibility__part",
        )
    }
    return [Told(reminder, reviews.get(reminder.subject_uuid)) for reminder in newest]


def _proof(user: User, moment: Moment) -> Proof:
    """Count what the person's teams handed in. One query."""
    accepted = Q(latest_verdict__state=VerdictState.ACCEPTED)
    lasting = Q(latest_version__expires_on__isnull=True) | Q(
        latest_version__expires_on__gte=moment.on
    )
    ending = Q(
        latest_version__expires_on__gte=moment.on,
        latest_version__expires_on__lte=moment.on + AHEAD,
    )
    counts = Evidence.objects.filter(team__in=_teams(user)).aggregate(
        current=Count("pk", filter=accepted & lasting),
        ending=Count("pk", filter=accepted & ending),
        waiting=Count("pk", filter=Q(latest_verdict__state=VerdictState.SUBMITTED)),
        returned=Count("pk", filter=Q(latest_verdict__state=VerdictState.REJECTED)),
    )
    return Proof(**counts)


def _answers(user: User, moment: Moment) -> Counter[str]:
    """Count the answers of the controls of the systems that the person's teams own."""
    responsibilities = Responsibility.objects.visible_to(user).filter(
        in_scope_on(moment.on),
        system__owner_team__in=_teams(user),
        system__kind=SystemKind.WORKLOAD,
        part__isnull=True,
    )
    rows = (
        Derivation.objects.filter(responsibility__in=responsibilities)
        .believed(on=moment.on, as_of=moment.as_of)
        .order_by()
        .values("answer")
        .annotate(count=Count("pk"))
    )
    return Counter({row["answer"]: row["count"] for row in rows})


def _teams(user: User) -> QuerySet[Any, Any]:
    return Membership.objects.held_by(user).values("team")
