"""Loads the facts that SRM ships."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from controls.errors import DomainError
from controls.knowledge import LATEST, KnowledgeError, read_release
from controls.services import knowledge
from controls.services.setup import system_user


class Command(BaseCommand):
    """Loads layers, service variants, the control mapping, crosswalks and cadences."""

    help = "Load the shipped facts and derive every system anew. Again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a version and the wish to look first."""
        parser.add_argument("--release", default=LATEST, help=f"default: {LATEST}")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def handle(self, *args: Any, release: str, dry_run: bool, **options: Any) -> None:
        """Load it, or say in one line why not."""
        try:
            with transaction.atomic():
                loaded = knowledge.load(
                    facts=read_release(release), by=system_user(), at=timezone.now()
                )
                transaction.set_rollback(dry_run)
        except (DomainError, KnowledgeError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(_told(release, loaded, dry_run=dry_run))


def _told(release: str, loaded: knowledge.Loaded, *, dry_run: bool) -> str:
    if loaded.release is None:
        return f"Release {release} is loaded already: 0 changed."
    counts = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in loaded.counts.items()
    )
    done = "would load" if dry_run else "loaded"
    return f"Release {release} {done}: {counts}; {loaded.systems_changed} systems changed."
