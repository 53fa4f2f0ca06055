"""Celery entry points: read the clock, make one service call."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from evidence.services import sweeping


@shared_task(name="evidence.sweep_store")
def sweep_store(**_: Any) -> None:
    """Clear the store of drafts and of files that no row points to, a day after."""
    sweeping.sweep(at=timezone.now())
