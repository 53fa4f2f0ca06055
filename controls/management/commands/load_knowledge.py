"""Loads the facts that SRM ships."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from controls.knowledge import LATEST, KnowledgeError, read_folder, read_release
from controls.management.commands._base import DomainCommand
from controls.models import System, User
from controls.queries.comparing import between_releases
from controls.rules import telling
from controls.rules.moments import Moment
from controls.services import clock, knowledge


class Command(DomainCommand):
    """Loads layers, service variants, the control mapping, crosswalks and cadences."""

    help = "Load the shipped facts and derive every system anew. Again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a version, the wish to look first, and who acts."""
        super().add_arguments(parser)
        parser.add_argument("--release", default=LATEST, help=f"default: {LATEST}")
        parser.add_argument(
            "--folder", type=Path, help="a release that is not shipped, in its folder"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say which responsibilities of which systems would change, and why; "
            "write nothing",
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Load the release."""
        folder, dry_run = options["folder"], options["dry_run"]
        try:
            facts = read_folder(folder) if folder else read_release(options["release"])
        except (KnowledgeError, OSError) as error:
            raise CommandError(str(error)) from None
        changes: list[str] = []
        with transaction.atomic():
            loaded = knowledge.load(facts=facts, by=by, at=at)
            if dry_run and loaded.systems_changed:
                changes = list(_changes(facts.version, at))
            transaction.set_rollback(dry_run)
        self.stdout.write(_told(facts.version, loaded, dry_run=dry_run))
        for line in changes:
            self.stdout.write(line)


def _changes(release: str, at: datetime) -> Iterator[str]:
    """Yield what differs for each system from before the release to after it."""
    on = clock.day(at)
    before = Moment(as_of=at - timedelta(microseconds=1), on=on)
    after = Moment(as_of=at, on=on)
    for system in System.objects.select_related("provider", "owner_team").order_by("key"):
        found = between_releases(system=system, before=before, after=after, release=release)
        if found.changes or found.duties or found.reviews:
            yield ""
            yield f"{system.name} ({system.key})"
            yield from telling.lines(found)


def _told(release: str, loaded: knowledge.Loaded, *, dry_run: bool) -> str:
    if loaded.release is None:
        return f"Release {release} is loaded already: 0 changed."
    counts = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in loaded.counts.items()
    )
    done = "would load" if dry_run else "loaded"
    return f"Release {release} {done}: {counts}; {loaded.systems_changed} systems changed."
