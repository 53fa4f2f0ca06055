"""Signs of life of the background work."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When a background process last said that it is alive."""

    name = models.SlugField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at.isoformat()}"
