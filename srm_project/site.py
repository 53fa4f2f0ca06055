"""The admin site: who may enter, how records are grouped, what every page is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http import HttpResponseRedirect as Redirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from controls.models import Heartbeat, User
from controls.queries.overview import overview
from controls.rules.moments import Moment
from controls.services import clock
from evidence.queries.calendar import MANY
from evidence.queries.monday import monday

STALE = timedelta(minutes=3)
"""After so long without a sign of life, background work counts as stopped."""

REPLACED = frozenset(
    {"password_change", "password_change_done", "view_on_site", "autocomplete"}
)
"""Stock pages that would go past our services, or that nothing here uses."""

OURS = frozenset({"controls", "evidence"})

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("where", "Systems", ("System", "SystemService", "SystemProfile", "LayerOverride")),
    ("who-does-it", "Responsibilities", ("Responsibility", "Decision", "Derivation")),
    ("when", "Duties and reviews", ("Duty", "DutyClaim", "ReviewSchedule", "Review")),
    ("proof", "Proof", ("Evidence", "EvidenceVersion", "EvidenceLink", "Artifact")),
    ("training", "Training", ("Course", "Person", "RosterEntry", "TrainingRecord")),
    ("told", "Reminders", ("Reminder", "Message")),
    (
        "what",
        "Catalogs",
        ("Catalog", "Control", "Profile", "ControlMapping", "ControlTag"),
    ),
    (
        "facts",
        "Facts about providers",
        (
            "Provider",
            "ServiceVariant",
            "Layer",
            "LayerFact",
            "Cadence",
            "Source",
            "KnowledgeRelease",
        ),
    ),
    ("people", "People", ("User", "Team", "Membership", "OrganizationRole", "ApiToken")),
    ("record", "Record", ("AuditEvent", "Heartbeat")),
)
"""Records by what a person looks for: slug, heading, models."""


class WorkspaceSite(admin.AdminSite):
    """The stock admin behind our own sign-in, with our roles in the place of Django's."""

    site_title = site_header = "SRM"
    index_title = "Overview"
    empty_value_display = "\N{EN DASH}"

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        """Register our own screens. Those of Django and allauth write past our services."""
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else None
        ours = [
            model
            for model in (models or [model_or_iterable])
            if model._meta.app_label in OURS
        ]
        super().register(ours, *args, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in everybody who has a role, in a team or organisation-wide."""
        user = request.user
        return (
            isinstance(user, User)
            and user.is_active
            and bool(user.organization_roles() or user.team_roles())
        )

    def login(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """Send strangers to the sign-in, and tell the signed-in without a role why not."""
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
            wanted = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted, settings.LOGIN_URL)
        if self.has_permission(request):
            return Redirect(wanted)
        return render(request, "controls/no_role.html", status=403)

    def logout(self, *_: Any, **__: Any) -> Any:
        """Leave by the one way out."""
        return redirect("account_logout")

    def get_urls(self) -> list[Any]:
        """Return the stock addresses that we use, and the list of all records."""
        own = [
            path("records/", self.admin_view(self.records), name="records"),
            path(
                "records/<str:model>/<uuid:target>/",
                self.admin_view(self.target),
                name="target",
            ),
        ]
        stock = [u for u in super().get_urls() if getattr(u, "name", None) not in REPLACED]
        return own + stock

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show how the systems stand that the person sees, and what proof and work need."""
        user, at = cast("User", request.user), timezone.now()
        moment = Moment(as_of=at, on=clock.day(at))
        found = {
            "overview": overview(user=user, on=moment.on),
            "monday": monday(user=user, moment=moment),
            "many": MANY,
            "today": moment.on,
        }
        return super().index(request, {**found, **(extra_context or {})})

    def records(self, request: HttpRequest) -> HttpResponse:
        """Show every kind of record."""
        context = self.each_context(request)
        shown = {**context, "app_list": context["available_apps"]}
        return render(request, "admin/records.html", shown)

    def target(self, request: HttpRequest, model: str, target: Any) -> HttpResponseBase:
        """Go to the record that an audit event names. Foreign and missing are the same."""
        for registered, screen in self._registry.items():
            if registered.__name__ == model and hasattr(registered, "uuid"):
                found = screen.get_queryset(request).filter(uuid=target).first()
                if found is not None:
                    opts = registered._meta
                    name = f"admin:{opts.app_label}_{opts.model_name}_change"
                    return redirect(name, found.pk)
        raise Http404("There is no such record.")

    def app_index(self, *_: Any, **__: Any) -> Any:
        """Show the one list of all records."""
        return redirect("admin:records")

    def get_app_list(self, request: HttpRequest, *_: Any) -> list[dict[str, Any]]:
        """Return the records by group, as the stock templates want them."""
        apps: Iterable[Any] = self._build_app_dict(request).values()
        models = {m["object_name"]: m for app in apps for m in app["models"]}
        grouped = [
            {
                "name": name,
                "app_label": slug,
                "app_url": reverse("admin:records"),
                "has_module_perms": True,
                "models": [models.pop(m) for m in names if m in models],
            }
            for slug, name, names in GROUPS
        ]
        rest = sorted(models.values(), key=lambda m: str(m["name"]))
        if rest:
            grouped.append({**grouped[0], "name": "Other", "app_label": "other"})
            grouped[-1]["models"] = rest
        return [group for group in grouped if group["models"]]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add whether background work is alive."""
        context = super().each_context(request)
        if context["has_permission"]:
            context["srm_heartbeat"] = heartbeat(now=timezone.now())
        return context


def heartbeat(*, now: datetime) -> dict[str, Any]:
    """Return when the clock of background work last beat, and whether that is too long
    ago.
    """
    last = Heartbeat.objects.filter(name="beat").values_list("at", flat=True).first()
    return {"last_at": last, "stale": last is None or now - last > STALE}
