"""Reminders: who was told of what, when and how."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin
from controls.models import Reminder, Review


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    """Reminders."""

    list_display = (
        "made",
        "recipient",
        "what",
        "stage",
        "channel",
        "state_shown",
        "team",
    )
    list_display_links = ("made",)
    list_select_related = ("recipient", "team")
    related = ("message",)
    list_filter = ("channel", "state")
    search_fields = ("recipient__name", "=subject_uuid", "stage")
    search_help_text = "Person, stage or the uuid of a review"
    list_lead = "Who was told of what: each person once for each stage of a review."
    empty_list = "Nobody was reminded yet. Reminders come with the due days of reviews."
    fields = (
        "what",
        "occurrence",
        "stage",
        "stage_on",
        "late",
        "recipient",
        "team",
        "channel",
        "state_shown",
        "why_dropped",
        "made",
        "told",
        "went_with",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible reminders with the titles of their reviews."""
        title = Review.objects.filter(uuid=OuterRef("subject_uuid")).values(
            "schedule__title"
        )
        return super().get_queryset(request).annotate(title=Subquery(title))

    @admin.display(description="made", ordering="created_at")
    def made(self, row: Any) -> str:
        """Return when it was made."""
        return display.day_time(row.created_at)

    @admin.display(description="told")
    def told(self, row: Any) -> str:
        """Return when the person was told."""
        return display.day_time(row.sent_at) if row.sent_at else "\N{EN DASH}"

    @admin.display(description="review")
    def what(self, row: Any) -> Any:
        """Return the way to the review."""
        url = reverse("admin:target", args=["Review", row.subject_uuid])
        return display.link(url, row.title or row.subject_uuid)

    @admin.display(description="state")
    def state_shown(self, row: Any) -> str:
        """Return where it stands."""
        return str(row.get_state_display())

    @admin.display(description="made late", boolean=True)
    def late(self, row: Any) -> bool:
        """Say whether it was made after the day on which its stage began."""
        return bool(row.stage_on < row.created_at.date())

    @admin.display(description="went with")
    def went_with(self, row: Any) -> Any:
        """Return the way to its message."""
        if row.message is None:
            return "\N{EN DASH}"
        return display.link(display.change_url(row.message), row.message)
