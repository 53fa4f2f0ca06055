"""Fills an empty installation with an organisation to look around in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from controls.errors import DomainError
from evidence.services import example


class Command(BaseCommand):
    """Adds the example organisation."""

    help = (
        "Add Example Insurance: two teams, six people, three systems with decisions, "
        "reviews, evidence and trainings in several states. Does nothing where it is "
        "there already."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add it, or say in one line why not."""
        try:
            systems = example.seed(at=timezone.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        names = ", ".join(system.key for system in systems)
        self.stdout.write(
            f"Added the systems {names}." if names else "It is there already."
        )
