"""Memberships: a person's role in a team, from then until it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from controls.admin.base import ServiceAdmin, Step, acting, may_somewhere, now, take_over
from controls.admin.forms import ServiceForm
from controls.choices import MembershipRole
from controls.models import Membership, Team, User
from controls.rules.permissions import RULES, Action
from controls.services import access, teams


class MembershipForm(ServiceForm):
    """Who, where, as what."""

    team = forms.ModelChoiceField(Team.objects.order_by("name"))
    user = forms.ModelChoiceField(User.objects.active().order_by("name"), label="Person")
    role = forms.ChoiceField(
        choices=MembershipRole.choices,
        help_text="Each role may do all that the ones before it may. "
        "A role that the person has in the team ends.",
    )

    class Meta:
        model = Membership
        fields: tuple[str, ...] = ()


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    """Memberships."""

    form = MembershipForm
    list_display = ("user", "team", "role", "started_at", "ended_at")
    list_select_related = ("user", "team")
    related = ("started_by", "ended_by")
    list_filter = ("role", ("team", admin.RelatedOnlyFieldListFilter))
    search_fields = ("user__name", "user__email", "team__name")
    search_help_text = "Person or team"
    who = RULES[Action.MANAGE_MEMBERS].who
    shown = ("user", "team", "role", "started_at", "started_by", "ended_at", "ended_by")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the form of a new one, or the row."""
        return ((None, {"fields": self.shown if obj else ("team", "user", "role")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A membership is never changed: it ends, and another begins."""
        return self.shown if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Ask for nothing where the row only ends."""
        if obj is not None:
            kwargs["form"] = ServiceForm
        return super().get_form(request, obj, *args, **kwargs)

    def may_add(self, user: User) -> bool:
        """Say whether the person leads a team or may manage all."""
        return may_somewhere(user, Action.MANAGE_MEMBERS)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may end it."""
        may = access.allowed(user, Action.MANAGE_MEMBERS, row.team)
        return row.ended_at is None and may

    def can_save(self, row: Any) -> bool:
        """Only a new row is saved."""
        return row is None

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the one step there is."""
        return (Step("end", "End membership", go=True),)

    def done(self, request: HttpRequest) -> str:
        """Return what has been done."""
        return "ended"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Start or end the membership."""
        if change:
            teams.end_membership(
                membership=self.fresh(request, obj), by=acting(request), at=now()
            )
            return
        data = form.cleaned_data
        made = teams.start_membership(
            team=data["team"],
            user=data["user"],
            role=data["role"],
            by=acting(request),
            at=now(),
        )
        take_over(obj, made)
