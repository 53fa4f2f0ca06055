"""Catalogs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin
from controls.models import Catalog


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
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the catalogs with their number of controls."""
        return super().get_queryset(request).annotate(count=Count("controls"))

    @admin.display(description="controls", ordering="count")
    def size(self, row: Any) -> int:
        """Return how many controls it has."""
        return int(row.count)
