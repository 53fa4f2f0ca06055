"""What an account's inventory showed: which services, where, how many. Append-only."""

from __future__ import annotations

import uuid

from django.db import models

from controls.models.append_only import AppendOnlyQuerySet
from controls.models.people import User
from controls.models.systems import System


class ImportedInventoryQuerySet(AppendOnlyQuerySet["ImportedInventory"]):
    """Questions about inventories."""

    def visible_to(self, user: User) -> ImportedInventoryQuerySet:
        """Those of visible systems."""
        return self.filter(system__in=System.objects.visible_to(user))


ImportedInventoryManager = models.Manager.from_queryset(ImportedInventoryQuerySet)


class ImportedInventory(models.Model):
    """One inventory of a system. The newest tells the drift."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="inventories")
    source = models.CharField(max_length=40)
    """Kind of file: `tagging`, `config`, `resource-explorer`, `table`."""
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    sightings = models.JSONField()
    """Service, resource type, account, region and count, as lists of five."""
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ImportedInventoryManager()

    class Meta:
        verbose_name_plural = "imported inventories"
        indexes = [
            models.Index(fields=["system", "-id"], name="importedinventory_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} for {self.system}"
