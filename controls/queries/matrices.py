"""What other providers say of a system's controls, beside what is derived for AWS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from controls.choices import Kind
from controls.models import (
    Catalog,
    Control,
    ImportedMatrix,
    ImportedRow,
    Responsibility,
    System,
    SystemProfile,
)
from controls.rules import matrices as rules
from controls.rules.matrices import Said
from controls.rules.moments import Moment


@dataclass(frozen=True, slots=True)
class Offer:
    """What one provider's newest matrix says of one control."""

    matrix: ImportedMatrix
    kind: str
    rows: tuple[ImportedRow, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """A control of a system: what the derivation says, what each other provider offers, and
    what is left to the customer when all are taken together.
    """

    responsibility: Responsibility
    derived: str
    offers: Mapping[str, Offer]
    combined: str


def said(row: ImportedRow) -> Said:
    """Return what a stored row says, as the rules take it."""
    return Said(
        statuses=tuple(row.statuses),
        originations=tuple(row.originations),
        inheritable=row.inheritable,
        text=row.text,
    )


def newest(system: System) -> list[ImportedMatrix]:
    """Return the matrix that holds of each provider, in the order of their names."""
    return list(
        ImportedMatrix.objects.newest()
        .filter(system=system)
        .select_related("provider", "catalog", "system")
        .order_by("provider__name")
    )


def offers(
    system: System, controls: Iterable[int]
) -> tuple[list[ImportedMatrix], dict[int, dict[str, Offer]]]:
    """Return the matrices, and control id → provider key → what it offers. Two queries."""
    held = {matrix.pk: matrix for matrix in newest(system)}
    rows: dict[tuple[int, int], list[ImportedRow]] = defaultdict(list)
    found = ImportedRow.objects.filter(matrix__in=held, of_control__in=controls)
    for row in found.order_by("matrix_id", "order"):
        rows[row.of_control_id or 0, row.matrix_id].append(row)
    told: dict[int, dict[str, Offer]] = defaultdict(dict)
    for (control, matrix), listed in rows.items():
        held_by = held[matrix]
        told[control][held_by.provider.key] = Offer(
            matrix=held_by,
            kind=rules.kind_of_statements([rules.kind_of(said(row)) for row in listed]),
            rows=tuple(listed),
        )
    return list(held.values()), told


def sides(
    system: System, *, moment: Moment, controls: Iterable[Control] | None = None
) -> tuple[list[ImportedMatrix], list[Side]]:
    """Return per control what is derived, what each provider offers, and both combined.

    A provider that stands on another one is combined above it; where several do, in the
    order of their names. Four queries, at any size.
    """
    rows: Any = (
        Responsibility.objects.filter(system=system, part__isnull=True)
        .with_kind(on=moment.on)
        .select_related("control")
        .order_by("control__catalog_id", "control__order")
    )
    if controls is not None:
        rows = rows.filter(control__in=[control.pk for control in controls])
    listed = list(rows)
    matrices, told = offers(system, [row.control_id for row in listed])
    found = []
    for row in listed:
        below: str = row.derived_kind or Kind.UNDETERMINED
        offered = told.get(row.control_id, {})
        combined = below
        for matrix in matrices:
            if offer := offered.get(matrix.provider.key):
                combined = rules.combined(combined, offer.kind)
        found.append(Side(row, below, offered, combined))
    return matrices, found


def catalog_for(system: System, key: str = "") -> Catalog | None:
    """Return the catalog in which a matrix's ids are looked up: the newest of the key, else
    the one that most of the system's scope is from.
    """
    if key:
        return Catalog.objects.filter(key=key).order_by("-imported_at", "-pk").first()
    scope = (
        SystemProfile.objects.filter(system=system, ended_at__isnull=True)
        .values("profile__catalog")
        .annotate(count=Count("profile__controls"))
        .order_by("-count", "profile__catalog")
        .first()
    )
    return Catalog.objects.get(pk=scope["profile__catalog"]) if scope else None
