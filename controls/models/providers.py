"""Providers, layers, service variants and the facts of a knowledge release."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from controls.choices import (
    Confidence,
    IntervalUnit,
    LayerScope,
    LayerValue,
    ReviewKind,
    ServiceModel,
)
from controls.models.constraints import one_of, paired
from controls.models.people import User

OWN_KEY = "own."
"""What the key of a service begins with that the organisation added."""


class Provider(models.Model):
    """Who runs what a system leans on. AWS is the one that is there."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100, help_text="As written in sentences: AWS.")
    full_name = models.CharField(max_length=200)
    letter = models.CharField(max_length=1, help_text="The mark of inherited controls.")

    def __str__(self) -> str:
        return self.name


class KnowledgeRelease(models.Model):
    """A version of the shipped facts, with the hash of what was loaded."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.CharField(max_length=40, unique=True)
    sha256 = models.CharField(max_length=64)
    published_on = models.DateField()
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.version


class Source(models.Model):
    """A document that facts rest on."""

    key = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=300)
    publisher = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=400, blank=True)
    year_seen = models.CharField(max_length=10, blank=True)

    def __str__(self) -> str:
        return self.title


class Layer(models.Model):
    """Something a party can carry: the guest OS, the engine, training …"""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=20, choices=LayerScope.choices)
    order = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [one_of("layer", "scope", LayerScope)]

    def __str__(self) -> str:
        return self.name


class ServiceVariantQuerySet(models.QuerySet["ServiceVariant"]):
    """Questions about service variants."""

    def own(self) -> ServiceVariantQuerySet:
        """Those that the organisation added to the shipped ones."""
        return self.filter(added_at__isnull=False)

    def visible_to(self, user: User) -> ServiceVariantQuerySet:
        """All of them: they hold no tenant data."""
        return self if user.is_active else self.none()


ServiceVariantManager = models.Manager.from_queryset(ServiceVariantQuerySet)


class ServiceVariant(models.Model):
    """A service in the form that decides who does what:

    `rds.custom_oracle`, `lambda.manual`.

    Shipped, or the organisation's own (`added_by`), with a key that begins with `own.`, so
    that no later release can mean another service by it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, related_name="variants"
    )
    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=150)
    iam_prefix = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=20, choices=ServiceModel.choices)
    patch_evidence_api = models.CharField(max_length=120, blank=True)
    confidence = models.CharField(max_length=1, choices=Confidence.choices)
    note = models.TextField(blank=True)
    """Of the organisation's own: what it is, and why it is of its model."""
    added_at = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = ServiceVariantManager()

    class Meta:
        constraints = [
            paired("servicevariant", "added"),
            models.CheckConstraint(
                condition=Q(added_at__isnull=True) | Q(key__startswith=OWN_KEY),
                name="servicevariant_own_key",
            ),
            one_of("servicevariant", "model", ServiceModel),
            one_of("servicevariant", "confidence", Confidence),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_own(self) -> bool:
        """Say whether the organisation added it."""
        return self.added_at is not None


class LayerFact(models.Model):
    """Who carries a layer, for a service model or for one variant, as one release says it.

    Facts of older releases stay: what was derived from them must remain explainable.
    """

    release = models.ForeignKey(
        KnowledgeRelease, on_delete=models.PROTECT, related_name="facts"
    )
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="facts")
    model = models.CharField(max_length=20, choices=ServiceModel.choices, blank=True)
    variant = models.ForeignKey(
        ServiceVariant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="facts",
    )
    value = models.CharField(max_length=30, choices=LayerValue.choices)
    note = models.CharField(max_length=400, blank=True)
    sources = models.CharField(max_length=200, blank=True)
    confidence = models.CharField(max_length=1, choices=Confidence.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(model="", variant__isnull=False)
                | ~Q(model="") & Q(variant__isnull=True),
                name="layerfact_model_or_variant",
            ),
            models.UniqueConstraint(
                fields=["release", "layer", "model"],
                condition=Q(variant__isnull=True),
                name="layerfact_one_per_model",
            ),
            models.UniqueConstraint(
                fields=["release", "layer", "variant"],
                condition=Q(variant__isnull=False),
                name="layerfact_one_per_variant",
            ),
            one_of("layerfact", "value", LayerValue),
            one_of("layerfact", "confidence", Confidence),
        ]

    def __str__(self) -> str:
        return f"{self.layer_id}: {self.value}"


class Cadence(models.Model):
    """How often a kind of work is due, and who says so.

    Offered as a default, never imposed.
    """

    release = models.ForeignKey(
        KnowledgeRelease, on_delete=models.PROTECT, related_name="cadences"
    )
    key = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=ReviewKind.choices)
    every = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=10, choices=IntervalUnit.choices)
    is_default = models.BooleanField(default=False)
    triggers = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=120)
    confidence = models.CharField(max_length=1, choices=Confidence.choices)
    layers = models.ManyToManyField(Layer, blank=True, related_name="cadences")
    control_ids = models.JSONField(default=list, blank=True)
    """Controls of NIST SP 800-53 rev 5 whose duties the cadence is offered for."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "key", "source", "every", "unit"], name="cadence_once"
            ),
            one_of("cadence", "kind", ReviewKind),
            one_of("cadence", "unit", IntervalUnit),
            models.CheckConstraint(
                condition=Q(every__gte=1), name="cadence_every_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: every {self.every} {self.unit} ({self.source})"
