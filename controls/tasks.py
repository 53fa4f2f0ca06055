"""Celery entry points: read the clock, make one service call."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from controls.services import heartbeats


@shared_task(name="controls.beat_heartbeat")
def beat_heartbeat(**_: Any) -> None:
    """Say that beat sends and a worker answers."""
    heartbeats.beat(name="beat", at=timezone.now())
