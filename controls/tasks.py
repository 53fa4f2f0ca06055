"""Celery entry points: read the clock, make one service call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from controls.services import heartbeats, messages, reminders

SPELL = timedelta(seconds=20)
"""So long messages are sent at a time: a slow mail server must not keep the next sweep."""


@shared_task(name="controls.beat_heartbeat")
def beat_heartbeat(**_: Any) -> None:
    """Say that beat sends and a worker answers."""
    heartbeats.beat(name="beat", at=timezone.now())


@shared_task(name="controls.queue_due_reminders")
def queue_due_reminders(**_: Any) -> None:
    """Write down who is to be told now, and say that the sweep works."""
    at = timezone.now()
    reminders.queue_due(at=at)
    heartbeats.beat(name="reminders", at=at)


@shared_task(name="controls.send_messages")
def send_messages(**_: Any) -> None:
    """Send what waits, for a while; what is left then, after what else waits here."""
    until = timezone.now() + SPELL
    with messages.Postbox() as postbox:
        while (at := timezone.now()) < until:
            if messages.send_next(at=at, postbox=postbox) is None:
                return
    send_messages.apply_async(expires=55)
