"""How controls of two catalogs relate."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from controls.admin.base import PublicFacts
from controls.models import ControlMapping


@admin.register(ControlMapping)
class ControlMappingAdmin(PublicFacts):
    """Control mappings."""

    list_display = ("source", "relation", "target", "grade", "told_by")
    list_select_related = ("source", "target__catalog", "source__catalog", "release")
    list_filter = (
        "grade",
        "relation",
        ("source__catalog", admin.RelatedOnlyFieldListFilter),
        ("target__catalog", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("source__label", "target__label", "target__control_id")
    search_help_text = "Control id of either side"
    ordering = ("source__order", "pk")
    list_lead = (
        "How controls of one catalog relate to those of another, and how sure that is. "
        "Import a crosswalk with manage.py import_mapping FILE."
    )
    fields = (
        "source",
        "source_catalog",
        "relation",
        "target",
        "target_catalog",
        "grade",
        "told_by",
    )

    @admin.display(description="source catalog", ordering="source__catalog__title")
    def source_catalog(self, row: Any) -> str:
        """Return the catalog of the source."""
        return str(row.source.catalog)

    @admin.display(description="target catalog", ordering="target__catalog__title")
    def target_catalog(self, row: Any) -> str:
        """Return the catalog of the target."""
        return str(row.target.catalog)

    @admin.display(description="told by", ordering="document")
    def told_by(self, row: Any) -> str:
        """Return the shipped facts, or the file that was imported."""
        return f"Facts {row.release}" if row.release else row.document
