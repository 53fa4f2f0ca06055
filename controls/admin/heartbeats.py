"""Signs of life of background work."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from controls.admin import display
from controls.admin.base import PublicFacts, now
from controls.models import Heartbeat


@admin.register(Heartbeat)
class HeartbeatAdmin(PublicFacts):
    """Heartbeats."""

    list_display = ("name", "when", "age")
    fields = ("name", "when", "age")
    ordering = ("name",)
    list_lead = (
        "After three minutes without a sign of life, background work counts as stopped."
    )
    empty_list = "No sign of life yet: the workers and beat have not run."

    @admin.display(description="last sign of life", ordering="at")
    def when(self, row: Any) -> str:
        """Return the instant."""
        return display.day_time(row.at)

    @admin.display(description="age")
    def age(self, row: Any) -> str:
        """Return how long ago that was."""
        seconds = int((now() - row.at).total_seconds())
        if seconds < 120:
            return f"{max(seconds, 0)} seconds"
        return f"{seconds // 60} minutes" if seconds < 7200 else f"{seconds // 3600} hours"
