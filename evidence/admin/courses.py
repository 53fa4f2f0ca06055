"""Courses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from controls.admin.base import ServiceAdmin, Step, acting, now, step_of, take_over
from controls.admin.forms import ServiceForm
from controls.models import User
from controls.rules.permissions import RULES, Action
from controls.services import access
from evidence.models import Course
from evidence.services import courses
from evidence.services.courses import FIELDS, LONGEST_MONTHS, Details


class CourseForm(ServiceForm):
    """What a course is called, who must hold it, and for how long it counts."""

    valid_months = forms.IntegerField(
        label="Counts for, in months",
        required=False,
        min_value=1,
        max_value=LONGEST_MONTHS,
        help_text="Empty: for ever. Records keep the last day that they were given.",
    )

    class Meta:
        model = Course
        fields = ("key", "title", "description", "audience", "valid_months", "source")
        labels = {"audience": "For", "source": "Asked by"}
        help_texts = {
            "audience": "A word of the roster, such as developers. Empty: everybody.",
            "source": "As printed, such as NIST SP 800-53 AT-2.",
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 3, "cols": 60})}


@admin.register(Course)
class CourseAdmin(ServiceAdmin):
    """Courses."""

    form = CourseForm
    list_display = ("title", "key", "audience_shown", "months", "source", "ended_at")
    related = ("created_by", "ended_by")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "audience")
    search_fields = ("key", "title")
    search_help_text = "Key or title"
    ordering = ("title", "pk")
    list_lead = "What people of the roster must hold, and for how long it counts."
    empty_list = "No course yet. A course says who must hold it."
    who = RULES[Action.MANAGE_TRAINING].who
    kept = ("key", "created_at", "created_by", "ended_at", "ended_by")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what can be said of a new course, or changed of a known one."""
        if obj is None:
            return ((None, {"fields": ("key", *FIELDS)}),)
        return (
            (None, {"fields": ("standing", *FIELDS)}),
            ("Fixed", {"fields": self.kept}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what was said once and for all."""
        return ("standing", *self.kept) if obj else ()

    def may_add(self, user: User) -> bool:
        """Say whether the person may manage training."""
        return access.allowed(user, Action.MANAGE_TRAINING)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may change it, and it is still held."""
        return row.ended_at is None and self.may_add(user)

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("end", "End course"),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "ended" if step_of(request) else "saved"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Record, change or end the course."""
        data, by, at = form.cleaned_data, acting(request), now()
        if step_of(request) == "end":
            courses.end(
                course=self.fresh(request, obj), version=data["version"] or 0, by=by, at=at
            )
            return
        details = Details(**{name: data[name] for name in FIELDS})
        if not change:
            made = courses.create(key=data["key"], details=details, by=by, at=at)
            take_over(obj, made)
            return
        courses.change(
            course=self.fresh(request, obj),
            version=data["version"] or 0,
            details=details,
            by=by,
            at=at,
        )

    @admin.display(description="for", ordering="audience")
    def audience_shown(self, row: Any) -> str:
        """Return who must hold it."""
        return row.audience or "everybody"

    @admin.display(description="counts for", ordering="valid_months")
    def months(self, row: Any) -> str:
        """Return for how long a completion counts."""
        return f"{row.valid_months} months" if row.valid_months else "ever"

    @admin.display(description="on the roster")
    def standing(self, row: Any) -> Any:
        """Return the way to who holds it."""
        if row.ended_at is not None:
            return "Asked of nobody any more."
        address = reverse("workspace:training-course", args=[row.key])
        return format_html('<a href="{}">Who holds it, and who misses it</a>', address)
