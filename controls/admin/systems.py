"""Systems: what they are, which services they use, which profiles bind them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from controls.admin import display
from controls.admin.base import ServiceAdmin, acting, may_somewhere, now, take_over
from controls.admin.display import Panel
from controls.admin.forms import ServiceForm
from controls.choices import SystemKind
from controls.models import Profile, Provider, System, User
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, systems
from controls.services.systems import Description


class SystemForm(ServiceForm):
    """What a system is."""

    profiles = forms.ModelMultipleChoiceField(
        Profile.objects.order_by("title"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Their controls are derived at once. More can be added later.",
    )

    class Meta:
        model = System
        fields = (
            "key",
            "name",
            "kind",
            "provider",
            "owner_team",
            "description",
            "has_custom_code",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 3, "cols": 60})}
        help_texts = {
            "key": "Short and stable: it stands in addresses.",
            "has_custom_code": "Without it, the layer of application code is nobody's.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "provider" in self.fields and not self.instance.pk:
            self.fields["provider"].initial = Provider.objects.filter(key="aws").first()


@admin.register(System)
class SystemAdmin(ServiceAdmin):
    """Systems."""

    own_code = display.yes_or_no("has_custom_code", "own code")

    form = SystemForm
    list_display = (
        "name",
        "key",
        "kind_word",
        "owner_team",
        "services_used",
        "own_code",
    )
    list_display_links = ("name",)
    list_select_related = ("owner_team",)
    related = ("provider", "created_by")
    list_filter = ("kind", ("owner_team", admin.RelatedOnlyFieldListFilter))
    search_fields = ("key", "name")
    search_help_text = "Name or key"
    ordering = ("name", "pk")
    list_lead = "What your teams run, and the organisation itself."
    empty_list = (
        "No system yet. A system is what you run on AWS, with the services it uses."
    )
    who = RULES[Action.DESCRIBE_SYSTEM].who

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible systems with the number of services in use."""
        today = clock.day(now())
        used = Q(services__ended_at__isnull=True) | Q(services__ended_on__gt=today)
        started = Q(services__since__lte=today) & ~Q(services__until__lte=today)
        rows = super().get_queryset(request)
        return rows.annotate(used=Count("services", filter=used & started, distinct=True))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what can be said of a new system, or changed of a known one."""
        what = ("name", "description", "has_custom_code")
        if obj is None:
            names = ("key", "name", "kind", "provider", "owner_team", *what[1:], "profiles")
            return ((None, {"fields": names}),)
        fixed = ("key", "kind_word", "provider", "owner_team", "created_at", "created_by")
        return ((None, {"fields": what}), ("Fixed", {"fields": fixed}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what was said once and for all."""
        if obj is None:
            return ()
        return ("key", "kind_word", "provider", "owner_team", "created_at", "created_by")

    def may_add(self, user: User) -> bool:
        """Say whether the person leads a team or may create systems for all."""
        return may_somewhere(user, Action.CREATE_SYSTEM)

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may describe the system."""
        return access.may_describe(user, row)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or change the system."""
        data = form.cleaned_data
        if not change:
            names = ("key", "name", "kind", "provider", "owner_team", "description")
            described = {name: data[name] for name in (*names, "has_custom_code")}
            made = systems.create(
                description=Description(**described, profiles=list(data["profiles"])),
                by=acting(request),
                at=now(),
            )
            take_over(obj, made)
            return
        systems.change(
            system=self.fresh(request, obj),
            version=data["version"] or 0,
            name=data["name"],
            description=data["description"],
            has_custom_code=data["has_custom_code"],
            by=acting(request),
            at=now(),
        )

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the services in use and the profiles in scope."""
        may = self.may_change(acting(request), row)
        return {
            "srm_panels": [
                *([_services(row, may=may)] if row.kind == SystemKind.WORKLOAD else []),
                _profiles(row, may=may),
            ]
        }

    @admin.display(description="kind", ordering="kind")
    def kind_word(self, row: Any) -> str:
        """Return the word of the kind."""
        return str(row.get_kind_display())

    @admin.display(description="services in use", ordering="used")
    def services_used(self, row: Any) -> int:
        """Return how many services are in use today."""
        return int(row.used)


def _services(system: System, *, may: bool) -> Panel:
    rows = system.services.select_related("variant").order_by("ended_at", "pk")
    return Panel(
        title="Services in use",
        heads=("Service", "Accounts", "Regions", "Since", "Until", ""),
        rows=[
            (
                row.variant.name,
                ", ".join(row.accounts) or "\N{EN DASH}",
                ", ".join(row.regions) or "\N{EN DASH}",
                display.day(row.since),
                display.day(row.ended_on or row.until) or "in use",
                _end_link(row, may=may),
            )
            for row in rows
        ],
        empty="No service yet: without one, most controls stay undetermined.",
        **_add("systemservice", system, "Add a service", may=may),
    )


def _profiles(system: System, *, may: bool) -> Panel:
    rows = system.scopes.select_related("profile").order_by("ended_at", "pk")
    return Panel(
        title="Profiles in scope",
        heads=("Profile", "Since", "Until", ""),
        rows=[
            (
                row.profile.title,
                display.day(row.since),
                display.day(row.ended_on or row.until) or "in force",
                _end_link(row, may=may),
            )
            for row in rows
        ],
        empty="No profile yet: nothing is asked of this system.",
        **_add("systemprofile", system, "Add a profile", may=may),
    )


def _end_link(row: Any, *, may: bool) -> str:
    if row.ended_at is not None:
        return ""
    return display.link(
        display.change_url(row), "End\N{HORIZONTAL ELLIPSIS}" if may else "Open"
    )


def _add(model: str, system: System, label: str, *, may: bool) -> dict[str, Any]:
    if not may:
        return {}
    address = reverse(f"admin:controls_{model}_add")
    return {"add_url": f"{address}?system={system.pk}", "add_label": label}
