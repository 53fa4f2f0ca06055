"""Editions of a catalog, side by side."""

from __future__ import annotations

from collections import defaultdict

from controls.models import Catalog, ControlPart
from controls.rules.editions import Difference, Face, Faces, compare


def faces_of(catalog: Catalog) -> Faces:
    """Return the controls of an edition with their texts. Two queries."""
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    parts = ControlPart.objects.filter(control__catalog=catalog).order_by("order")
    for control, part, prose in parts.values_list("control_id", "part_id", "prose"):
        texts[control][part] = prose
    rows = catalog.controls.order_by("order").values_list(
        "pk", "control_id", "label", "title", "withdrawn", "params"
    )
    return {
        control_id.lower(): Face(control_id, label, title, withdrawn, params, texts[pk])
        for pk, control_id, label, title, withdrawn, params in rows
    }


def difference(before: Catalog, after: Catalog) -> Difference:
    """Return what differs from one edition to another. Four queries."""
    return compare(faces_of(before), faces_of(after))


def others(catalog: Catalog) -> list[Catalog]:
    """Return the other editions of a catalog, newest first. One query."""
    rows = Catalog.objects.filter(key=catalog.key).exclude(pk=catalog.pk)
    return list(rows.order_by("-imported_at", "-pk"))
