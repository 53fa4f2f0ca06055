"""Organisation-wide roles: administrators, the GRC lead, auditors with their scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from controls.admin.base import ServiceAdmin, Step, acting, now, take_over
from controls.admin.forms import ServiceForm, date_field
from controls.choices import OrganizationRoleName
from controls.models import OrganizationRole, System, User
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, roles
from controls.services.roles import AuditScope


class RoleForm(ServiceForm):
    """Who, as what; for an auditor also which systems, which period, until when."""

    user = forms.ModelChoiceField(User.objects.active().order_by("name"), label="Person")
    role = forms.ChoiceField(choices=OrganizationRoleName.choices)
    systems = forms.ModelMultipleChoiceField(
        System.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For an auditor: what they may see.",
    )
    period_from = date_field("Period from", help_text="For an auditor.")
    period_until = date_field("Period until", help_text="For an auditor.")
    expires_on = date_field("Last day", help_text="For an auditor: access ends with it.")

    places = {"expires_at": "expires_on", "scope": "role"}

    class Meta:
        model = OrganizationRole
        fields: tuple[str, ...] = ()

    def scope(self) -> AuditScope | None:
        """Return the scope that was entered, None where nothing of it was."""
        data = self.cleaned_data
        names = ("systems", "period_from", "period_until", "expires_on")
        is_auditor = data["role"] == OrganizationRoleName.AUDITOR
        if not is_auditor and not any(data[name] for name in names):
            return None
        # Without a last day the service refuses: an instant long past stands for none.
        last = data["expires_on"] or date.min
        ends = datetime.combine(last + timedelta(days=1), time.min, clock.zone())
        return AuditScope(
            systems=list(data["systems"]),
            expires_at=ends,
            period_from=data["period_from"],
            period_until=data["period_until"],
        )


@admin.register(OrganizationRole)
class OrganizationRoleAdmin(ServiceAdmin):
    """Organisation-wide roles."""

    form = RoleForm
    list_display = ("user", "role", "started_at", "expires_at", "ended_at")
    list_select_related = ("user",)
    related = ("started_by", "ended_by")
    list_filter = ("role",)
    search_fields = ("user__name", "user__email")
    search_help_text = "Person"
    who = RULES[Action.GRANT_ROLES].who
    added = ("user", "role", "systems", "period_from", "period_until", "expires_on")
    shown = (
        "user",
        "role",
        "scope_shown",
        "period_from",
        "period_until",
        "expires_at",
        "started_at",
        "started_by",
        "ended_at",
        "ended_by",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the form of a new grant, or the row."""
        return ((None, {"fields": self.shown if obj else self.added}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A role is never changed: it ends, and another begins."""
        return self.shown if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Ask for nothing where the row only ends."""
        if obj is not None:
            kwargs["form"] = ServiceForm
        return super().get_form(request, obj, *args, **kwargs)

    def may_add(self, user: User) -> bool:
        """Say whether the person may grant roles."""
        return access.allowed(user, Action.GRANT_ROLES)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may end it."""
        return row.ended_at is None and self.may_add(user)

    def can_save(self, row: Any) -> bool:
        """Only a new row is saved."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("end", "End role", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "ended"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Grant or end the role."""
        if change:
            roles.end(role=self.fresh(request, obj), by=acting(request), at=now())
            return
        data = form.cleaned_data
        made = roles.grant(
            user=data["user"],
            role=data["role"],
            scope=form.scope(),
            by=acting(request),
            at=now(),
        )
        take_over(obj, made)

    @admin.display(description="systems")
    def scope_shown(self, row: Any) -> str:
        """Return the systems of an auditor's scope."""
        return ", ".join(system.name for system in row.systems.order_by("name"))
