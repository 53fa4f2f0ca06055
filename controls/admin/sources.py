"""Documents that facts rest on."""

from __future__ import annotations

from django.contrib import admin

from controls.admin.base import PublicFacts
from controls.models import Source


@admin.register(Source)
class SourceAdmin(PublicFacts):
    """Sources."""

    list_display = ("title", "key", "publisher", "year_seen", "url")
    search_fields = ("title", "key", "publisher")
    search_help_text = "Title, key or publisher"
    ordering = ("title", "pk")
