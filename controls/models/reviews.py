"""When: schedules of recurring reviews, each occurrence, and pauses of its reminders."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import Q, Value

from controls.choices import IntervalUnit, ReviewKind, ReviewOutcome, ReviewState
from controls.models.append_only import AppendOnlyQuerySet
from controls.models.constraints import one_of, paired
from controls.models.duties import Duty
from controls.models.people import User
from controls.models.systems import Dated, ended, in_force


class ReviewScheduleQuerySet(models.QuerySet["ReviewSchedule"]):
    """Questions about schedules."""

    def in_force(self, *, on: date, as_of: datetime) -> ReviewScheduleQuerySet:
        """Schedules in force on a date, by what was recorded as of an instant."""
        return self.filter(in_force(on=on, as_of=as_of))

    def visible_to(self, user: User) -> ReviewScheduleQuerySet:
        """Those of visible duties."""
        return self.filter(duty__in=Duty.objects.visible_to(user))


ReviewScheduleManager = models.Manager.from_queryset(ReviewScheduleQuerySet)


class ReviewSchedule(Dated):
    """How often a duty is reviewed, counted from an anchor, and who is told when.

    It is never changed: it ends, and another one starts.
    """

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="schedules")
    kind = models.CharField(max_length=20, choices=ReviewKind.choices)
    title = models.CharField(max_length=200)
    every = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=10, choices=IntervalUnit.choices)
    anchor_on = models.DateField()
    """The grid is counted from this day; an anchor on the 31st gives a month's last."""
    lead_days = models.JSONField(default=list, blank=True)
    """Days before the due day on which owners are reminded, largest first."""
    overdue_every_days = models.PositiveSmallIntegerField(default=7)
    """While overdue, owners are reminded again after so many days; 0: never again."""
    escalate_after_days = models.PositiveSmallIntegerField(default=14)
    """The team's manager is told when it is overdue for so many days; 0: never."""
    cadence_key = models.SlugField(max_length=80, blank=True)
    source = models.CharField(max_length=120, blank=True)
    """Who says so, as printed: `PCI DSS 1.2.7`, or the organisation's own policy."""

    objects = ReviewScheduleManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "cadence_key"],
                condition=Q(ended_at__isnull=True) & ~Q(cadence_key=""),
                name="reviewschedule_cadence_once",
            ),
            one_of("reviewschedule", "kind", ReviewKind),
            one_of("reviewschedule", "unit", IntervalUnit),
            models.CheckConstraint(
                condition=Q(every__gte=1), name="reviewschedule_every_positive"
            ),
            *ended("reviewschedule"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, every {self.every} {self.unit}"


class ReviewQuerySet(models.QuerySet["Review"]):
    """Questions about reviews."""

    def visible_to(self, user: User) -> ReviewQuerySet:
        """Those of visible duties."""
        return self.filter(schedule__duty__in=Duty.objects.visible_to(user))

    def open(self) -> ReviewQuerySet:
        """Reviews that wait to be done: not completed, and neither schedule nor duty
        ended.
        """
        return self.filter(
            completed_at__isnull=True,
            schedule__ended_at__isnull=True,
            schedule__duty__ended_at__isnull=True,
        )

    def open_at(self, *, on: date, as_of: datetime) -> ReviewQuerySet:
        """Reviews that waited at a moment:

        opened and not completed by then, of schedules and duties in force.
        """
        schedules = ReviewSchedule.objects.in_force(on=on, as_of=as_of)
        duties = Duty.objects.in_force(on=on, as_of=as_of)
        waiting = Q(completed_at__isnull=True) | Q(completed_at__gt=as_of)
        return self.filter(
            waiting, opened_at__lte=as_of, schedule__in=schedules, schedule__duty__in=duties
        )

    def overdue(self, *, on: date) -> ReviewQuerySet:
        """Open reviews whose due day has passed. Overdue is asked, never stored."""
        return self.open().filter(due_on__lt=on)

    def with_state(self, *, on: date) -> ReviewQuerySet:
        """Annotate `state`: open, completed, or ended with its schedule or duty; and
        `overdue` on a day; and until when it is `quiet`, if anybody said so.
        """
        ended = Q(schedule__ended_at__isnull=False) | Q(
            schedule__duty__ended_at__isnull=False
        )
        snoozes = ReviewSnooze.objects.filter(review=models.OuterRef("pk")).order_by("-pk")
        return self.annotate(
            state=models.Case(
                models.When(completed_at__isnull=False, then=Value(ReviewState.COMPLETED)),
                models.When(ended, then=Value(ReviewState.ENDED)),
                default=Value(ReviewState.OPEN),
                output_field=models.CharField(),
            ),
            overdue=models.Case(
                models.When(
                    ~ended & Q(completed_at__isnull=True, due_on__lt=on),
                    then=Value(True),  # noqa: FBT003 - the value of an SQL expression
                ),
                default=Value(False),  # noqa: FBT003
                output_field=models.BooleanField(),
            ),
            quiet_until=models.Subquery(snoozes.values("until")[:1]),
        )

    def due_by(self, day: date) -> ReviewQuerySet:
        """Open reviews that are due on or before a day."""
        return self.open().filter(due_on__lte=day)


ReviewManager = models.Manager.from_queryset(ReviewQuerySet)


class Review(models.Model):
    """One occurrence of a schedule.

    A review whose proof was taken back opens again as a further attempt at the same day.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    schedule = models.ForeignKey(
        ReviewSchedule, on_delete=models.PROTECT, related_name="reviews"
    )
    due_on = models.DateField()
    attempt = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_on = models.DateField(null=True, blank=True)
    """The day on which the work was done, which may be before it was recorded."""
    outcome = models.CharField(max_length=20, choices=ReviewOutcome.choices, blank=True)
    remark = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ReviewManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "due_on", "attempt"], name="review_attempt_once"
            ),
            models.UniqueConstraint(
                fields=["schedule", "due_on"],
                condition=Q(completed_at__isnull=True),
                name="review_one_open_a_day",
            ),
            paired("review", "completed"),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True, outcome="", done_on__isnull=True)
                | Q(
                    completed_at__isnull=False,
                    outcome__in=list(ReviewOutcome.values),
                    done_on__isnull=False,
                ),
                name="review_completed_with_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=Q(completed_at__isnull=True),
                name="review_open_by_day",  # asked by every sweep of reminders
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule.title}, due {self.due_on}"

    @property
    def occurrence(self) -> str:
        """Return what a reminder's key holds: the due day, and the attempt after the
        first.
        """
        suffix = f"#{self.attempt}" if self.attempt > 1 else ""
        return f"{self.due_on}{suffix}"


class ReviewSnoozeQuerySet(AppendOnlyQuerySet["ReviewSnooze"]):
    """Questions about pauses."""

    def visible_to(self, user: User) -> ReviewSnoozeQuerySet:
        """Those of visible reviews."""
        return self.filter(review__in=Review.objects.visible_to(user))


ReviewSnoozeManager = models.Manager.from_queryset(ReviewSnoozeQuerySet)


class ReviewSnooze(models.Model):
    """That reminders of a review keep quiet until a day, and why. Append-only.

    The newest one counts; the due day stays.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="snoozes")
    until = models.DateField()
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ReviewSnoozeManager()

    class Meta:
        verbose_name = "snooze"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="reviewsnooze_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} until {self.until}"
