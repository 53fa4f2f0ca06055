"""Releases of the shipped facts."""

from __future__ import annotations

from django.contrib import admin

from controls.admin.base import PublicFacts
from controls.models import KnowledgeRelease


@admin.register(KnowledgeRelease)
class KnowledgeReleaseAdmin(PublicFacts):
    """Knowledge releases."""

    list_display = ("version", "published_on", "loaded_at", "sha256")
    ordering = ("-loaded_at", "-pk")
    list_lead = (
        "Facts of older releases stay: what was derived from them stays explainable."
    )
