"""Profiles: chosen subsets of a catalog."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest

from controls.admin.base import ReadOnlyAdmin
from controls.models import Profile


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    """Profiles."""

    list_display = ("title", "key", "catalog", "size")
    list_select_related = ("catalog",)
    search_fields = ("title", "key")
    search_help_text = "Title or key"
    ordering = ("title", "pk")
    fields = ("title", "key", "catalog", "source", "size")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the profiles with their number of controls."""
        return super().get_queryset(request).annotate(count=Count("controls"))

    @admin.display(description="controls", ordering="count")
    def size(self, row: Any) -> int:
        """Return how many controls it chooses."""
        return int(row.count)
