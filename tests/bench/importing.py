"""What imports from elsewhere cost: a provider's matrix and an account's inventory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from django.utils import timezone

from controls.importers import inventories as inventory_files
from controls.importers import provider_files
from controls.importers.provider_files import Hints
from controls.queries.inventories import drift_of
from controls.queries.matrices import catalog_for, sides
from controls.rules.moments import Moment
from controls.services import matrices
from controls.services.clock import day
from controls.services.matrices import Source, Whose
from controls.services.setup import system_user
from evidence.exports import appendix_j
from evidence.exports.appendix_j import Row
from tests.bench.ground import Ground
from tests.bench.measuring import Aim, Line, measure

ROWS_OF_A_MATRIX = 616
"""As many as cloud.gov's published workbook of Rev 4 has."""


def provider_matrix(ground: Ground) -> Iterator[Line]:
    """A workbook is read, kept, imported again, shown beside ours and written back."""
    system, at = ground.system, timezone.now()
    catalog = catalog_for(system)
    assert catalog is not None
    labels = catalog.controls.order_by("order").values_list("label", flat=True)
    known = list(labels[:ROWS_OF_A_MATRIX])
    rows = [
        Row(
            known[n % len(known)] + (f" ({n})" if n >= len(known) else ""),
            ("implemented",),
            ("sp-hybrid", "shared"),
            "partial",
            f"Row {n}: " + "what the customer does. " * 20,
        )
        for n in range(ROWS_OF_A_MATRIX)
    ]
    data = appendix_j.workbook(rows, title="Bench", at=at)
    size = f"{len(rows)} rows, {len(data) / 1000:.0f} kB"

    def bring() -> None:
        matrices.import_matrix(
            system=system,
            whose=Whose("bench", "Bench"),
            catalog=catalog,
            parsed=provider_files.read(data, file="bench.xlsx", hints=Hints()),
            source=Source("bench.xlsx", provider_files.sha256_of(data)),
            by=system_user(),
            at=at,
        )

    yield Line("import a provider's matrix", size, measure(bring), Aim(seconds=5))
    yield Line("import it again", "0 changed", measure(bring), Aim(seconds=5))
    moment = Moment(as_of=timezone.now(), on=day(timezone.now()))
    shown = measure(lambda: sides(system, moment=moment), times=5)
    yield Line("providers side by side", f"{ground.controls} controls", shown, Aim(0.5, 3))
    again = measure(lambda: appendix_j.workbook(rows, title="Bench", at=at), times=3)
    yield Line("write the matrix back", size, again, Aim(seconds=2))


def inventory(ground: Ground) -> Iterator[Line]:
    """An inventory of ten thousand resources is read and held against the record."""
    system = ground.system
    arns = [
        f"arn:aws:{('ec2', 'rds', 's3', 'lambda', 'sqs')[n % 5]}:eu-central-1:"
        f"{111122223333 + n % 7}:thing/{n}"
        for n in range(10_000)
    ]
    document = {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]}
    data = json.dumps(document).encode()
    moment = Moment(as_of=timezone.now(), on=day(timezone.now()))

    def read() -> None:
        _, sightings = inventory_files.read(data, file="bench.json")
        drift_of(system, sightings, moment=moment)

    cost = measure(read, times=3)
    yield Line("an inventory, and its drift", "10000 resources", cost, Aim(1, 6))


ROWS: dict[str, Callable[[Ground], Iterator[Line]]] = {
    "provider-matrix": provider_matrix,
    "inventory": inventory,
}
