"""Training records: who completed which course, until when it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from controls.admin import display
from controls.admin.base import ServiceAdmin, Step, acting, may_somewhere, now, take_over
from controls.admin.forms import ServiceForm, date_field
from controls.models import User
from controls.rules.permissions import RULES, Action
from controls.services import clock
from evidence.choices import EvidenceKind
from evidence.models import Course, Evidence, Person, TrainingRecord
from evidence.services import training
from evidence.services.training import Completion


class RecordForm(ServiceForm):
    """Who completed what, when, and what shows it."""

    places = {"person": "email"}
    email = forms.EmailField(label="Address", max_length=254, help_text="As on the roster.")
    course = forms.ModelChoiceField(Course.objects.open().order_by("title"))
    completed_on = date_field("Completed", required=True)
    valid_until = date_field("Counts until", help_text="Empty: as long as the course says.")
    score = forms.CharField(required=False, max_length=40)
    evidence = forms.ModelChoiceField(
        Evidence.objects.filter(latest_version__kind=EvidenceKind.TRAINING)
        .select_related("latest_version")
        .order_by("-pk"),
        label="Certificate",
        required=False,
        help_text="Proof of the kind training certificate, handed in before.",
    )

    class Meta:
        model = TrainingRecord
        fields: tuple[str, ...] = ()

    def clean_email(self) -> str:
        """Find the person among those whom the asker may see."""
        email: str = self.cleaned_data["email"]
        people = Person.objects.visible_to(self.asker)
        self.person = people.filter(email__iexact=email).first()
        if self.person is None:
            raise forms.ValidationError("Nobody with this address is on a roster you see.")
        return email

    def clean(self) -> dict[str, Any]:
        """Say at the field what the database would refuse."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        on, until = cleaned.get("completed_on"), cleaned.get("valid_until")
        if on and until and until < on:
            self.add_error("valid_until", "It cannot end before the day of completion.")
        return cleaned


class WithdrawForm(ServiceForm):
    """Why a record does not count."""

    with_step = frozenset({"reason"})
    reason = forms.CharField(
        label="Why it does not count",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
    )

    class Meta:
        model = TrainingRecord
        fields: tuple[str, ...] = ()


@admin.register(TrainingRecord)
class TrainingRecordAdmin(ServiceAdmin):
    """Training records."""

    form = RecordForm
    list_display = ("person", "course", "completed_on", "valid_until", "source", "stands")
    list_select_related = ("person", "course")
    related = ("recorded_by", "ended_by")
    list_filter = (
        ("course", admin.RelatedOnlyFieldListFilter),
        "source",
        ("ended_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("person__email", "course__title")
    search_help_text = "Address or course"
    list_lead = "Who completed which course, and until when it counts."
    empty_list = "No completion yet. Import them, or record one."
    who = RULES[Action.RECORD_TRAINING].who
    added = ("email", "course", "completed_on", "valid_until", "score", "evidence")
    shown = (
        "someone",
        "course",
        "completed_on",
        "valid_until",
        "score",
        "certificate",
        "source",
        "recorded_at",
        "recorded_by",
        "ended_at",
        "ended_by",
        "why_ended",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible records, with the certificates that are visible as well."""
        return super().get_queryset(request).with_proof(acting(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the form of a new record, or the row with its withdrawal."""
        if obj is None:
            return ((None, {"fields": self.added}),)
        row = ((None, {"fields": self.shown}),)
        if self.may_change(acting(request), obj):
            return (*row, ("Withdraw it", {"fields": ("reason",)}))
        return row

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A record is never changed: it is withdrawn, and another is recorded."""
        return self.shown if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Ask only for a reason where there is a record already."""
        if obj is not None:
            kwargs["form"] = WithdrawForm
        return super().get_form(request, obj, *args, **kwargs)

    def may_add(self, user: User) -> bool:
        """Say whether the person may record what anybody completed."""
        return may_somewhere(user, Action.RECORD_TRAINING)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may withdraw it."""
        if row.ended_at is not None:
            return False
        return training.may_record(user, row.person, today=clock.day(now()))

    def can_save(self, row: Any) -> bool:
        """Only a new record is saved."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("withdraw", "Withdraw", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "withdrawn"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Record a completion, or withdraw it."""
        data, by, at = form.cleaned_data, acting(request), now()
        if change:
            row = self.fresh(request, obj)
            training.withdraw(record=row, reason=data["reason"], by=by, at=at)
            return
        completion = Completion(
            person=form.person,
            course=data["course"],
            completed_on=data["completed_on"],
            valid_until=data["valid_until"],
            score=data["score"],
            evidence=data["evidence"],
        )
        take_over(obj, training.record(completion=completion, by=by, at=at))

    @admin.display(description="person")
    def someone(self, row: Any) -> Any:
        """Return the way to the person."""
        return display.link(display.change_url(row.person), row.person)

    @admin.display(description="state")
    def stands(self, row: Any) -> str:
        """Return whether it was withdrawn, or how it stands today."""
        if row.ended_at is not None:
            return "Withdrawn"
        until = row.valid_until
        return "Expired" if until and until < clock.day(now()) else "Counts"

    @admin.display(description="certificate")
    def certificate(self, row: Any) -> str:
        """Return the short name of the certificate, where the reader may see it."""
        return f"EV-{row.evidence_id}" if row.proof else ""
