"""Imports mappings between catalogs: an OSCAL mapping collection, or CSV or XLSX."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from controls.importers import tabular_mappings
from controls.importers.oscal_mappings import read_mappings
from controls.importers.tabular_catalogs import is_table
from controls.management.commands._base import DomainCommand
from controls.models import User
from controls.services import mappings


class Command(DomainCommand):
    """Reads a crosswalk and writes all of it, or nothing."""

    help = (
        "Import a crosswalk: an OSCAL JSON mapping collection, or a table as CSV or XLSX "
        "with the columns source catalog, source id, relation, target catalog, target id "
        "and grade (D published, W weak, E editorial). All of it or nothing; the same file "
        "again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and how to go about it."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--sheet", default="", help="of a workbook; else the first with the columns"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Import it and say what changed."""
        path, dry_run = options["file"], options["dry_run"]
        parsed = (
            tabular_mappings.read_table(path, sheet=options["sheet"])
            if is_table(path)
            else read_mappings(path)
        )
        with transaction.atomic():
            done = mappings.import_mapping(parsed=parsed, tell=self.tell, by=by, at=at)
            transaction.set_rollback(dry_run)
        self.finish_progress()
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{parsed.title}: {done.added} mappings {would}added, "
            f"{done.changed} {would}changed, {done.unchanged} unchanged"
        )
        self.stdout.write("Between " + ", ".join(str(book) for book in done.catalogs))
        if done.statements:
            self.stdout.write(f"{done.statements} statements kept at their control")
        if done.systems_changed:
            self.stdout.write(f"{done.systems_changed} systems changed")
