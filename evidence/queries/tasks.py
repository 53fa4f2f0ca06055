"""Reviews as tasks: whose they are, what was handed in for them, and why they are asked.

Everything here is asked in a fixed number of queries, however many reviews there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from controls.choices import ClaimStance
from controls.models import (
    Duty,
    DutyClaim,
    Layer,
    Membership,
    Review,
    ServiceVariant,
    Team,
    User,
)
from controls.rules.explanation import Names
from evidence.choices import VerdictState
from evidence.models import Evidence, EvidenceLink
from evidence.rules import asking

RELATED = (
    "schedule__duty__responsibility__system__owner_team",
    "schedule__duty__responsibility__system__provider",
    "schedule__duty__responsibility__control",
    "schedule__duty__responsibility__part",
    "schedule__duty__responsibility__latest_decision__owner_team",
)
"""What a line about a review says of its duty."""


@dataclass(frozen=True, slots=True)
class Task:
    """A review as somebody's work, on a day."""

    review: Review
    on: date
    teams: tuple[Team, ...]
    """Those that claim the duty; none: nobody does."""
    offer: Evidence | None
    """The newest piece that was handed in for it and not withdrawn."""
    why: str

    @property
    def duty(self) -> Duty:
        """Return the duty that it reviews."""
        return self.review.schedule.duty

    @property
    def days_late(self) -> int:
        """Return for how many days it has been overdue; zero where it is not."""
        return max(0, (self.on - self.review.due_on).days)

    @property
    def late_words(self) -> str:
        """Return `9 days late`; empty where it is not late."""
        if not self.days_late:
            return ""
        return "1 day late" if self.days_late == 1 else f"{self.days_late} days late"

    @property
    def state(self) -> str:
        """Return the state of what was handed in; empty where nothing was."""
        if self.offer is None or self.offer.latest_verdict is None:
            return ""
        return self.offer.latest_verdict.state

    @property
    def is_waiting(self) -> bool:
        """Say whether it waits for a second person, not for the team."""
        return self.state == VerdictState.SUBMITTED

    @property
    def came_back(self) -> bool:
        """Say whether what was handed in was rejected."""
        return self.state == VerdictState.REJECTED


def of_person(user: User) -> QuerySet[Review]:
    """Return the open reviews of duties that a team of the person's claims; and of those
    that nobody claims, where such a team owns the system or the responsibility.
    """
    teams = Membership.objects.held_by(user).values("team")
    claims = DutyClaim.objects.open().filter(
        duty=OuterRef("schedule__duty"), stance=ClaimStance.CLAIMS
    )
    responsibility = "schedule__duty__responsibility"
    owned = Q(**{f"{responsibility}__system__owner_team__in": teams}) | Q(
        **{f"{responsibility}__latest_decision__owner_team__in": teams}
    )
    ours = Q(Exists(claims.filter(team__in=teams))) | (owned & ~Exists(claims))
    return Review.objects.visible_to(user).open().filter(ours)


def tasks(
    reviews: QuerySet[Review] | Iterable[Review],
    *,
    on: date,
    reader: str = asking.OWNER,
) -> list[Task]:
    """Return the reviews, in their order, each with its teams, its newest proof and why it
    is asked. Five queries; `reviews` must come with RELATED.
    """
    found = list(reviews)
    if not found:
        return []
    duties = [review.schedule.duty for review in found]
    teams, offers = claiming(duties), offers_for(found)
    names = names_of(duties)
    return [
        Task(
            review=review,
            on=on,
            teams=teams.get(duty.pk, ()),
            offer=next(iter(offers.get(review.pk, ())), None),
            why=because(duty, names, reader),
        )
        for review, duty in zip(found, duties, strict=True)
    ]


def claiming(duties: Iterable[Duty]) -> Mapping[int, tuple[Team, ...]]:
    """Return duty id → the teams that claim it. One query."""
    found: dict[int, list[Team]] = defaultdict(list)
    rows = DutyClaim.objects.open().filter(
        duty__in={duty.pk for duty in duties}, stance=ClaimStance.CLAIMS
    )
    for claim in rows.select_related("team").order_by("team__name"):
        found[claim.duty_id].append(claim.team)
    return {duty: tuple(teams) for duty, teams in found.items()}


def offers_for(reviews: Iterable[Review]) -> Mapping[int, list[Evidence]]:
    """Return review id → what is offered for it and was not withdrawn, newest first. One
    query.

    Whoever sees a review sees what is offered for its responsibility.
    """
    found: dict[int, list[Evidence]] = defaultdict(list)
    rows = (
        EvidenceLink.objects.open()
        .filter(review__in={review.pk for review in reviews})
        .exclude(evidence__latest_verdict__state=VerdictState.WITHDRAWN)
        .select_related(
            "evidence__team",
            "evidence__latest_verdict__by",
            "evidence__latest_version__artifact",
            "evidence__latest_version__by",
        )
        .order_by("-evidence")
    )
    for link in rows:
        assert link.review_id is not None  # noqa: S101 - filtered by it
        found[link.review_id].append(link.evidence)
    return found


def names_of(duties: Iterable[Duty]) -> Names:
    """Return what the layers and services of duties are called. Two queries."""
    keys = {key for duty in duties for key in duty.services}
    variants = ServiceVariant.objects.filter(key__in=keys)
    return Names(
        provider="",
        layers=dict(Layer.objects.values_list("code", "name")),
        variants=dict(variants.values_list("key", "name")),
    )


def because(duty: Duty, names: Names, reader: str) -> str:
    """Return the sentence that says why a duty is the team's."""
    provider = duty.responsibility.system.provider.name
    return asking.because(
        task=duty.task,
        layers=duty.layers,
        services=duty.services,
        names=Names(provider, names.layers, names.variants),
        reader=reader,
    )


def sorted_by_need(found: Sequence[Task]) -> dict[str, Any]:
    """Return the tasks by what is to be done: what came back, what is late, what is due
    within seven days, what later, and what waits for a second person.
    """
    parts: dict[str, list[Task]] = {
        name: [] for name in ("came_back", "late", "week", "later", "waiting")
    }
    for task in found:
        parts[_need(task)].append(task)
    return parts


def _need(task: Task) -> str:
    if task.is_waiting:
        return "waiting"
    if task.came_back:
        return "came_back"
    if task.days_late:
        return "late"
    return "week" if (task.review.due_on - task.on).days <= 7 else "later"
