"""How often a kind of work is due, and who says so."""

from __future__ import annotations

from django.contrib import admin

from controls.admin import display
from controls.admin.base import PublicFacts
from controls.models import Cadence


@admin.register(Cadence)
class CadenceAdmin(PublicFacts):
    """Cadences."""

    offered = display.yes_or_no("is_default", "default")

    list_display = ("title", "kind", "every", "unit", "source", "offered", "confidence")
    list_select_related = ("release",)
    list_filter = ("kind", "is_default", "confidence")
    search_fields = ("title", "source", "key")
    search_help_text = "Title or source"
    ordering = ("kind", "key", "pk")
    list_lead = "Offered as defaults, never imposed."
