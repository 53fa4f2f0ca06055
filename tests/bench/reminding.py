"""What reminding costs: who is due among ten thousand reviews, and a sweep that tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.utils import timezone

from controls.choices import ClaimStance, DutyTask, IntervalUnit, ReviewKind
from controls.models import Duty, DutyClaim, Responsibility, Review, ReviewSchedule
from controls.queries.reminders import due
from controls.services import reminders
from controls.services.clock import day
from controls.services.setup import system_user
from tests.bench.ground import BATCH, Ground
from tests.bench.measuring import Aim, Line, measure

REVIEWS = 10_000


def reminding(ground: Ground) -> Iterator[Line]:
    """The scan, the sweep that writes what is due, and the one after it."""
    _seed(ground)
    at = timezone.now()
    size = f"{REVIEWS} reviews"
    yield Line("find who is due", size, measure(lambda: due(at=at), times=3), Aim(0.3, 8))
    first = measure(lambda: reminders.queue_due(at=at))
    yield Line("sweep, and write it down", f"{len(due(at=at))} left", first)
    again = measure(lambda: reminders.queue_due(at=at), times=3)
    yield Line("sweep again", "0 new", again, Aim(0.3, 12))


def _seed(ground: Ground) -> None:
    """Write reviews over a year, of duties that the member's team claims."""
    _ = ground.system, ground.member
    at, by, today = ground.at, system_user(), day(timezone.now())
    owned = Responsibility.objects.filter(latest_decision__isnull=False).order_by("pk")
    duties = Duty.objects.bulk_create(
        (
            Duty(
                responsibility=row,
                decision=row.latest_decision,
                task=DutyTask.DO,
                what=f"Duty of {row.pk}",
                since=day(at),
                started_at=at,
                started_by=by,
            )
            for row in owned.select_related("latest_decision")
            if row.latest_decision is not None
        ),
        batch_size=BATCH,
    )
    DutyClaim.objects.bulk_create(
        (
            DutyClaim(
                duty=duty,
                team=ground.team,
                stance=ClaimStance.CLAIMS,
                since=day(at),
                started_at=at,
                started_by=by,
            )
            for duty in duties
        ),
        batch_size=BATCH,
    )
    schedules = ReviewSchedule.objects.bulk_create(
        (
            ReviewSchedule(
                duty=duties[number % len(duties)],
                kind=ReviewKind.PATCHING,
                title=f"Review {number}",
                every=12,
                unit=IntervalUnit.MONTHS,
                anchor_on=today,
                lead_days=[30, 7, 1],
                since=day(at),
                started_at=at,
                started_by=by,
            )
            for number in range(REVIEWS)
        ),
        batch_size=50,
    )
    Review.objects.bulk_create(
        (
            Review(
                schedule=schedule,
                due_on=today + timedelta(days=number % 365 - 10),
                opened_at=at,
            )
            for number, schedule in enumerate(schedules)
        ),
        batch_size=BATCH,
    )


ROWS: dict[str, Callable[[Ground], Iterator[Line]]] = {"reminding": reminding}
