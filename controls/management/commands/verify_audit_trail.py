"""Checks the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from controls.queries import audit_trail


class Command(BaseCommand):
    """Recomputes every seal of the audit trail; exit code 1 where one does not fit."""

    help = "Check that no audit event was changed, removed, added or moved."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many events there are and the newest seal, to be kept elsewhere."""
        report = audit_trail.verify()
        if not report.ok:
            raise CommandError(
                f"The audit trail is broken at event {report.broken_at}: {report.reason}. "
                f"The {report.events} events before it are whole."
            )
        self.stdout.write(f"{report.events} events, no gap, nothing changed.")
        self.stdout.write(f"Newest seal: {report.head}")
