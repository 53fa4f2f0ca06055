"""Reminds everybody who is to be reminded, without Celery."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from controls.models import Message
from controls.queries import reminders as who
from controls.rules.moments import FIRST_YEAR, LAST_YEAR
from controls.services import clock, messages, reminders
from controls.services.messages import Outcome


class Command(BaseCommand):
    """Does once what beat and the workers do every minute."""

    help = (
        "Write down who is to be reminded and send what waits. A second run sends nothing. "
        "Exit code 1 where a message was not sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the instant, and how much to do."""
        parser.add_argument(
            "--at",
            default="",
            metavar="ISO",
            help="the instant to act for, else now; without an offset in SRM_TIME_ZONE",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say who would be told; write nothing"
        )
        parser.add_argument(
            "--early", action="store_true", help="do not wait for SRM_DIGEST_HOUR"
        )

    def handle(
        self, *args: Any, at: str, dry_run: bool, early: bool, **options: Any
    ) -> None:
        """Remind, or say who would be reminded."""
        instant = parsed(at) if at else timezone.now()
        if dry_run:
            self.preview(instant)
            return
        made = reminders.queue_due(at=instant, early=early)
        became: Counter[Outcome] = Counter()
        with messages.Postbox() as postbox:
            while (outcome := messages.send_next(at=instant, postbox=postbox)) is not None:
                became[outcome] += 1
        self.stdout.write(
            f"{count(made, 'reminder')}, {count(became[Outcome.SENT], 'message')} sent, "
            f"{became[Outcome.DROPPED]} dropped"
        )
        if failed := became[Outcome.FAILED]:
            raise CommandError(
                f"{count(failed, 'message')} not sent: see the reasons under Messages."
            )

    def preview(self, at: datetime) -> None:
        """Say who would be told of what, and how many messages wait."""
        told = who.named(who.due(at=at))
        for row in told:
            self.stdout.write(f"{row.email}: {row.title} ({row.system}), {row.stage}")
        waiting = Message.objects.claimable(at=at).count()
        self.stdout.write(
            f"Nothing written, nothing sent: {count(len(told), 'reminder')} would be new, "
            f"{count(waiting, 'message')} of earlier ones would be sent"
        )


def parsed(text: str) -> datetime:
    """Return the instant; without an offset it is the organisation's local time.

    Raises CommandError.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise CommandError(f"--at: {text[:40]!r} is not an instant like 2026-03-02T09:00.")
    return found if found.tzinfo else found.replace(tzinfo=clock.zone())


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 message`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
