"""Schedules of recurring reviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from controls.admin.base import ServiceAdmin, Step, acting, may_somewhere, now, take_over
from controls.admin.forms import ServiceForm, date_field, lines_of
from controls.admin.reviews import may_with, reviews_panel
from controls.choices import IntervalUnit, ReviewKind
from controls.models import Duty, ReviewSchedule, User
from controls.rules.permissions import RULES, Action
from controls.services import schedules
from controls.services.schedules import LONGEST_LEAD, Plan


class ScheduleForm(ServiceForm):
    """How often a duty is reviewed, and when its owners are told."""

    duty = forms.ModelChoiceField(Duty.objects.all(), widget=forms.HiddenInput)
    title = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=ReviewKind.choices)
    every = forms.IntegerField(min_value=1, max_value=4000, initial=1)
    unit = forms.ChoiceField(choices=IntervalUnit.choices, initial=IntervalUnit.MONTHS)
    anchor_on = date_field(
        "Counted from", help_text="Empty: today. The first review is one interval later."
    )
    lead_days = forms.CharField(
        label="Told before, days",
        required=False,
        max_length=60,
        help_text="Commas between. Empty: 30, 7 and 1, as far as the interval leaves room.",
    )
    overdue_every_days = forms.IntegerField(
        label="Told again while overdue, every so many days",
        min_value=0,
        max_value=LONGEST_LEAD,
        initial=7,
        help_text="0: never again.",
    )
    escalate_after_days = forms.IntegerField(
        label="The manager is told after so many days overdue",
        min_value=0,
        max_value=LONGEST_LEAD,
        initial=14,
        help_text="0: never.",
    )
    source = forms.CharField(
        label="Asked by",
        required=False,
        max_length=120,
        help_text="As printed, such as PCI DSS 1.2.7, or your own policy.",
    )

    class Meta:
        model = ReviewSchedule
        fields: tuple[str, ...] = ()

    def stored_version(self) -> int | None:
        """Return nothing: a schedule is never changed."""
        return None

    def clean_lead_days(self) -> list[int] | None:
        """Return the days as numbers, None where the usual ones are taken."""
        words = lines_of(self.cleaned_data["lead_days"])
        if not words:
            return None
        if not all(word.isdecimal() and len(word) < 5 for word in words):
            raise forms.ValidationError("Write whole numbers, such as 30, 7, 1.")
        return [int(word) for word in words]


PLANNED = (
    "title",
    "kind",
    "every",
    "unit",
    "anchor_on",
    "lead_days",
    "overdue_every_days",
    "escalate_after_days",
    "source",
)


@admin.register(ReviewSchedule)
class ReviewScheduleAdmin(ServiceAdmin):
    """Schedules: started for a duty, and ended once."""

    form = ScheduleForm
    save_label = "Start"
    list_display = ("title", "kind", "interval", "control", "system", "since", "ended_on")
    list_select_related = (
        "duty__responsibility__control",
        "duty__responsibility__part",
        "duty__responsibility__system__owner_team",
    )
    related = (
        "duty__responsibility__latest_decision__owner_team",
        "started_by",
        "ended_by",
    )
    list_filter = ("kind", ("ended_at", admin.EmptyFieldListFilter))
    search_fields = ("title", "source", "duty__responsibility__control__label")
    search_help_text = "Title, source or control id"
    list_lead = "How often duties are reviewed. Offered as defaults, never imposed."
    empty_list = "No schedule yet. Approved duties bring those that the facts offer."
    who = RULES[Action.SCHEDULE].who
    shown = (
        "duty",
        "title",
        "kind",
        "interval",
        "anchor_on",
        "lead_days",
        "overdue_every_days",
        "escalate_after_days",
        "source",
        "cadence_key",
        "since",
        "started_by",
        "ended_on",
        "ended_by",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is said at the beginning, or all of it."""
        fields = self.shown if obj else ("duty", *PLANNED)
        return ((None, {"fields": fields}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what cannot be said again."""
        return (*self.shown, *PLANNED) if obj else ()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Start from a duty: without one, show the duties to choose from."""
        named = request.GET.get("duty") or request.POST.get("duty", "")
        seen = Duty.objects.visible_to(acting(request)).filter(ended_at__isnull=True)
        if self.may_add(acting(request)) and not (
            named.isdecimal() and seen.filter(pk=named).exists()
        ):
            self.message_user(
                request, "Choose a duty, then add its schedule.", messages.INFO
            )
            return HttpResponseRedirect(reverse("admin:controls_duty_changelist"))
        return super().add_view(request, form_url, extra_context)

    def may_add(self, user: User) -> bool:
        """Say whether the person may schedule reviews of any duty."""
        return may_somewhere(user, Action.SCHEDULE)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may end it."""
        return row.ended_at is None and may_with(user, Action.SCHEDULE, row.duty)

    def can_save(self, row: Any) -> bool:
        """Only a new one is saved; a known one ends."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("end", "End", go=True),) if row else ()

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "ended"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Start the schedule, or end it."""
        data, by, at = form.cleaned_data, acting(request), now()
        if change:
            schedules.end(schedule=self.fresh(request, obj), by=by, at=at)
            return
        plan = Plan(**{name: data[name] for name in PLANNED})
        take_over(obj, schedules.start(duty=data["duty"], plan=plan, by=by, at=at))

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the reviews, the newest first."""
        return {"srm_panels": [reviews_panel(row.reviews.all())]}

    @admin.display(description="every", ordering="every")
    def interval(self, row: Any) -> str:
        """Return how often."""
        return f"{row.every} {row.unit}"

    @admin.display(description="control", ordering="duty__responsibility__control__order")
    def control(self, row: Any) -> str:
        """Return the control's label."""
        return str(row.duty.responsibility.label)

    @admin.display(description="system", ordering="duty__responsibility__system__name")
    def system(self, row: Any) -> str:
        """Return the system's name."""
        return str(row.duty.responsibility.system.name)
