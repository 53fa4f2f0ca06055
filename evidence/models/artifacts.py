"""Evidence is bytes: a file, known by its SHA-256, never changed and never replaced."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from controls.models import User
from controls.models.append_only import AppendOnlyQuerySet


class ArtifactQuerySet(AppendOnlyQuerySet["Artifact"]):
    """Questions about artifacts."""

    def visible_to(self, user: User) -> ArtifactQuerySet:
        """Those of visible evidence."""
        # By name, since evidence is built on artifacts.
        evidence: Any = apps.get_model("evidence", "Evidence")
        shown = self.model.objects.filter(
            versions__evidence__in=evidence.objects.visible_to(user)
        )
        return self.filter(pk__in=shown.values("pk"))


ArtifactManager = models.Manager.from_queryset(ArtifactQuerySet)


class Artifact(models.Model):
    """A stored file. The row appears after the whole file does. Append-only.

    The same bytes are stored once, whoever hands them in: what a team calls its file, and
    who of it handed it in, stands with the team's own evidence.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    received_at = models.DateTimeField()

    objects = ArtifactManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="artifact_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.size} bytes)"

    @property
    def path(self) -> str:
        """Return where the store keeps it: by its hash, in 256 folders."""
        return f"artifacts/{self.sha256[:2]}/{self.sha256}"
