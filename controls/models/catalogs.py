"""What must be true: catalogs, controls, their parts, profiles and mappings."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from controls.choices import Confidence, MappingGrade, MappingRelation
from controls.models.constraints import one_of, ordered, paired
from controls.models.people import User


class CatalogQuerySet(models.QuerySet["Catalog"]):
    """Questions about catalogs.

    Catalogs hold no tenant data: everybody who may sign in sees them.
    """

    def visible_to(self, user: User) -> CatalogQuerySet:
        """All of them."""
        return self if user.is_active else self.none()


CatalogManager = models.Manager.from_queryset(CatalogQuerySet)


class Catalog(models.Model):
    """A published set of controls in one version.

    An *outline* holds ids and titles only, from the shipped knowledge; importing the
    publisher's file fills it in place, so that what was decided on its controls stays.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=80)
    version = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=300)
    publisher = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    document_uuid = models.CharField(max_length=36, blank=True)
    """The uuid that the imported document has; another edition of it has another."""
    text_shippable = models.BooleanField(default=False)
    is_outline = models.BooleanField(default=False)
    imported_at = models.DateTimeField()

    objects = CatalogManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="catalog_key_version"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}".strip()


class ControlQuerySet(models.QuerySet["Control"]):
    """Questions about controls."""

    def visible_to(self, user: User) -> ControlQuerySet:
        """All of them."""
        return self if user.is_active else self.none()

    def in_force(self) -> ControlQuerySet:
        """Controls that the publisher has not withdrawn."""
        return self.filter(withdrawn=False)


ControlManager = models.Manager.from_queryset(ControlQuerySet)


class Control(models.Model):
    """One requirement of a catalog.

    `control_id` is OSCAL's token, `label` what the publisher prints.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    catalog = models.ForeignKey(Catalog, on_delete=models.PROTECT, related_name="controls")
    control_id = models.CharField(max_length=80)
    label = models.CharField(max_length=80)
    title = models.CharField(max_length=300, blank=True)
    group_id = models.CharField(max_length=80, blank=True)
    group_title = models.CharField(max_length=200, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="enhancements"
    )
    order = models.PositiveIntegerField()
    withdrawn = models.BooleanField(default=False)
    params = models.JSONField(default=dict, blank=True)
    """Parameter id → what it stands for (`controls.rules.parameters`)."""

    objects = ControlManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["catalog", "control_id"], name="control_id_in_catalog"
            ),
        ]
        indexes = [models.Index(fields=["catalog", "order"], name="control_catalog_order")]

    def __str__(self) -> str:
        return f"{self.label} {self.title}".strip()

    @property
    def shippable_title(self) -> str:
        """Return the title where it may leave the house, else nothing: of texts under
        copyright only ids and labels go out. Select `catalog` along.
        """
        return self.title if self.catalog.text_shippable else ""


class ControlPart(models.Model):
    """A part of a control's text: a statement, one of its items, or guidance."""

    control = models.ForeignKey(Control, on_delete=models.PROTECT, related_name="parts")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    part_id = models.CharField(max_length=120)
    name = models.CharField(max_length=40)
    label = models.CharField(max_length=40, blank=True)
    prose = models.TextField(blank=True)
    order = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["control", "part_id"], name="controlpart_id_in_control"
            ),
        ]

    def __str__(self) -> str:
        return self.part_id


class ProfileQuerySet(models.QuerySet["Profile"]):
    """Questions about profiles."""

    def visible_to(self, user: User) -> ProfileQuerySet:
        """All of them."""
        return self if user.is_active else self.none()


ProfileManager = models.Manager.from_queryset(ProfileQuerySet)


class Profile(models.Model):
    """A chosen subset of a catalog, such as a baseline, with values for its parameters."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=80, unique=True)
    catalog = models.ForeignKey(Catalog, on_delete=models.PROTECT, related_name="profiles")
    title = models.CharField(max_length=300)
    version = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    document_uuid = models.CharField(max_length=36, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    """Parameter id → `values`, `constraints`, `label`, as far as the profile sets them."""
    controls = models.ManyToManyField(Control, related_name="profiles")

    objects = ProfileManager()

    def __str__(self) -> str:
        return self.title


class ControlMapping(models.Model):
    """How a control relates to one of another catalog, and how sure that is.

    `release` is the shipped facts that say so, or `document` the file that somebody
    imported, whose word a later release leaves alone.
    """

    source = models.ForeignKey(Control, on_delete=models.PROTECT, related_name="mappings")
    target = models.ForeignKey(
        Control, on_delete=models.PROTECT, related_name="mapped_from"
    )
    relation = models.CharField(max_length=20, choices=MappingRelation.choices)
    grade = models.CharField(max_length=1, choices=MappingGrade.choices)
    release = models.ForeignKey(
        "controls.KnowledgeRelease",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mappings",
    )
    document = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target"], name="controlmapping_pair"
            ),
            models.CheckConstraint(
                condition=~Q(source=models.F("target")), name="controlmapping_not_itself"
            ),
            one_of("controlmapping", "relation", MappingRelation),
            one_of("controlmapping", "grade", MappingGrade),
        ]

    def __str__(self) -> str:
        return f"{self.source.label} {self.relation} {self.target.label}"


class ControlLayer(models.Model):
    """A layer that a control touches, in the order of importance, with the reason."""

    control = models.ForeignKey(Control, on_delete=models.PROTECT, related_name="layers")
    layer = models.ForeignKey(
        "controls.Layer", on_delete=models.PROTECT, related_name="controls"
    )
    order = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    confidence = models.CharField(max_length=1, choices=Confidence.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["control", "layer"], name="controllayer_once"),
            one_of("controllayer", "confidence", Confidence),
        ]

    def __str__(self) -> str:
        return f"{self.control.label}: {self.layer.code}"


class ControlTagQuerySet(models.QuerySet["ControlTag"]):
    """Questions about tags."""

    def visible_to(self, user: User) -> ControlTagQuerySet:
        """All of them: like the facts that they stand beside, they hold no tenant data."""
        return self if user.is_active else self.none()

    def open(self) -> ControlTagQuerySet:
        """Those that hold."""
        return self.filter(ended_at__isnull=True)

    def believed(self, *, as_of: datetime) -> ControlTagQuerySet:
        """Those that held, by what was recorded as of an instant."""
        return self.filter(~Q(ended_at__lte=as_of), started_at__lte=as_of)


ControlTagManager = models.Manager.from_queryset(ControlTagQuerySet)


class ControlTag(models.Model):
    """The organisation's own word on the layers that a control touches, in the place of the
    shipped ones and of those that come through the crosswalk.

    It counts in every edition of the control's catalog, until it ends.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    control = models.ForeignKey(Control, on_delete=models.PROTECT, related_name="tags")
    layers = models.JSONField()
    """Codes of layers, the most important first."""
    reason = models.TextField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ControlTagManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["control"],
                condition=Q(ended_at__isnull=True),
                name="controltag_one_open",
            ),
            paired("controltag", "ended"),
            ordered("controltag", "started_at", "ended_at"),
        ]

    def __str__(self) -> str:
        return f"{self.control.label}: {', '.join(self.layers)}"
