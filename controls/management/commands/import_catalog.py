"""Imports an OSCAL catalog."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from controls.importers.oscal_catalogs import ParsedCatalog, read_catalog
from controls.management.commands._base import DomainCommand
from controls.models import User
from controls.services import catalogs
from controls.services.catalogs import Imported


class Command(DomainCommand):
    """Reads a catalog and writes all of it, or nothing."""

    help = (
        "Import an OSCAL JSON catalog: all of it or nothing. The same file again changes "
        "nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and how to go about it."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key",
            default="",
            help="the catalog's key, such as nist-sp800-53r5; else made from its title. "
            "Editions of one key share what their controls touch.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Import it and say what changed."""
        parsed = read_catalog(options["file"])
        self.tell(f"Read {len(parsed.controls)} controls")
        with transaction.atomic():
            done = catalogs.import_catalog(
                parsed=parsed, key=options["key"], tell=self.tell, by=by, at=at
            )
            transaction.set_rollback(options["dry_run"])
        self.finish_progress()
        for line in told(parsed, done, dry_run=options["dry_run"]):
            self.stdout.write(line)


def told(parsed: ParsedCatalog, done: Imported, *, dry_run: bool) -> list[str]:
    """Return what the command says in the end."""
    would = "would be " if dry_run else ""
    return [
        f"{parsed.title} {parsed.version}",
        f"{done.controls} controls: {done.added} {would}added, "
        f"{done.changed} {would}changed, {done.unchanged} unchanged",
        f"Catalog {done.catalog.key}, profile {done.profile.key}"
        + (f", {done.systems_changed} systems changed" if done.systems_changed else ""),
    ]
