"""How controls of two catalogs relate."""

from __future__ import annotations

from django.contrib import admin

from controls.admin.base import PublicFacts
from controls.models import ControlMapping


@admin.register(ControlMapping)
class ControlMappingAdmin(PublicFacts):
    """Control mappings."""

    list_display = ("source", "relation", "target", "grade")
    list_select_related = ("source", "target__catalog", "source__catalog")
    related = ("release",)
    list_filter = ("grade", "relation")
    search_fields = ("source__label", "target__label", "target__control_id")
    search_help_text = "Control id of either side"
    ordering = ("source__order", "pk")
    fields = ("source", "relation", "target", "grade", "release")
