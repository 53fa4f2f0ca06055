"""Imports an account's inventory: which services a system really uses."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from controls.errors import NotFoundError
from controls.importers import inventories as importer
from controls.importers.provider_files import sha256_of
from controls.management.commands._base import DomainCommand
from controls.models import System, User
from controls.queries.inventories import drift_of
from controls.rules.inventory import Drift, Seen
from controls.rules.moments import Moment
from controls.services import clock, inventories
from controls.services.inventories import Found


class Command(DomainCommand):
    """Reads an inventory, says what it means for the matrix, and adopts it if asked."""

    help = (
        "Import an inventory for a system: the tagging API's, AWS Config's, Resource "
        "Explorer's answer as JSON, or a CSV. Proposes service variants with reasons, and "
        "shows drift: services that the matrix is silent on, and services that are gone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the system, and whether to act on it."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", required=True, metavar="KEY")
        parser.add_argument(
            "--adopt", action="store_true", help="put the proposed variants in use"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Import it and say what it shows."""
        file: Path = options["file"]
        data = _bytes(file)
        source, sightings = importer.read(data, file=file.name)
        system = _system(options["system"], by)
        moment = Moment(as_of=at, on=clock.day(at))
        drift = drift_of(system, sightings, moment=moment)
        with transaction.atomic():
            _, is_new = inventories.import_inventory(
                system=system,
                found=Found(source, file.name, sha256_of(data), sightings),
                by=by,
                at=at,
            )
            adopted = []
            if options["adopt"]:
                adopted = inventories.adopt(
                    system=system,
                    version=system.version,
                    proposals=drift.proposals,
                    by=by,
                    at=at,
                )
            transaction.set_rollback(options["dry_run"])
        kept = "would be kept" if options["dry_run"] else "kept"
        self.stdout.write(
            f"{file.name}: {source}, {sum(s.count for s in sightings)} resources of "
            f"{len({s.service for s in sightings})} services, "
            f"{kept if is_new else 'kept before, 0 changed'}"
        )
        for line in told(drift):
            self.stdout.write(line)
        if options["adopt"]:
            self.stdout.write(f"{len(adopted)} service variants put in use from today on")


def told(drift: Drift) -> Iterator[str]:
    """Yield what the command says of the drift."""
    yield f"Proposed: {len(drift.proposals)}"
    for row in drift.proposals:
        mark = " (assumed)" if row.is_assumed else ""
        yield f"  + {row.variant}{mark}: {row.name}. {row.reason}"
    yield f"In use and recorded: {len(drift.recorded)}"
    for known in drift.recorded:
        extra = [*known.new_accounts, *known.new_regions]
        more = f"; not recorded: {', '.join(extra)}" if extra else ""
        yield f"  = {known.variant}: {_where(known.seen)}{more}"
    yield f"In use, and no fact about it: {len(drift.silent)}"
    for service, seen in drift.silent:
        yield f"  ? {service}: {_where(seen)}"
    yield f"Recorded, and not seen: {len(drift.gone)}"
    for variant in drift.gone:
        yield f"  - {variant}"


def _where(seen: Seen) -> str:
    places = ", ".join([*seen.accounts, *seen.regions])
    return f"{seen.count} resources" + (f" in {places}" if places else "")


def _system(key: str, by: User) -> System:
    found = System.objects.visible_to(by).select_related("owner_team").filter(key=key)
    system = found.first()
    if system is None:
        raise NotFoundError(f"There is no system {key!r} that you may see.")
    return system


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.") from None
