"""What the GRC lead looks at on a Monday: what is late, runs out, or is nobody's."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from controls.models import Duty, Review, User
from controls.rules.moments import Moment
from evidence.queries import shelf
from evidence.queries.calendar import HeatMap, heat
from evidence.queries.training import completions
from evidence.queries.verdicts import waiting_for


@dataclass(frozen=True, slots=True)
class Monday:
    """Counts of proof and of work, each the length of a list that a person may open."""

    heat: HeatMap
    overdue: int
    expiring: int
    expired: int
    verdicts: int
    duties: int
    nobodys: int
    in_dispute: int
    claimed_twice: int
    people: int
    untrained: int
    """People of the roster who miss a course that they must hold."""


def monday(*, user: User, moment: Moment) -> Monday:
    """Return how proof and work stand that the person sees. Ten queries, at any size."""
    counts = shelf.counts(shelf.Asked(), user=user, on=moment.on)
    duties = (
        Duty.objects.visible_to(user)
        .filter(ended_at__isnull=True)
        .with_claims(on=moment.on, as_of=moment.as_of)
        .aggregate(
            duties=Count("pk"),
            # A count that were called as what it counts would count itself.
            nobodys=Count("pk", filter=Q(unowned=True)),
            in_dispute=Count("pk", filter=Q(disputed=True)),
            claimed_twice=Count("pk", filter=Q(double_claimed=True)),
        )
    )
    people, untrained = training_gap(user=user, moment=moment)
    return Monday(
        heat=heat(user=user, on=moment.on),
        overdue=Review.objects.visible_to(user).overdue(on=moment.on).count(),
        expiring=counts[shelf.ENDING],
        expired=counts[shelf.EXPIRED],
        verdicts=waiting_for(user).count(),
        people=people,
        untrained=untrained,
        **duties,
    )


def training_gap(*, user: User, moment: Moment) -> tuple[int, int]:
    """Return how many people must hold a course, and how many of them miss one, among those
    whom the person sees. Four queries.
    """
    courses = completions(user=user, moment=moment)
    people = {one.entry.person.pk for course in courses for one in course.people}
    missing = {one.entry.person.pk for course in courses for one in course.missing}
    return len(people), len(missing)
