"""Imports what a provider says of a system's controls."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from controls.choices import MatrixDoubt
from controls.errors import NotFoundError
from controls.importers import provider_files
from controls.importers.matrix_rows import ParsedMatrix
from controls.importers.provider_files import Hints
from controls.management.commands._base import DomainCommand
from controls.models import Catalog, ColumnMapping, System, User
from controls.queries.matrices import catalog_for
from controls.services import matrices
from controls.services.matrices import Imported, Source, Whose

MOST_TOLD = 20


class Command(DomainCommand):
    """Reads a provider's matrix and keeps every row as entered."""

    help = (
        "Import a provider's responsibility matrix for a system: the FedRAMP Appendix J "
        "workbook, a CSV or XLSX table, a CAIQ with SSRM columns, or an OSCAL SSP. The "
        "same file again changes nothing; a newer one is shown as a difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, whose it is, and for which system."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", required=True, metavar="KEY")
        parser.add_argument(
            "--provider", required=True, metavar="KEY", help="made where it is not known"
        )
        parser.add_argument("--provider-name", default="", help="its name, where it is new")
        parser.add_argument(
            "--catalog", default="", metavar="KEY", help="where its ids are looked up"
        )
        parser.add_argument("--baseline", default="", help="such as Moderate")
        parser.add_argument("--sheet", default="", help="of a plain table in a workbook")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="WHAT=HEADER",
            help="of a plain table: id, status, origination, inheritable, text",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Import it and say what it says."""
        file: Path = options["file"]
        system = _system(options["system"], by)
        data = _bytes(file)
        self.tell(f"Reading {file.name}")
        parsed = provider_files.read(data, file=file.name, hints=_hints(options))
        self.tell(f"Read {len(parsed.rows)} rows")
        with transaction.atomic():
            done = matrices.import_matrix(
                system=system,
                whose=Whose(options["provider"], options["provider_name"]),
                catalog=_catalog(system, options["catalog"]),
                parsed=parsed,
                source=Source(file.name, provider_files.sha256_of(data)),
                by=by,
                at=at,
            )
            transaction.set_rollback(options["dry_run"])
        self.finish_progress()
        for line in told(parsed, done, dry_run=options["dry_run"]):
            self.stdout.write(line)


def told(parsed: ParsedMatrix, done: Imported, *, dry_run: bool) -> Iterator[str]:
    """Yield what the command says in the end."""
    matrix = done.matrix
    count = len(parsed.rows)
    would = "would be kept" if dry_run else "kept"
    if done.is_new:
        yield f"{matrix}: {count} rows {would}, 0 lost"
    else:
        yield f"{matrix}: the same file again, 0 changed, {count} rows, 0 lost"
    yield f"{done.several_originations} rows with several originations"
    for token, number in done.report.items():
        yield f"{number:>5}  {MatrixDoubt(token).label}"
    difference = done.difference
    if done.is_new and matrix.number > 1:
        yield (
            f"Since the version before: {len(difference.added)} rows added, "
            f"{len(difference.removed)} gone, {len(difference.changed)} changed"
        )
        yield from _differences(done)


def _differences(done: Imported) -> Iterator[str]:
    lines = [f"  + {key}" for key in done.difference.added]
    lines += [f"  - {key}" for key in done.difference.removed]
    for row in done.difference.changed:
        fields = "; ".join(
            f"{name}: {_short(old)} → {_short(new)}"
            for name, (old, new) in row.fields.items()
        )
        lines.append(f"  ~ {row.key}: {fields}")
    yield from lines[:MOST_TOLD]
    if len(lines) > MOST_TOLD:
        yield f"  and {len(lines) - MOST_TOLD} more"


def _short(value: object) -> str:
    text = "|".join(value) if isinstance(value, tuple) else str(value)
    text = " ".join(text.split()) or "nothing"
    return text if len(text) <= 60 else f"{text[:58]} …"


def _system(key: str, by: User) -> System:
    found = System.objects.visible_to(by).select_related("owner_team").filter(key=key)
    system = found.first()
    if system is None:
        raise NotFoundError(f"There is no system {key!r} that you may see.")
    return system


def _catalog(system: System, key: str) -> Catalog:
    found = catalog_for(system, key)
    if found is None:
        raise NotFoundError(
            f"There is no catalog {key!r}."
            if key
            else "The system has no catalog in scope."
        )
    return found


def _hints(options: dict[str, Any]) -> Hints:
    remembered = ColumnMapping.objects.filter(provider__key=options["provider"]).first()
    columns: dict[str, str] = {}
    for pair in options["column"]:
        what, equals, header = pair.partition("=")
        if not equals:
            raise CommandError(f"--column {pair!r}: write WHAT=HEADER.")
        columns[what.strip()] = header.strip()
    return Hints(
        options["baseline"],
        options["sheet"],
        columns,
        remembered.columns if remembered else {},
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.") from None
