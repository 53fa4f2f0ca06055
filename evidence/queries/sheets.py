"""Everything that one review's page says: what is asked, of whom, and what came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q

from controls.choices import (
    ClaimStance,
    IntervalUnit,
    MembershipRole,
    ReminderChannel,
)
from controls.models import (
    Duty,
    DutyClaim,
    Membership,
    Reminder,
    Review,
    ReviewSnooze,
    Team,
    User,
)
from controls.queries.explaining import Stratum, tell
from controls.rules import cadence
from controls.rules.permissions import RANKS
from evidence.models import Evidence
from evidence.queries import tasks
from evidence.queries.tasks import Task
from evidence.rules import asking

LAST = 6
MOST_REMINDERS = 12
MOST_NAMED = 2
JUDGING = tuple(
    role for role, rank in RANKS.items() if rank >= RANKS[MembershipRole.APPROVER]
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A review of the same schedule that was completed, and what proved it."""

    review: Review
    proof: Sequence[Evidence]

    @property
    def days(self) -> int:
        """Return how many days late it was done; negative: early."""
        done = self.review.done_on or self.review.due_on
        return (done - self.review.due_on).days


@dataclass(frozen=True, slots=True)
class Sheet:
    """One review with all around it."""

    task: Task
    offers: Sequence[Evidence]
    """What is offered for it and was not withdrawn, newest first."""
    claims: Sequence[DutyClaim]
    disputes: Sequence[DutyClaim]
    strata: Sequence[Stratum]
    earlier: Sequence[Earlier]
    next: Review | None
    """The review of the same schedule that waits, where this one is completed."""
    snooze: ReviewSnooze | None
    told: Sequence[Reminder]


def find(*, user: User, uuid: UUID | str) -> Review | None:
    """Return the review, if the person may see it, with what its page needs. One query."""
    rows = Review.objects.visible_to(user).select_related(
        *tasks.RELATED, "schedule__duty__decision__derivation", "completed_by"
    )
    return rows.filter(uuid=uuid).first()


def sheet(*, review: Review, user: User, on: date) -> Sheet:
    """Return what the page of a review says. Thirteen queries, whatever its history."""
    duty = review.schedule.duty
    reader = asking.OWNER if user.team_roles() else asking.WORKSPACE
    (task,) = tasks.tasks([review], on=on, reader=reader)
    said = list(
        DutyClaim.objects.open()
        .filter(duty=duty)
        .select_related("team", "started_by")
        .order_by("team__name")
    )
    before = list(
        Review.objects.filter(
            schedule=review.schedule, completed_at__isnull=False, due_on__lte=review.due_on
        )
        .exclude(pk=review.pk)
        .select_related("completed_by")
        .order_by("-due_on", "-attempt")[:LAST]
    )
    offers = tasks.offers_for([review, *before])
    return Sheet(
        task=task,
        offers=offers.get(review.pk, ()),
        claims=[claim for claim in said if claim.stance == ClaimStance.CLAIMS],
        disputes=[claim for claim in said if claim.stance == ClaimStance.DISPUTES],
        strata=_strata(duty),
        earlier=[Earlier(row, offers.get(row.pk, ())) for row in before],
        next=_next(review),
        snooze=ReviewSnooze.objects.filter(review=review)
        .select_related("by")
        .order_by("-pk")
        .first(),
        told=_told(review, user),
    )


def judges(teams: Iterable[Team | None], *, but: Iterable[int]) -> Mapping[str, list[str]]:
    """Return team → the people who may judge for it, but for some: two names at most, by
    name. One query.
    """
    rows = Membership.objects.current().filter(
        team__in={team.pk for team in teams if team is not None}, role__in=JUDGING
    )
    found: dict[str, list[str]] = {}
    for member in (
        rows.exclude(user__in=set(but))
        .select_related("user", "team")
        .order_by("team__name", "user__name")
    ):
        named = found.setdefault(member.team.name, [])
        if len(named) < MOST_NAMED:
            named.append(member.user.name)
    return found


def period(review: Review, *, on: date) -> tuple[date, date]:
    """Return the days that proof of a review usually covers: the interval that ends on its
    due day, as far as it has passed.
    """
    schedule = review.schedule
    until = min(review.due_on, on)
    try:
        begin = cadence.occurrence(
            anchor=review.due_on,
            every=schedule.every,
            unit=IntervalUnit(schedule.unit),
            number=-1,
        )
    except (OverflowError, ValueError):
        begin = until
    begin += timedelta(days=1)
    return min(begin, until), until


def _strata(duty: Duty) -> Sequence[Stratum]:
    provider = duty.responsibility.system.provider
    return tell(duty.decision.derivation, provider).strata


def _next(review: Review) -> Review | None:
    later = Q(due_on__gt=review.due_on) | Q(
        due_on=review.due_on, attempt__gt=review.attempt
    )
    rows = Review.objects.open().filter(later, schedule=review.schedule)
    return rows.order_by("due_on", "attempt").first()


def _told(review: Review, user: User) -> list[Reminder]:
    # Each is told in the app, and by mail besides: once is enough to say.
    rows = Reminder.objects.visible_to(user).filter(
        subject_uuid=review.uuid, channel=ReminderChannel.IN_APP
    )
    return list(rows.select_related("recipient", "team").order_by("-pk")[:MOST_REMINDERS])
