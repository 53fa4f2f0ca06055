"""Layers: what a party can carry."""

from __future__ import annotations

from django.contrib import admin

from controls.admin.base import PublicFacts
from controls.models import Layer


@admin.register(Layer)
class LayerAdmin(PublicFacts):
    """Layers."""

    list_display = ("name", "code", "scope", "order")
    list_filter = ("scope",)
    search_fields = ("name", "code")
    search_help_text = "Name or code"
    ordering = ("order",)
    list_lead = "From the application at the top to the building at the bottom."
