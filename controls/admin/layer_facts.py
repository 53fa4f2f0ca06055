"""Facts: who carries a layer, as a release says it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from controls.admin.base import PublicFacts
from controls.models import LayerFact


@admin.register(LayerFact)
class LayerFactAdmin(PublicFacts):
    """Layer facts."""

    list_display = ("layer", "about", "value", "note", "sources", "confidence", "release")
    list_select_related = ("layer", "variant", "release")
    list_filter = ("value", "model", "confidence", "layer", "release")
    search_fields = ("variant__key", "variant__name", "layer__name", "note")
    search_help_text = "Service, layer or note"
    ordering = ("-release", "layer__order", "pk")
    list_per_page = 100
    fields = ("layer", "about", "value", "note", "sources", "confidence", "release")

    @admin.display(description="of")
    def about(self, row: Any) -> str:
        """Return the service, or the model that it is the default of."""
        return str(row.variant) if row.variant else f"all {row.get_model_display().lower()}"
