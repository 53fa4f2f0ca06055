"""What the customer's part of a control asks for, and which team says it does it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from controls.choices import ClaimStance, DutyTask
from controls.models.constraints import one_of
from controls.models.people import Team, User
from controls.models.responsibilities import Decision, Responsibility
from controls.models.systems import Dated, ended, in_force


class DutyQuerySet(models.QuerySet["Duty"]):
    """Questions about duties."""

    def in_force(self, *, on: date, as_of: datetime) -> DutyQuerySet:
        """Duties in force on a date, by what was recorded as of an instant."""
        return self.filter(in_force(on=on, as_of=as_of))

    def visible_to(self, user: User) -> DutyQuerySet:
        """Those of visible responsibilities."""
        return self.filter(responsibility__in=Responsibility.objects.visible_to(user))

    def with_claims(self, *, on: date, as_of: datetime) -> DutyQuerySet:
        """Annotate `unowned`, `double_claimed` and `disputed`, as they stood at a moment.

        Unowned: it was in force and no team claimed it. Double-claimed: more than one did.
        Disputed: some team said that it was not its own.
        """
        claims = DutyClaim.objects.in_force(on=on, as_of=as_of).filter(duty=OuterRef("pk"))
        claiming = claims.filter(stance=ClaimStance.CLAIMS)
        several = (
            claiming.order_by()
            .values("duty")
            .annotate(count=models.Count("pk"))
            .filter(count__gt=1)
        )
        return self.annotate(
            unowned=Q(in_force(on=on, as_of=as_of)) & ~Q(Exists(claiming)),
            double_claimed=Exists(several.values("duty")),
            disputed=Exists(claims.filter(stance=ClaimStance.DISPUTES)),
        )

    def of_teams(self, teams: models.QuerySet[Any, Any]) -> DutyQuerySet:
        """Those that one of the teams claims now; `teams` is a query of teams or ids."""
        claims = DutyClaim.objects.filter(
            duty=OuterRef("pk"),
            team__in=teams,
            stance=ClaimStance.CLAIMS,
            ended_at__isnull=True,
        )
        return self.filter(Exists(claims))


DutyManager = models.Manager.from_queryset(DutyQuerySet)


class Duty(Dated):
    """Work that an approved decision leaves to the customer, from a day until it ends.

    `do`: layers that the customer carries, alone, beside the provider or for its own part.
    `check`: layers that the provider carries once the customer has set it up.
    """

    responsibility = models.ForeignKey(
        Responsibility, on_delete=models.PROTECT, related_name="duties"
    )
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="duties")
    """The approved revision that the duty began with."""
    task = models.CharField(max_length=10, choices=DutyTask.choices)
    what = models.CharField(max_length=400)
    layers = models.JSONField(default=list, blank=True)
    """Codes of the layers, in the control's order; empty where none was derived."""
    services = models.JSONField(default=list, blank=True)
    """Keys of the service variants on which the layers are the customer's."""
    version = models.PositiveIntegerField(default=1)

    objects = DutyManager()

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            models.UniqueConstraint(
                fields=["responsibility", "task"],
                condition=Q(ended_at__isnull=True),
                name="duty_one_open",
            ),
            one_of("duty", "task", DutyTask),
            *ended("duty"),
        ]

    def __str__(self) -> str:
        return f"{self.responsibility}: {self.what}"[:200]


class DutyClaimQuerySet(models.QuerySet["DutyClaim"]):
    """Questions about claims."""

    def in_force(self, *, on: date, as_of: datetime) -> DutyClaimQuerySet:
        """Claims in force on a date, by what was recorded as of an instant."""
        return self.filter(in_force(on=on, as_of=as_of))

    def open(self) -> DutyClaimQuerySet:
        """What nobody has taken back."""
        return self.filter(ended_at__isnull=True)

    def claiming(self) -> DutyClaimQuerySet:
        """By which teams say that a duty is theirs, and nobody has taken it back."""
        return self.open().filter(stance=ClaimStance.CLAIMS)

    def visible_to(self, user: User) -> DutyClaimQuerySet:
        """Those of visible duties."""
        return self.filter(duty__in=Duty.objects.visible_to(user))


DutyClaimManager = models.Manager.from_queryset(DutyClaimQuerySet)


class DutyClaim(Dated):
    """That a team says a duty is its own, or that it is not."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="claims")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="claims")
    stance = models.CharField(max_length=10, choices=ClaimStance.choices)
    reason = models.TextField(blank=True)

    objects = DutyClaimManager()

    class Meta:
        verbose_name = "claim"
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "team"],
                condition=Q(ended_at__isnull=True),
                name="dutyclaim_one_open",
            ),
            one_of("dutyclaim", "stance", ClaimStance),
            models.CheckConstraint(
                condition=~Q(stance=ClaimStance.DISPUTES) | ~Q(reason=""),
                name="dutyclaim_dispute_has_reason",
            ),
            *ended("dutyclaim"),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.stance} {self.duty_id}"
