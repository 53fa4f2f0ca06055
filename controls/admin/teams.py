"""Teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from controls.admin import display
from controls.admin.base import ServiceAdmin, acting, now, take_over
from controls.admin.display import Panel
from controls.admin.forms import ServiceForm
from controls.models import Team, User
from controls.rules.permissions import RULES, Action
from controls.services import access, teams
from controls.services.teams import Details


class TeamForm(ServiceForm):
    """What a team is called, when it works and who manages it."""

    manager = forms.ModelChoiceField(
        User.objects.active().exclude(password="").order_by("name"), required=False
    )

    class Meta:
        model = Team
        fields = ("key", "name", "manager", "time_zone", "working_days")
        help_texts = {"time_zone": "Such as Europe/Berlin."}


@admin.register(Team)
class TeamAdmin(ServiceAdmin):
    """Teams."""

    form = TeamForm
    list_display = ("name", "key", "manager", "members", "time_zone")
    list_select_related = ("manager",)
    related = ("created_by",)
    search_fields = ("name", "key")
    search_help_text = "Name or key"
    ordering = ("name", "pk")
    list_lead = "Groups of people that own systems and answer for controls."
    who = RULES[Action.MANAGE_MEMBERS].who

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible teams with how many belong to each."""
        current = Q(memberships__ended_at__isnull=True, memberships__user__is_active=True)
        return (
            super()
            .get_queryset(request)
            .annotate(size=Count("memberships", filter=current))
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what can be said of a new team, or changed of a known one."""
        if obj is None:
            return ((None, {"fields": ("key", "name", "manager", "time_zone")}),)
        names = ("name", "manager", "time_zone", "working_days")
        return ((None, {"fields": names}), ("Fixed", {"fields": ("key", "created_at")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what was said once and for all."""
        return ("key", "created_at") if obj else ()

    def may_add(self, user: User) -> bool:
        """Say whether the person may manage teams."""
        return access.allowed(user, Action.MANAGE_TEAMS)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person leads the team or may manage all."""
        return access.allowed(user, Action.MANAGE_MEMBERS, row)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or change the team."""
        data, by, at = form.cleaned_data, acting(request), now()
        if not change:
            made = teams.create(
                key=data["key"],
                name=data["name"],
                time_zone=data["time_zone"],
                manager=data["manager"],
                by=by,
                at=at,
            )
            take_over(obj, made)
            return
        details = Details(
            name=data["name"],
            time_zone=data["time_zone"],
            working_days=data["working_days"],
            manager=data["manager"],
        )
        teams.change(
            team=self.fresh(request, obj),
            version=data["version"] or 0,
            details=details,
            by=by,
            at=at,
        )

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return who belongs to the team."""
        add: dict[str, Any] = {}
        if self.may_change(acting(request), row):
            address = reverse("admin:controls_membership_add")
            add = {"add_url": f"{address}?team={row.pk}", "add_label": "Add a member"}
        current = row.memberships.current().select_related("user").order_by("user__name")
        panel = Panel(
            title="Members",
            heads=("Person", "Role", "Since"),
            rows=[
                (
                    display.link(display.change_url(m), m.user.name),
                    m.get_role_display(),
                    display.day(m.started_at),
                )
                for m in current
            ],
            empty="Nobody belongs to this team yet.",
            **add,
        )
        return {"srm_panels": [panel]}

    def history_of(self, row: Any) -> Q:
        """Return the team's own events and those about its members."""
        return Q(target_uuid=row.uuid) | Q(team_uuid=row.uuid, target_type="User")

    @admin.display(description="members", ordering="size")
    def members(self, row: Any) -> int:
        """Return how many belong to the team."""
        return int(row.size)
