"""Catalogs, with what differs between their editions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin
from controls.models import Catalog
from controls.queries import editions
from controls.rules.editions import Difference, Face

MOST_LISTED = 20
"""Of each kind of difference. The command import_catalog --diff-only lists all."""


@admin.register(Catalog)
class CatalogAdmin(ReadOnlyAdmin):
    """Catalogs."""

    may_be_shipped = display.yes_or_no("text_shippable", "text may be shipped")

    titles_only = display.yes_or_no("is_outline", "titles only")

    list_display = ("title", "version", "publisher", "size", "titles_only", "imported_at")
    search_fields = ("title", "key", "publisher")
    search_help_text = "Title, key or publisher"
    ordering = ("title", "pk")
    list_lead = "Published sets of controls. Import one with manage.py import_catalog FILE."
    fields = (
        "key",
        "title",
        "version",
        "publisher",
        "source",
        "sha256",
        "size",
        "titles_only",
        "may_be_shipped",
        "imported_at",
        "other_editions",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the catalogs with their number of controls."""
        return super().get_queryset(request).annotate(count=Count("controls"))

    @admin.display(description="controls", ordering="count")
    def size(self, row: Any) -> int:
        """Return how many controls it has."""
        return int(row.count)

    @admin.display(description="other editions")
    def other_editions(self, row: Any) -> SafeString:
        """Return the other editions, each with what differs from it to this one."""
        return display.listed(_edition(row, other) for other in editions.others(row))


def _edition(row: Catalog, other: Catalog) -> SafeString:
    found = editions.difference(other, row)
    link = display.link(display.change_url(other), other.version or "outline")
    return format_html("{}: {}{}", link, _counted(found), display.listed(_told(found)))


def _counted(found: Difference) -> str:
    told = [f"{count} {what}" for what, count in found.counts.items()]
    return ", ".join([*told, f"{found.same} the same"])


def _told(found: Difference) -> list[str]:
    lists: Sequence[tuple[str, Sequence[Face]]] = (
        ("Added", found.added),
        ("Not in it any more", found.removed),
        ("Withdrawn", found.withdrawn),
        ("Back in force", found.reinstated),
        ("Retitled", [item.face for item in found.retitled]),
        ("Another text", [item.face for item in found.reworded]),
    )
    return [f"{what}: {_labels(faces)}" for what, faces in lists if faces]


def _labels(faces: Sequence[Face]) -> str:
    rest = len(faces) - MOST_LISTED
    listed = ", ".join(face.label for face in faces[:MOST_LISTED])
    return f"{listed} and {rest} more" if rest > 0 else listed
