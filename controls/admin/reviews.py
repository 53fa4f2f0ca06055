"""Reviews: what is due when, what was found, and pauses of its reminders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest

from controls.admin import display
from controls.admin.base import ServiceAdmin, Step, acting, now
from controls.admin.display import Panel
from controls.admin.filters import ColumnFilter
from controls.admin.forms import ServiceForm, date_field
from controls.choices import ReviewState
from controls.models import Duty, DutyClaim, Review, System, User
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, reviews, schedules

MOST_SHOWN = 50
RESPONSIBILITY = "schedule__duty__responsibility"


class SnoozeForm(ServiceForm):
    """Until when reminders keep quiet, and why."""

    with_step = frozenset({"until", "reason"})
    until = date_field(
        "Reminders keep quiet until", required=True, help_text="The due day stays."
    )
    reason = forms.CharField(
        max_length=5000, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )

    class Meta:
        model = Review
        fields: tuple[str, ...] = ()


class StateFilter(ColumnFilter):
    """By whether it waits."""

    title = parameter_name = column = "state"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the states."""
        return ReviewState.choices


class OverdueFilter(ColumnFilter):
    """By whether its due day has passed."""

    title = parameter_name = column = "overdue"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the two."""
        return ((True, "Overdue"), (False, "Not overdue"))


class SystemFilter(ColumnFilter):
    """By system."""

    title = parameter_name = "system"
    column = f"{RESPONSIBILITY}__system__key"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the visible systems."""
        rows = System.objects.visible_to(acting(request)).order_by("name")
        return rows.values_list("key", "name")


@admin.register(Review)
class ReviewAdmin(ServiceAdmin):
    """Reviews. Proof closes them; here their reminders are kept quiet."""

    form = SnoozeForm
    list_display = ("due", "title", "control", "system", "claimed", "state_shown")
    list_display_links = ("title",)
    list_select_related = (
        f"{RESPONSIBILITY}__control",
        f"{RESPONSIBILITY}__system__owner_team",
    )
    related = (
        f"{RESPONSIBILITY}__latest_decision__owner_team",
        "completed_by",
    )
    list_filter = (OverdueFilter, StateFilter, "schedule__kind", SystemFilter)
    search_fields = ("schedule__title", f"{RESPONSIBILITY}__control__label")
    search_help_text = "Title or control id"
    date_hierarchy = "due_on"
    ordering = ("due_on", "pk")
    list_lead = "What is to be looked at when. Proof that is accepted closes a review."
    empty_list = "No review yet. They come with the duties of approved decisions."
    who = RULES[Action.SNOOZE_REVIEW].who
    shown = (
        "title",
        "what",
        "due",
        "state_shown",
        "claimed",
        "quiet",
        "done_on",
        "outcome",
        "remark",
        "completed_at",
        "completed_by",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible reviews with how each stands today."""
        said = DutyClaim.objects.claiming().select_related("team")
        rows = super().get_queryset(request).with_state(on=clock.day(now()))
        return rows.prefetch_related(
            Prefetch("schedule__duty__claims", queryset=said, to_attr="said")
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the review, and the pause that may be asked for."""
        shown = ((None, {"fields": self.shown}),)
        if obj is None or not self.may_change(acting(request), obj):
            return shown
        return (*shown, ("Keep quiet for a while", {"fields": ("until", "reason")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return all of it: a review is closed by what proves it."""
        return self.shown

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may keep its reminders quiet, and it waits."""
        return row.state == ReviewState.OPEN and may_with(
            user, Action.SNOOZE_REVIEW, row.schedule.duty
        )

    def who_may(self, row: Any) -> str:
        """Return who may; nobody once it is closed."""
        return self.who if row.state == ReviewState.OPEN else ""

    def can_save(self, row: Any) -> bool:
        """Nothing of it is changed by hand."""
        return False

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("snooze", "Keep quiet", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "its reminders keep quiet"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keep its reminders quiet."""
        data = form.cleaned_data
        reviews.snooze(
            review=self.fresh(request, obj),
            version=data["version"] or 0,
            until=data["until"],
            reason=data["reason"],
            by=acting(request),
            at=now(),
        )

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the pauses of its reminders."""
        return {"srm_panels": [_pauses(row)]}

    @admin.display(description="due", ordering="due_on")
    def due(self, row: Any) -> str:
        """Return the due day."""
        again = f" (attempt {row.attempt})" if row.attempt > 1 else ""
        return f"{display.day(row.due_on)}{again}"

    @admin.display(description="review", ordering="schedule__title")
    def title(self, row: Any) -> str:
        """Return what is reviewed."""
        return str(row.schedule.title)

    @admin.display(description="duty")
    def what(self, row: Any) -> Any:
        """Return the way to the duty."""
        return display.link(display.change_url(row.schedule.duty), row.schedule.duty)

    @admin.display(description="control")
    def control(self, row: Any) -> str:
        """Return the control's label."""
        return str(row.schedule.duty.responsibility.label)

    @admin.display(description="system")
    def system(self, row: Any) -> str:
        """Return the system's name."""
        return str(row.schedule.duty.responsibility.system.name)

    @admin.display(description="claimed by")
    def claimed(self, row: Any) -> Any:
        """Return the teams that claim the duty."""
        names = sorted(claim.team.name for claim in row.schedule.duty.said)
        needed = row.state == ReviewState.OPEN
        return display.owner(", ".join(names) or None, needed=needed)

    @admin.display(description="state")
    def state_shown(self, row: Any) -> Any:
        """Return the shape and the word of where it stands."""
        return display.state("overdue" if row.overdue else row.state)

    @admin.display(description="quiet until")
    def quiet(self, row: Any) -> str:
        """Return until when reminders keep quiet."""
        return display.day(row.quiet_until) or "\N{EN DASH}"


def may_with(user: User, action: Action, duty: Duty) -> bool:
    """Say whether the person may do this with what hangs on a duty. The teams concerned are
    asked for once a page.
    """
    known: dict[str, Any] = duty.__dict__
    if "teams_concerned" not in known:
        known["teams_concerned"] = schedules.teams_of(duty)
    return access.allowed(user, action, *known["teams_concerned"])


def reviews_panel(rows: Any) -> Panel:
    """Return reviews as a table, the latest due day first."""
    shown = (
        rows.with_state(on=clock.day(now()))
        .select_related("schedule")
        .order_by("-due_on", "-pk")
    )
    return Panel(
        title="Reviews",
        heads=("Due", "Review", "State", ""),
        rows=[
            (
                display.day(row.due_on),
                row.schedule.title,
                display.state("overdue" if row.overdue else row.state),
                display.link(display.change_url(row), "Open"),
            )
            for row in shown[:MOST_SHOWN]
        ],
    )


def _pauses(review: Review) -> Panel:
    return Panel(
        title="Pauses of its reminders",
        heads=("Until", "Why", "By", "At"),
        rows=[
            (display.day(row.until), row.reason, row.by.name, display.day_time(row.at))
            for row in review.snoozes.select_related("by").order_by("-pk")[:MOST_SHOWN]
        ],
    )
