"""The audit trail, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin
from controls.admin.filters import ColumnFilter
from controls.choices import AuditVerb
from controls.models import AuditEvent, System, User

LINKED = frozenset(
    {
        "ApiToken",
        "Catalog",
        "KnowledgeRelease",
        "LayerOverride",
        "Message",
        "Responsibility",
        "System",
        "SystemProfile",
        "SystemService",
        "Team",
        "User",
    }
)
"""Targets that have a record screen."""


class SystemFilter(ColumnFilter):
    """By the system that an event is about."""

    title = "system"
    parameter_name = "system"
    column = "system_uuid"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the visible systems."""
        user = request.user
        visible = System.objects.visible_to(user).order_by("name")  # type: ignore[arg-type]
        return visible.values_list("uuid", "name")


class VerbFilter(ColumnFilter):
    """By what happened."""

    title = "what happened"
    parameter_name = "verb"
    column = "verb"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the verbs."""
        return [(verb, display.said(verb)) for verb in AuditVerb.values]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Audit events."""

    list_display = ("seq", "when", "what", "target_link", "who_did", "told")
    list_filter = (VerbFilter, "target_type", SystemFilter, "at")
    # A trail grows for years: counting each choice would read all of it.
    show_facets = ShowFacets.NEVER
    search_fields = ("target_label", "request_id", "=target_uuid", "=hash")
    search_help_text = "What it was done to, a request id, a uuid or a hash"
    ordering = ("-seq",)
    list_lead = "Each change, sealed by the hash of the one before."
    fields = (
        "seq",
        "when",
        "what",
        "target_link",
        "target_uuid",
        "who_did",
        "before_shown",
        "after_shown",
        "request_id",
        "previous_hash",
        "hash",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible events with the name of who acted."""
        actor = User.objects.get_queryset().filter(uuid=OuterRef("actor_uuid"))
        return (
            super().get_queryset(request).annotate(actor=Subquery(actor.values("name")[:1]))
        )

    def history_of(self, row: Any) -> None:
        """An event has no history: it is one."""

    @admin.display(description="when", ordering="seq")
    def when(self, row: Any) -> str:
        """Return the instant."""
        return display.day_time(row.at)

    @admin.display(description="what", ordering="verb")
    def what(self, row: Any) -> str:
        """Return the verb in words."""
        return display.said(row.verb)

    @admin.display(description="to what")
    def target_link(self, row: Any) -> str:
        """Return the target, as a link where it has a screen."""
        text = row.target_label or row.target_type
        if row.target_type not in LINKED:
            return str(text)
        return display.link(
            reverse("admin:target", args=[row.target_type, row.target_uuid]), text
        )

    @admin.display(description="by")
    def who_did(self, row: Any) -> str:
        """Return who acted."""
        return str(row.actor or "somebody")

    @admin.display(description="changed")
    def told(self, row: Any) -> str:
        """Return the change in words, shortened."""
        text = display.changes(row)
        return text if len(text) < 120 else text[:117] + "\N{HORIZONTAL ELLIPSIS}"

    @admin.display(description="before")
    def before_shown(self, row: Any) -> str:
        """Return how it looked before."""
        return display.as_json(row.before)

    @admin.display(description="after")
    def after_shown(self, row: Any) -> str:
        """Return how it looked after."""
        return display.as_json(row.after)
