"""Importing an inventory, and putting in use what it proposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from controls.choices import AuditVerb
from controls.models import ImportedInventory, ServiceVariant, System, SystemService, User
from controls.rules.inventory import Proposal, Sighting
from controls.rules.permissions import Action
from controls.services import access, audit, systems
from controls.services.audit import audited
from controls.services.systems import Use


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was read: its kind, its name and hash, and what it shows."""

    source: str
    file_name: str
    sha256: str
    sightings: Sequence[Sighting]


@audited
def import_inventory(
    *, system: System, found: Found, by: User, at: datetime
) -> tuple[ImportedInventory, bool]:
    """Keep what an inventory showed; return it, and whether it is new.

    The same file again changes nothing. Raises NotAllowedError.
    """
    access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
    newest = ImportedInventory.objects.filter(system=system).order_by("-pk").first()
    if newest is not None and newest.sha256 == found.sha256:
        return newest, False
    row = ImportedInventory.objects.create(
        system=system,
        source=found.source,
        file_name=found.file_name[:255],
        sha256=found.sha256,
        sightings=[
            [s.service, s.resource_type, s.account, s.region, s.count]
            for s in found.sightings
        ],
        at=at,
        by=by,
    )
    audit.record(
        verb=AuditVerb.INVENTORY_IMPORTED,
        target=row,
        about=system,
        after={
            "source": row.source,
            "sha256": row.sha256,
            "resources": sum(s.count for s in found.sightings),
            "services": len({s.service for s in found.sightings}),
        },
        by=by,
        at=at,
    )
    return row, True


@audited
def adopt(
    *,
    system: System,
    version: int,
    proposals: Sequence[Proposal],
    by: User,
    at: datetime,
) -> list[SystemService]:
    """Put the proposed variants in use from today on, where they were seen; return their
    rows. Each is recorded by `systems`, which calls audit.record() for it.

    Raises NotAllowedError, StaleVersionError and ConflictError.
    """
    if not proposals:
        access.require(by, Action.DESCRIBE_SYSTEM, system.owner_team)
        return []
    variants = ServiceVariant.objects.in_bulk(
        [proposal.variant for proposal in proposals], field_name="key"
    )
    uses = [
        Use(
            variant=variants[proposal.variant],
            accounts=proposal.seen.accounts,
            regions=proposal.seen.regions,
        )
        for proposal in proposals
    ]
    return systems.start_services(system=system, version=version, uses=uses, by=by, at=at)
