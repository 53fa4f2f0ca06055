"""Decisions and derivations, to read: each row is one revision."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from controls.admin import display
from controls.admin.base import ReadOnlyAdmin
from controls.models import Decision, Derivation, Responsibility, User


class RevisionAdmin(ReadOnlyAdmin):
    """Rows of a responsibility, append-only."""

    def visible(self, user: User) -> Any:
        """Return those of visible responsibilities."""
        seen = Responsibility.objects.visible_to(user)
        return self.model._default_manager.filter(responsibility__in=seen)

    @admin.display(description="control", ordering="responsibility__control__order")
    def control(self, row: Any) -> str:
        """Return the control's label."""
        return str(row.responsibility.label)

    @admin.display(description="system", ordering="responsibility__system__name")
    def system(self, row: Any) -> str:
        """Return the system's name."""
        return str(row.responsibility.system.name)

    @admin.display(description="kind", ordering="kind")
    def kind_mark(self, row: Any) -> SafeString:
        """Return the mark of the kind."""
        return display.kind(row.kind)


@admin.register(Decision)
class DecisionAdmin(RevisionAdmin):
    """Decisions."""

    list_display = ("control", "system", "number", "kind_mark", "state_shown", "by", "at")
    list_display_links = ("control",)
    list_select_related = (
        "responsibility__control",
        "responsibility__part",
        "responsibility__system",
        "by",
    )
    related = ("owner_team", "decided_by", "submitted_by", "derivation__release")
    list_filter = ("state", "kind", "source")
    search_fields = ("responsibility__control__label", "responsibility__control__title")
    search_help_text = "Control id or title"
    list_lead = "Every revision of every decision. The newest of each counts."
    fields = (
        "responsibility",
        "number",
        "state_shown",
        "kind_mark",
        "source",
        "owner_team",
        "implementation_status",
        "provider_statement",
        "customer_statement",
        "rationale",
        "remark",
        "derivation",
        "effective_on",
        "decided_by",
        "submitted_by",
        "submitted_at",
        "by",
        "at",
    )

    @admin.display(description="state", ordering="state")
    def state_shown(self, row: Any) -> SafeString:
        """Return the shape and word of the state."""
        return display.state(row.state)


@admin.register(Derivation)
class DerivationAdmin(RevisionAdmin):
    """Derivations."""

    list_display = ("control", "system", "answer_mark", "effective_on", "cause", "at")
    list_display_links = ("control",)
    list_select_related = (
        "responsibility__control",
        "responsibility__part",
        "responsibility__system",
    )
    related = ("release",)
    list_filter = ("kind", "answer")
    search_fields = ("responsibility__control__label", "cause")
    search_help_text = "Control id or cause"
    list_lead = "What was computed, appended whenever its inputs changed."
    fields = (
        "responsibility",
        "answer_mark",
        "effective_on",
        "cause",
        "release",
        "at",
        "explained",
        "fingerprint",
    )

    def get_queryset(self, request: Any) -> Any:
        """Return the visible rows; the list does without their long columns."""
        heavy = ("explanation", "cells", "parties")
        return super().get_queryset(request).defer(*heavy)

    @admin.display(description="answer", ordering="answer")
    def answer_mark(self, row: Any) -> SafeString:
        """Return the mark of the answer."""
        return display.kind(row.answer)

    @admin.display(description="explanation")
    def explained(self, row: Any) -> SafeString:
        """Return the rows as stored."""
        return display.as_json(row.explanation)
