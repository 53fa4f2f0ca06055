"""Imports an OSCAL profile."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from controls.importers.oscal_profiles import ParsedProfile, read_profile
from controls.management.commands._base import DomainCommand
from controls.management.commands._listing import some
from controls.models import User
from controls.services import profiles
from controls.services.profiles import ImportedProfile

MOST_LISTED = 20


class Command(DomainCommand):
    """Resolves a profile against its catalog and writes all of it, or nothing."""

    help = (
        "Import an OSCAL JSON profile, resolved against a catalog that is loaded: all of "
        "it or nothing. The same file again changes nothing; a changed file shows which "
        "controls come and go."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and how to go about it."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", default="", help="the profile's key; else made from its title"
        )
        parser.add_argument(
            "--catalog",
            default="",
            metavar="KEY[@VERSION]",
            help="the catalog to resolve it against; else the one the file names",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Import it and say what changed."""
        parsed = read_profile(options["file"])
        with transaction.atomic():
            done = profiles.import_profile(
                parsed=parsed,
                key=options["key"],
                catalog=options["catalog"],
                tell=self.tell,
                by=by,
                at=at,
            )
            transaction.set_rollback(options["dry_run"])
        self.finish_progress()
        for line in told(parsed, done, dry_run=options["dry_run"]):
            self.stdout.write(line)


def told(parsed: ParsedProfile, done: ImportedProfile, *, dry_run: bool) -> Iterator[str]:
    """Yield what the command says in the end."""
    would = "would " if dry_run else ""
    yield f"{parsed.title} {parsed.version}"
    yield f"{done.size} controls of {done.profile.catalog}"
    yield (
        f"{len(done.entered)} {would}enter, {len(done.left)} {would}leave, "
        f"{done.stayed} stay"
    )
    if not done.is_new:
        yield from some("Enter", done.entered, MOST_LISTED)
    yield from some("Leave", done.left, MOST_LISTED)
    yield from some("Withdrawn in this edition, not taken", done.withdrawn, MOST_LISTED)
    if parsed.parameters:
        yield f"{len(parsed.parameters)} parameters set"
    yield from some("Set, but not in this edition", done.unknown_parameters, MOST_LISTED)
    passed_over = ", ".join(f"{n:,} {what}" for what, n in parsed.passed_over.items())
    if passed_over:
        yield f"Not applied: {passed_over}"
    yield f"Profile {done.profile.key}" + (
        f", {done.systems_changed} systems changed" if done.systems_changed else ""
    )
