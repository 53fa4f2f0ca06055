"""Services in use and profiles in scope: dated rows of a system that start and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from controls.admin.base import ServiceAdmin, Step, acting, may_somewhere, now, take_over
from controls.admin.forms import ServiceForm, date_field, lines_of
from controls.choices import SystemKind
from controls.models import (
    Profile,
    ServiceVariant,
    System,
    SystemProfile,
    SystemService,
    User,
)
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, systems
from controls.services.systems import Use


class DatedForm(ServiceForm):
    """A dated row of a system. The version is the system's."""

    with_step = frozenset({"on"})
    on = date_field("Not any more from", help_text="Empty: from today on.")

    def stored_version(self) -> int | None:
        """Return the version of the system that the row belongs to, once it is known."""
        system = self.instance.system if self.instance.pk else self._preset()
        return system.version if system else None

    def _preset(self) -> System | None:
        key = str(self.initial.get("system", ""))
        if not key.isdecimal():
            return None
        return System.objects.visible_to(self.asker).filter(pk=key).first()

    def clean(self) -> dict[str, Any]:
        """Take the version of the chosen system where none was shown."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("version") and cleaned.get("system"):
            cleaned["version"] = cleaned["system"].version
        return cleaned


class DatedAdmin(ServiceAdmin):
    """A screen of dated rows: added with a beginning, then ended once."""

    who = RULES[Action.DESCRIBE_SYSTEM].who
    ends = ("since", "until", "started_at", "started_by", "ended_on", "ended_by")
    added: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is said at the beginning, or the row with its end."""
        if obj is None:
            return ((None, {"fields": self.added}),)
        shown = ((None, {"fields": (*self.shown, *self.ends)}),)
        if obj.ended_at is None and self.may_change(acting(request), obj):
            return (*shown, ("End it", {"fields": ("on",)}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what cannot be said again."""
        return (*self.shown, *self.ends) if obj else ()

    def may_add(self, user: User) -> bool:
        """Say whether the person may describe any system."""
        return may_somewhere(user, Action.DESCRIBE_SYSTEM)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may describe the row's system and the row goes on."""
        return row.ended_at is None and access.may_describe(user, row.system)

    def can_save(self, row: Any) -> bool:
        """Only a new row is saved; a known one ends."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("end", "End", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "its end is recorded"


class ServiceUseForm(DatedForm):
    """A service in use."""

    system = forms.ModelChoiceField(
        System.objects.filter(kind=SystemKind.WORKLOAD).order_by("name")
    )
    variant = forms.ModelChoiceField(
        ServiceVariant.objects.order_by("name"), label="Service"
    )
    accounts = forms.CharField(required=False, help_text="Account numbers, commas between.")
    regions = forms.CharField(
        required=False, help_text="Such as eu-central-1, commas between."
    )
    since = date_field("In use since", help_text="Empty: from today on.")
    until = date_field("Planned end", help_text="Where it is known already.")

    class Meta:
        model = SystemService
        fields: tuple[str, ...] = ()


@admin.register(SystemService)
class SystemServiceAdmin(DatedAdmin):
    """Services in use."""

    form = ServiceUseForm
    list_display = ("variant", "system", "since", "until", "ended_on")
    list_select_related = ("variant", "system__owner_team")
    related = ("started_by", "ended_by")
    list_filter = (("system", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("variant__key", "variant__name", "system__name")
    search_help_text = "Service or system"
    added = ("system", "variant", "accounts", "regions", "since", "until")
    shown = ("system", "variant", "accounts", "regions")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Put the service in use, or end its use."""
        data, by, at = form.cleaned_data, acting(request), now()
        if change:
            systems.end_service(
                service=self.fresh(request, obj),
                version=data["version"] or 0,
                on=data["on"] or clock.day(at),
                by=by,
                at=at,
            )
            return
        use = Use(
            variant=data["variant"],
            accounts=lines_of(data["accounts"]),
            regions=lines_of(data["regions"]),
            since=data["since"],
            until=data["until"],
        )
        (made,) = systems.start_services(
            system=data["system"], version=data["version"], uses=[use], by=by, at=at
        )
        take_over(obj, made)


class ScopeForm(DatedForm):
    """A profile in scope."""

    system = forms.ModelChoiceField(System.objects.order_by("name"))
    profile = forms.ModelChoiceField(Profile.objects.order_by("title"))
    since = date_field("In scope since", help_text="Empty: from today on.")

    class Meta:
        model = SystemProfile
        fields: tuple[str, ...] = ()


@admin.register(SystemProfile)
class SystemProfileAdmin(DatedAdmin):
    """Profiles in scope."""

    form = ScopeForm
    list_display = ("profile", "system", "since", "until", "ended_on")
    list_select_related = ("profile", "system__owner_team")
    related = ("started_by", "ended_by")
    list_filter = (("system", admin.RelatedOnlyFieldListFilter),)
    added = ("system", "profile", "since")
    shown = ("system", "profile")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Put the profile in scope, or end it."""
        data, by, at = form.cleaned_data, acting(request), now()
        if change:
            systems.end_profile(
                scope=self.fresh(request, obj),
                version=data["version"] or 0,
                on=data["on"] or clock.day(at),
                by=by,
                at=at,
            )
            return
        made = systems.start_profile(
            system=data["system"],
            version=data["version"],
            profile=data["profile"],
            since=data["since"] or clock.day(at),
            by=by,
            at=at,
        )
        take_over(obj, made)
