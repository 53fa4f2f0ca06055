"""Whose titles and texts may leave the house. Of the others, ids and labels only."""

from __future__ import annotations

from controls.models import Catalog, Control

Silent = frozenset[int]


def silent_catalogs() -> Silent:
    """Return the catalogs of which only ids and labels may leave. One query."""
    rows = Catalog.objects.filter(text_shippable=False)
    return frozenset(rows.values_list("pk", flat=True))


def title(control: Control, silent: Silent) -> str:
    """Return the title of a control where it may leave, else nothing."""
    return "" if control.catalog_id in silent else control.title
