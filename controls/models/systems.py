"""Where:

systems, the services each uses, the profiles in its scope, and overrides of layers.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import Q

from controls.choices import LayerValue, OrganizationRoleName, SystemKind
from controls.models.catalogs import Profile
from controls.models.constraints import one_of, ordered, paired
from controls.models.people import Membership, OrganizationRole, Team, User
from controls.models.providers import Layer, Provider, ServiceVariant


def ended(model: str) -> list[models.CheckConstraint]:
    """Return the constraints of a dated row:

    its end has a day, an instant and a person, or none of them.
    """
    day_with_instant = Q(ended_at__isnull=True, ended_on__isnull=True) | Q(
        ended_at__isnull=False, ended_on__isnull=False
    )
    return [
        paired(model, "ended"),
        models.CheckConstraint(
            condition=day_with_instant, name=f"{model}_ended_at_with_on"
        ),
        ordered(model, "since", "until"),
        ordered(model, "since", "ended_on"),
    ]


def in_force(*, on: date, as_of: datetime) -> Q:
    """Return the condition that a dated row holds on `on`, by what was recorded as of
    `as_of`.

    A row holds from `since` up to, not including, `until` (planned when it was recorded) or
    `ended_on` (said at `ended_at`, and believed from then on).
    """
    started = Q(started_at__lte=as_of, since__lte=on)
    return started & ~Q(until__lte=on) & ~Q(ended_at__lte=as_of, ended_on__lte=on)


class SystemQuerySet(models.QuerySet["System"]):
    """Questions about systems."""

    def visible_to(self, user: User) -> SystemQuerySet:
        """Systems of the user's teams, those where a team owns a responsibility, claims or
        disputes a duty, an auditor's scope; or all.
        """
        if user.sees_everything():
            return self
        teams = Membership.objects.held_by(user).values("team")
        owned = Q(owner_team__in=teams) | Q(
            pk__in=self.model.objects.filter(
                responsibilities__latest_decision__owner_team__in=teams,
                responsibilities__ended_at__isnull=True,
            ).values("pk")
        )
        claimed = self.model.objects.filter(
            responsibilities__duties__ended_at__isnull=True,
            responsibilities__duties__claims__team__in=teams,
            responsibilities__duties__claims__ended_at__isnull=True,
        )
        grants = OrganizationRole.objects.held_by(user).filter(
            role=OrganizationRoleName.AUDITOR
        )
        return self.filter(
            owned | Q(pk__in=claimed.values("pk")) | Q(pk__in=grants.values("systems"))
        )

    def organization(self) -> SystemQuerySet:
        """The system of kind `organization`, of which there is at most one."""
        return self.filter(kind=SystemKind.ORGANIZATION)


SystemManager = models.Manager.from_queryset(SystemQuerySet)


class System(models.Model):
    """What a team runs; or, of kind `organization`, the organisation with the layers it
    decides once.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    kind = models.CharField(
        max_length=20, choices=SystemKind.choices, default=SystemKind.WORKLOAD
    )
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="systems")
    owner_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="systems")
    has_custom_code = models.BooleanField("own code", default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = SystemManager()

    class Meta:
        constraints = [
            one_of("system", "kind", SystemKind),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind=SystemKind.ORGANIZATION),
                name="system_one_organization",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Dated(models.Model):
    """A row that holds from a day on:

    it may have a planned end, and ends once, said by somebody.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True


class SystemProfileQuerySet(models.QuerySet["SystemProfile"]):
    """Questions about the profiles in a system's scope."""

    def in_force(self, *, on: date, as_of: datetime) -> SystemProfileQuerySet:
        """Profiles in scope on a date, by what was recorded as of an instant."""
        return self.filter(in_force(on=on, as_of=as_of))

    def visible_to(self, user: User) -> SystemProfileQuerySet:
        """Those of visible systems."""
        return self.filter(system__in=System.objects.visible_to(user))


SystemProfileManager = models.Manager.from_queryset(SystemProfileQuerySet)


class SystemProfile(Dated):
    """A profile in a system's scope, from a date until it ends."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="scopes")
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="scopes")

    objects = SystemProfileManager()

    class Meta:
        verbose_name = "profile in scope"
        verbose_name_plural = "profiles in scope"
        constraints = [
            models.UniqueConstraint(
                fields=["system", "profile"],
                condition=Q(ended_at__isnull=True, until__isnull=True),
                name="systemprofile_one_open",
            ),
            *ended("systemprofile"),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.profile}"


class SystemServiceQuerySet(models.QuerySet["SystemService"]):
    """Questions about services in use."""

    def in_force(self, *, on: date, as_of: datetime) -> SystemServiceQuerySet:
        """Services in use on a date, by what was recorded as of an instant."""
        return self.filter(in_force(on=on, as_of=as_of))

    def visible_to(self, user: User) -> SystemServiceQuerySet:
        """Those of visible systems."""
        return self.filter(system__in=System.objects.visible_to(user))


SystemServiceManager = models.Manager.from_queryset(SystemServiceQuerySet)


class SystemService(Dated):
    """A service variant that a system uses, where, and from when until when."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="services")
    variant = models.ForeignKey(
        ServiceVariant, on_delete=models.PROTECT, related_name="uses"
    )
    accounts = models.JSONField(default=list, blank=True)
    regions = models.JSONField(default=list, blank=True)

    objects = SystemServiceManager()

    class Meta:
        verbose_name = "service in use"
        verbose_name_plural = "services in use"
        constraints = [
            models.UniqueConstraint(
                fields=["system", "variant"],
                condition=Q(ended_at__isnull=True, until__isnull=True),
                name="systemservice_one_open",
            ),
            *ended("systemservice"),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.variant}"


class LayerOverrideQuerySet(models.QuerySet["LayerOverride"]):
    """Questions about overrides."""

    def in_force(self, *, on: date, as_of: datetime) -> LayerOverrideQuerySet:
        """Overrides in force on a date, by what was recorded as of an instant."""
        return self.filter(in_force(on=on, as_of=as_of))

    def visible_to(self, user: User) -> LayerOverrideQuerySet:
        """Those of visible systems, and the organisation's own, which bind everybody."""
        return self.filter(
            Q(system__isnull=True) | Q(system__in=System.objects.visible_to(user))
        )


LayerOverrideManager = models.Manager.from_queryset(LayerOverrideQuerySet)


class LayerOverride(Dated):
    """A person's word on who carries a layer:

    for one system or all, one variant or all, with a reason.
    """

    system = models.ForeignKey(
        System, null=True, blank=True, on_delete=models.PROTECT, related_name="overrides"
    )
    variant = models.ForeignKey(
        ServiceVariant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="overrides",
    )
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="overrides")
    value = models.CharField(max_length=30, choices=LayerValue.choices)
    reason = models.TextField()

    objects = LayerOverrideManager()

    class Meta:
        verbose_name = "override"
        constraints = [
            *ended("layeroverride"),
            one_of("layeroverride", "value", LayerValue),
            models.CheckConstraint(
                condition=~Q(reason=""), name="layeroverride_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer}: {self.get_value_display()}"
