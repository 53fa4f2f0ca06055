"""Loads the facts that SRM ships."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from controls.knowledge import LATEST, KnowledgeError, read_release
from controls.management.commands._base import DomainCommand
from controls.models import User
from controls.services import knowledge


class Command(DomainCommand):
    """Loads layers, service variants, the control mapping, crosswalks and cadences."""

    help = "Load the shipped facts and derive every system anew. Again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a version, the wish to look first, and who acts."""
        super().add_arguments(parser)
        parser.add_argument("--release", default=LATEST, help=f"default: {LATEST}")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Load the release."""
        release, dry_run = options["release"], options["dry_run"]
        try:
            facts = read_release(release)
        except KnowledgeError as error:
            raise CommandError(str(error)) from None
        with transaction.atomic():
            loaded = knowledge.load(facts=facts, by=by, at=at)
            transaction.set_rollback(dry_run)
        self.stdout.write(_told(release, loaded, dry_run=dry_run))


def _told(release: str, loaded: knowledge.Loaded, *, dry_run: bool) -> str:
    if loaded.release is None:
        return f"Release {release} is loaded already: 0 changed."
    counts = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in loaded.counts.items()
    )
    done = "would load" if dry_run else "loaded"
    return f"Release {release} {done}: {counts}; {loaded.systems_changed} systems changed."
