"""Imports a catalog: OSCAL JSON, or a table as CSV or XLSX."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from controls.errors import InvalidInputError
from controls.importers.oscal_catalogs import ParsedCatalog, read_catalog
from controls.importers.tabular_catalogs import Named, is_table, read_table
from controls.management.commands._base import DomainCommand
from controls.management.commands._listing import some
from controls.models import User
from controls.queries import editions
from controls.rules.editions import Difference, compare
from controls.services import catalogs
from controls.services.catalogs import Imported


class Command(DomainCommand):
    """Reads a catalog and writes all of it, or nothing."""

    help = (
        "Import a catalog, OSCAL JSON or a table as CSV or XLSX with the columns id and "
        "title, and if you like parent and text: all of it or nothing. The same file again "
        "changes nothing. Another version stands beside the first."
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
        table = parser.add_argument_group("for a table, which does not say them itself")
        table.add_argument("--title", default="", help="else the file's name")
        table.add_argument("--edition", default="", metavar="VERSION", help="its version")
        table.add_argument("--publisher", default="")
        table.add_argument("--sheet", default="", help="else the first with the columns")
        may = parser.add_mutually_exclusive_group()
        may.add_argument(
            "--text-may-leave",
            dest="may_ship",
            action="store_true",
            default=None,
            help="titles and texts may stand in exports and answers of the API; of a "
            "catalog that is new, only ids and labels do",
        )
        may.add_argument(
            "--text-must-stay",
            dest="may_ship",
            action="store_false",
            default=None,
            help="only ids and labels may leave",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )
        parser.add_argument(
            "--diff-only",
            action="store_true",
            help="only compare with the edition that is there, and list all that differs",
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Import it and say what changed."""
        parsed = read(options)
        self.tell(f"Read {len(parsed.controls)} controls")
        if options["diff_only"]:
            self.finish_progress()
            self._say(differing(parsed, options["key"], most=None))
            return
        dry_run = options["dry_run"]
        found = list(differing(parsed, options["key"], most=20)) if dry_run else []
        with transaction.atomic():
            done = catalogs.import_catalog(
                parsed=parsed,
                key=options["key"],
                may_ship=options["may_ship"],
                tell=self.tell,
                by=by,
                at=at,
            )
            transaction.set_rollback(dry_run)
        self.finish_progress()
        self._say(told(parsed, done, dry_run=dry_run))
        self._say(found)

    def _say(self, lines: Any) -> None:
        for line in lines:
            self.stdout.write(line)


def read(options: dict[str, Any]) -> ParsedCatalog:
    """Return the catalog in the file. Raises InvalidInputError."""
    path = options["file"]
    named = Named(
        title=options["title"],
        version=options["edition"],
        publisher=options["publisher"],
    )
    if is_table(path):
        return read_table(path, named=named, sheet=options["sheet"])
    for name, given in (("--title", named.title), ("--edition", named.version)):
        if given:
            raise InvalidInputError(
                f"{path.name}: an OSCAL catalog says itself what {name} would.", place=name
            )
    return read_catalog(path)


def told(parsed: ParsedCatalog, done: Imported, *, dry_run: bool) -> list[str]:
    """Return what the command says in the end."""
    would = "would be " if dry_run else ""
    return [
        f"{parsed.title} {parsed.version}".strip(),
        f"{done.controls} controls: {done.added} {would}added, "
        f"{done.changed} {would}changed, {done.unchanged} unchanged",
        f"Catalog {done.catalog.key}, profile {done.profile.key}"
        + (f", {done.systems_changed} systems changed" if done.systems_changed else ""),
    ]


def differing(parsed: ParsedCatalog, key: str, *, most: int | None) -> Iterator[str]:
    """Yield how the file differs from the edition that is there, at most so many each."""
    before = catalogs.counterpart(parsed=parsed, key=key)
    if before is None:
        yield "No edition of this catalog is here: all of it is new."
        return
    found = compare(editions.faces_of(before), parsed.faces())
    yield f"Compared with {before}: {counted(found)}."
    yield from listed(found, only_a_part=parsed.is_resolved_profile, most=most)


def counted(found: Difference) -> str:
    """Return how many controls differ in which way."""
    told = [f"{count} {what}" for what, count in found.counts.items()]
    return ", ".join([*told, f"{found.same} the same"])


def listed(found: Difference, *, only_a_part: bool, most: int | None) -> Iterator[str]:
    """Yield the controls that differ."""
    yield from some("Added", [f"{f.label} {f.title}".strip() for f in found.added], most)
    if not only_a_part:
        removed = [f"{f.label} {f.title}".strip() for f in found.removed]
        yield from some("Not in it any more", removed, most)
    yield from some("Withdrawn", [f"{f.label} {f.title}" for f in found.withdrawn], most)
    yield from some("Back in force", [f.label for f in found.reinstated], most)
    yield from some(
        "Retitled",
        [f"{r.face.label}: {r.before!r} is {r.face.title!r} now" for r in found.retitled],
        most,
    )
    yield from some(
        "Another text",
        [f"{r.face.label}: {', '.join(r.parts)}" for r in found.reworded],
        most,
    )
