"""Revisions, links and files of evidence, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from controls.admin.base import ReadOnlyAdmin
from evidence.models import Artifact, EvidenceLink, EvidenceVersion


@admin.register(EvidenceVersion)
class EvidenceVersionAdmin(ReadOnlyAdmin):
    """Revisions."""

    list_display = ("evidence_name", "number", "title", "kind", "side", "by", "at")
    list_display_links = ("evidence_name",)
    list_select_related = ("evidence", "by")
    related = ("artifact",)
    list_filter = ("kind", "side", "sensitivity")
    search_fields = ("title", "original_name")
    search_help_text = "Title or file name"
    list_lead = "Every revision of every piece of proof. The newest of each counts."
    fields = (
        "evidence_name",
        "number",
        "title",
        "description",
        "kind",
        "side",
        "activity_from",
        "activity_until",
        "collected_on",
        "expires_on",
        "sensitivity",
        "artifact",
        "original_name",
        "url",
        "by",
        "at",
    )

    @admin.display(description="evidence", ordering="evidence")
    def evidence_name(self, row: Any) -> str:
        """Return the short name of the piece."""
        return str(row.evidence.reference)


@admin.register(EvidenceLink)
class EvidenceLinkAdmin(ReadOnlyAdmin):
    """Links."""

    list_display = ("evidence_name", "responsibility", "review", "started_at", "ended_at")
    list_display_links = ("evidence_name",)
    list_select_related = (
        "evidence",
        "responsibility__system",
        "responsibility__control",
        "responsibility__part",
        "review__schedule",
    )
    related = (
        "duty__responsibility__system",
        "duty__responsibility__control",
        "duty__responsibility__part",
    )
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_lead = "What each piece of proof is offered for, and was."
    fields = (
        "evidence_name",
        "responsibility",
        "duty",
        "review",
        "started_at",
        "started_by",
        "ended_at",
        "ended_by",
    )

    @admin.display(description="evidence", ordering="evidence")
    def evidence_name(self, row: Any) -> str:
        """Return the short name of the piece."""
        return str(row.evidence.reference)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    """Files."""

    list_display = ("sha256", "size", "media_type")
    list_filter = ("media_type",)
    search_fields = ("sha256",)
    search_help_text = "SHA-256"
    list_lead = "Files, by what they hold. Each is stored once and never changed."
    fields = ("sha256", "size", "media_type")
