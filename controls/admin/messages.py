"""Messages: the mails that were sent, as they were sent, and those that were not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.html import format_html

from controls.admin import display
from controls.admin.base import ServiceAdmin, Step, acting, now
from controls.choices import MessageState
from controls.models import Message, User
from controls.rules.permissions import RULES, Action
from controls.services import access, messages


@admin.register(Message)
class MessageAdmin(ServiceAdmin):
    """Messages."""

    list_display = (
        "digest_key",
        "recipient",
        "subject",
        "count",
        "state_shown",
        "attempts",
        "told",
    )
    list_select_related = ("recipient",)
    list_filter = ("state", "channel")
    search_fields = ("recipient__name", "subject", "=header_id")
    search_help_text = "Person, subject or Message-ID"
    list_lead = "What was sent to whom, as it was sent: one mail a person and day."
    empty_list = "Nothing was sent yet."
    who = RULES[Action.MANAGE_REMINDERS].who
    shown = (
        "recipient",
        "digest_key",
        "state_shown",
        "subject",
        "text_shown",
        "count",
        "attempts",
        "next_attempt",
        "last_error",
        "told",
        "header_id",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible messages with how much each tells."""
        return super().get_queryset(request).annotate(told_of=Count("reminders"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the message."""
        return ((None, {"fields": self.shown}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return all of it: what was sent is not changed."""
        return self.shown

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether it was given up, and the person may queue it again."""
        return row.state == MessageState.FAILED and access.allowed(
            user, Action.MANAGE_REMINDERS
        )

    def who_may(self, row: Any) -> str:
        """Return who may; nobody where there is nothing to do."""
        return self.who if row.state == MessageState.FAILED else ""

    def can_save(self, row: Any) -> bool:
        """Nothing of it is changed by hand."""
        return False

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("again", "Queue again", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "queued again"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Queue it again."""
        messages.queue_again(message=self.fresh(request, obj), by=acting(request), at=now())

    @admin.display(description="reminders", ordering="told_of")
    def count(self, row: Any) -> int:
        """Return how many reminders it holds."""
        return int(row.told_of)

    @admin.display(description="state", ordering="state")
    def state_shown(self, row: Any) -> str:
        """Return where it stands."""
        return str(row.get_state_display())

    @admin.display(description="text, as sent")
    def text_shown(self, row: Any) -> Any:
        """Return the text of the mail."""
        return format_html("<pre>{}</pre>", row.text) if row.text else "\N{EN DASH}"

    @admin.display(description="next attempt")
    def next_attempt(self, row: Any) -> str:
        """Return when it is tried next, where it waits."""
        waits = row.state in {MessageState.QUEUED, MessageState.SENDING}
        return display.day_time(row.next_attempt_at) if waits else "\N{EN DASH}"

    @admin.display(description="sent", ordering="sent_at")
    def told(self, row: Any) -> str:
        """Return when it was sent."""
        return display.day_time(row.sent_at) if row.sent_at else "\N{EN DASH}"
