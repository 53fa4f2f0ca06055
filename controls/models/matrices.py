"""What other providers publish: their matrices, every row as it was entered, for ever."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from controls.choices import Inheritability, MatrixLayout
from controls.models.append_only import AppendOnlyQuerySet
from controls.models.catalogs import Catalog, Control, ControlPart
from controls.models.constraints import one_of
from controls.models.people import User
from controls.models.providers import Provider
from controls.models.systems import System


class ImportedMatrixQuerySet(AppendOnlyQuerySet["ImportedMatrix"]):
    """Questions about imported matrices."""

    def visible_to(self, user: User) -> ImportedMatrixQuerySet:
        """Those of visible systems."""
        return self.filter(system__in=System.objects.visible_to(user))

    def newest(self) -> ImportedMatrixQuerySet:
        """The last one of each provider for each system, which is the one that holds."""
        last = (
            self.model.objects.order_by()
            .values("system", "provider")
            .annotate(last=models.Max("pk"))
            .values("last")
        )
        return self.filter(pk__in=last)


ImportedMatrixManager = models.Manager.from_queryset(ImportedMatrixQuerySet)


class ImportedMatrix(models.Model):
    """One version of a provider's matrix for a system. Append-only: a new file is a new
    version.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="matrices")
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, related_name="matrices"
    )
    catalog = models.ForeignKey(Catalog, on_delete=models.PROTECT, related_name="matrices")
    """The catalog in which the printed ids were looked up."""
    number = models.PositiveIntegerField()
    layout = models.CharField(max_length=20, choices=MatrixLayout.choices)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    """Sheet → the headers as entered, by column letter, and where its rows begin."""
    report = models.JSONField(default=dict)
    """Doubt → how many rows it concerns."""
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ImportedMatrixManager()

    class Meta:
        verbose_name_plural = "imported matrices"
        constraints = [
            models.UniqueConstraint(
                fields=["system", "provider", "number"], name="importedmatrix_number_once"
            ),
            one_of("importedmatrix", "layout", MatrixLayout),
        ]

    def __str__(self) -> str:
        return f"{self.provider} for {self.system}, version {self.number}"


class ImportedRowQuerySet(AppendOnlyQuerySet["ImportedRow"]):
    """Questions about rows of matrices."""

    def visible_to(self, user: User) -> ImportedRowQuerySet:
        """Those of visible matrices."""
        return self.filter(matrix__in=ImportedMatrix.objects.visible_to(user))


ImportedRowManager = models.Manager.from_queryset(ImportedRowQuerySet)


class ImportedRow(models.Model):
    """A row as the provider entered it, beside what it was read as. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    matrix = models.ForeignKey(
        ImportedMatrix, on_delete=models.PROTECT, related_name="rows"
    )
    order = models.PositiveIntegerField()
    printed_id = models.CharField(max_length=200)
    control_id = models.CharField(max_length=40, blank=True)
    statement_id = models.CharField(max_length=60, blank=True)
    of_control = models.ForeignKey(
        Control,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="imported_rows",
    )
    part = models.ForeignKey(
        ControlPart,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="imported_rows",
    )
    statuses = models.JSONField(default=list, blank=True)
    originations = models.JSONField(default=list, blank=True)
    inheritable = models.CharField(
        max_length=10, choices=Inheritability.choices, blank=True
    )
    text = models.TextField(blank=True)
    cells = models.JSONField(default=dict, blank=True)
    """Sheet → {"row": its number, column letter: the text as entered}."""
    doubts = models.JSONField(default=list, blank=True)

    objects = ImportedRowManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matrix", "order"], name="importedrow_order_once"
            ),
            models.CheckConstraint(
                condition=Q(inheritable__in=["", *Inheritability.values]),
                name="importedrow_inheritable_known",
            ),
        ]
        indexes = [
            models.Index(fields=["of_control", "matrix"], name="importedrow_of_control"),
        ]

    def __str__(self) -> str:
        return self.printed_id


class ColumnMappingQuerySet(models.QuerySet["ColumnMapping"]):
    """Questions about remembered columns."""

    def visible_to(self, user: User) -> ColumnMappingQuerySet:
        """All of them: headers hold nothing of a team."""
        return self if user.is_active else self.none()


ColumnMappingManager = models.Manager.from_queryset(ColumnMappingQuerySet)


class ColumnMapping(models.Model):
    """Which column of a provider's tables holds what, remembered from the last import."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.OneToOneField(
        Provider, on_delete=models.PROTECT, related_name="column_mapping"
    )
    columns = models.JSONField()
    """What → header as printed."""
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ColumnMappingManager()

    def __str__(self) -> str:
        return f"{self.provider}: {', '.join(self.columns)}"
