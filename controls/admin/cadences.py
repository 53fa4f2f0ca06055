"""How often a kind of work is due, and who says so."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from controls.admin import display
from controls.admin.base import PublicFacts
from controls.models import Cadence


@admin.register(Cadence)
class CadenceAdmin(PublicFacts):
    """Cadences."""

    offered = display.yes_or_no("is_default", "default")

    list_display = ("title", "kind", "every", "unit", "source", "offered", "controls")
    list_select_related = ("release",)
    list_filter = ("kind", "is_default", "confidence")
    search_fields = ("title", "source", "key")
    search_help_text = "Title or source"
    ordering = ("kind", "key", "pk")
    list_lead = "Offered as defaults to duties of the controls named, never imposed."

    @admin.display(description="for controls")
    def controls(self, row: Any) -> str:
        """Return the controls whose duties it is offered for."""
        return ", ".join(row.control_ids).upper()
