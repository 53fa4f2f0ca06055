"""Profiles: chosen subsets of a catalog, with values for its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.safestring import SafeString

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin
from controls.models import Profile


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    """Profiles."""

    list_display = ("title", "version", "key", "catalog", "size")
    list_select_related = ("catalog",)
    search_fields = ("title", "key")
    search_help_text = "Title or key"
    ordering = ("title", "pk")
    list_lead = (
        "Chosen subsets of a catalog, such as a baseline. "
        "Import one with manage.py import_profile FILE."
    )
    fields = (
        "title",
        "version",
        "key",
        "catalog",
        "source",
        "sha256",
        "size",
        "set_parameters",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the profiles with their number of controls."""
        rows = super().get_queryset(request).annotate(count=Count("controls"))
        listed = request.resolver_match and request.resolver_match.url_name
        return rows.defer("parameters") if str(listed).endswith("_changelist") else rows

    @admin.display(description="controls", ordering="count")
    def size(self, row: Any) -> int:
        """Return how many controls it chooses."""
        return int(row.count)

    @admin.display(description="parameters set")
    def set_parameters(self, row: Any) -> SafeString:
        """Return what it sets for each parameter."""
        settings: Mapping[str, Mapping[str, Any]] = row.parameters
        return display.listed(
            f"{name}: {'; '.join(_told(setting))}"
            for name, setting in sorted(settings.items())
        )


def _told(setting: Mapping[str, Any]) -> list[str]:
    label = [f"called {setting['label']}"] if setting.get("label") else []
    return [*label, *setting.get("values", ()), *setting.get("constraints", ())]
