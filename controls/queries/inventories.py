"""Services in use against what the newest inventory showed."""

from __future__ import annotations

from controls.models import ImportedInventory, ServiceVariant, System, SystemService
from controls.queries.facts import current_release, facts_of
from controls.rules import inventory
from controls.rules.inventory import Drift, InUse, Sighting, Variant
from controls.rules.moments import Moment


def newest_inventory(system: System) -> ImportedInventory | None:
    """Return the system's newest inventory, None before the first."""
    return (
        ImportedInventory.objects.filter(system=system)
        .select_related("by", "system")
        .order_by("-pk")
        .first()
    )


def sightings_of(imported: ImportedInventory) -> list[Sighting]:
    """Return what an inventory showed."""
    return [Sighting(*row) for row in imported.sightings]


def drift_of(system: System, sightings: list[Sighting], *, moment: Moment) -> Drift:
    """Return the inventory against the services in use at a moment. Six queries."""
    rows = (
        SystemService.objects.in_force(on=moment.on, as_of=moment.as_of)
        .filter(system=system)
        .select_related("variant")
    )
    return inventory.drift(
        sightings,
        variants=known_variants(),
        in_use=[
            InUse(row.variant.key, tuple(row.accounts), tuple(row.regions)) for row in rows
        ],
    )


def known_variants() -> list[Variant]:
    """Return the variants that the facts know, each with who carries its layers."""
    release = current_release()
    values: dict[str, dict[str, str]] = {}
    if release is not None:
        for (variant, layer), fact in facts_of(release).services.items():
            values.setdefault(variant, {})[layer] = fact.value
    return [
        Variant(key, prefix, name, values.get(key, {}))
        for key, prefix, name in ServiceVariant.objects.order_by("pk").values_list(
            "key", "iam_prefix", "name"
        )
    ]
