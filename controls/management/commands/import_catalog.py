"""Imports an OSCAL catalog."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from controls.errors import DomainError
from controls.importers.oscal_catalogs import read_catalog
from controls.models import User
from controls.services import catalogs
from controls.services.setup import system_user


class Command(BaseCommand):
    """Reads a catalog and writes all of it, or nothing."""

    help = "Import an OSCAL JSON catalog. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and how to go about it."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", default="", help="the catalog's key; else from its title"
        )
        parser.add_argument("--by", default="", metavar="ADDRESS", help="who imports it")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def handle(
        self, *args: Any, file: Path, key: str, by: str, dry_run: bool, **options: Any
    ) -> None:
        """Import it, or say in one line why not."""
        try:
            parsed = read_catalog(file)
            if self.stdout.isatty():
                self.stderr.write(f"Read {len(parsed.controls)} controls, writing …")
            with transaction.atomic():
                done = catalogs.import_catalog(
                    parsed=parsed, key=key, by=actor(by), at=timezone.now()
                )
                transaction.set_rollback(dry_run)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{done.catalog.key} {parsed.version}: {parsed.title}")
        wrote = "would be " if dry_run else ""
        self.stdout.write(
            f"{done.controls} controls: {done.added} {wrote}added, "
            f"{done.changed} {wrote}changed, {done.unchanged} unchanged"
        )


def actor(address: str) -> User:
    """Return the person with this address, or the built-in user. Raises CommandError."""
    if not address:
        return system_user()
    user = User.objects.active().filter(email__iexact=address).first()
    if user is None:
        raise CommandError(f"Nobody with the address {address} may sign in.")
    return user
