"""The two kinds of record screens: one shows, the other changes by one service call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from controls.admin.display import events_of
from controls.admin.forms import ServiceForm
from controls.errors import DomainError
from controls.models import User
from controls.rules.permissions import Action, may


@dataclass(frozen=True, slots=True)
class Step:
    """A button besides Save: what it posts, what it says, and whether it leads."""

    name: str
    label: str
    go: bool = False


def acting(request: HttpRequest) -> User:
    """Return the person who asks."""
    assert isinstance(request.user, User)  # noqa: S101 - the site has seen to it
    return request.user


def may_somewhere(user: User, action: Action) -> bool:
    """Say whether the person may do this in any team of theirs, or everywhere. No query
    beyond those for the roles.
    """
    team_roles = user.team_roles()
    return may(
        action,
        roles=user.organization_roles(),
        team_roles=team_roles,
        teams=frozenset(team_roles),
    )


def now() -> datetime:
    """Return the instant of the request."""
    return timezone.now()


class RecordAdmin(admin.ModelAdmin):
    """What both kinds share: visible rows only, our rules for permissions, our history."""

    actions: Any = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.ALWAYS
    empty_value_display = "\N{EN DASH}"
    view_on_site = False
    list_lead = ""
    empty_list = ""
    lead = ""
    change_form_template = "controls/service_form.html"
    related: ClassVar[tuple[str, ...]] = ()
    """Relations that a row's page needs besides those of the list."""

    def visible(self, user: User) -> Any:
        """Return the rows that the person may see."""
        manager: Any = self.model._default_manager
        return manager.visible_to(user)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible rows in the order of the screen."""
        rows = self.visible(acting(request)).order_by(*(self.ordering or ("-pk",)))
        listed: Any = self.list_select_related or ()
        relations = (*listed, *self.related)
        return rows.select_related(*relations) if relations else rows

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: Any = None
    ) -> Any:
        """Return the row. Raises Http404: foreign and missing are the same."""
        if hasattr(request, "srm_refusal"):
            # The second pass: the id was found to be one, the row is read anew.
            found = self.get_queryset(request).filter(pk=object_id).first()
        else:
            found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        return found

    def get_urls(self) -> list[Any]:
        """Return the addresses that are used. None deletes."""
        return [url for url in super().get_urls() if self.is_used(str(url.name or ""))]

    def is_used(self, name: str) -> bool:
        """Say whether the screen has the stock page of this name."""
        return name.endswith(("_changelist", "_add", "_history", "_change"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everybody whom the site lets in finds the screen; the rows are scoped."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see the row may open it."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing that an auditor may ask for is deleted."""
        return False

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Return the field without the pop-up links to related records."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Add the sentences above the list and in an empty one."""
        words = {"list_lead": self.list_lead, "empty_list": self.empty_list}
        try:
            return super().changelist_view(request, {**words, **(extra_context or {})})
        except OverflowError:
            # A filter beyond the calendar, or beyond the database's numbers: as Django
            # does with one that it cannot read.
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the audit events of the row."""
        found = self.get_object(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {found}",
            "object": found,
            "opts": self.opts,
            "events": events_of(self.history_of(found), acting(request)),
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def history_of(self, row: Any) -> Q | None:
        """Return which events tell the history of the row; None where there are none."""
        return Q(target_uuid=row.uuid) if hasattr(row, "uuid") else None

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """Write nothing: the services record audit events."""

    def log_change(self, *args: Any, **kwargs: Any) -> Any:
        """Write nothing: the services record audit events."""

    def log_deletions(self, *args: Any, **kwargs: Any) -> Any:
        """Write nothing: nothing is deleted."""


class ReadOnlyAdmin(RecordAdmin):
    """A screen that shows."""

    def is_used(self, name: str) -> bool:
        """Say whether the page shows something."""
        return super().is_used(name) and not name.endswith("_add")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Refuse. Raises PermissionError."""
        raise PermissionError("This screen only shows.")


class PublicFacts(ReadOnlyAdmin):
    """A screen of facts that hold no tenant data."""

    def visible(self, user: User) -> Any:
        """Return all rows."""
        return self.model._default_manager.all()


class ServiceAdmin(RecordAdmin):
    """A screen whose `save_model` makes exactly one service call."""

    form = ServiceForm
    add_form_template = "controls/service_form.html"
    save_label = "Save"
    who = ""
    """Who may change a row, in words, for those who may not."""

    def may_add(self, user: User) -> bool:
        """Say whether the person may add a row."""
        return False

    def may_change(self, user: User, row: Any) -> bool:
        """Say whether the person may change this row."""
        return False

    def steps(self, request: HttpRequest, row: Any) -> Sequence[Step]:
        """Return the buttons of a row besides Save."""
        return ()

    def who_may(self, row: Any) -> str:
        """Return who may change the row, empty where nobody can any more."""
        return "" if getattr(row, "ended_at", None) else self.who

    def can_save(self, row: Any) -> bool:
        """Say whether the row has fields of its own to save."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask our rules."""
        return self.may_add(acting(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask our rules."""
        return obj is None or self.may_change(acting(request), obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return the form class, told who asks, what was pressed and what was refused."""
        form = super().get_form(request, obj, *args, **kwargs)
        refusal = getattr(request, "srm_refusal", None)
        told = {"asker": acting(request), "step": step_of(request), "refusal": refusal}
        return type(form.__name__, (form,), told)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or save; a refusal of the service comes back as an error of the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            # Everything was rolled back. The second pass stops at the form's own checks.
            request.srm_refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Add our buttons, and who may where this person may not."""
        row = kwargs.get("obj")
        allowed = row is None or self.has_change_permission(request, row)
        context.update(
            form_lead=self.lead,
            srm_steps=self.steps(request, row) if row and allowed else (),
            srm_save=self.save_label if allowed and self.can_save(row) else "",
            srm_who="" if allowed else self.who_may(row),
            **(self.page(request, row) if row else {}),
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page of a row shows besides its form."""
        return {}

    def fresh(self, request: HttpRequest, row: Any) -> Any:
        """Return the row as it is recorded, without what the form put into it."""
        return self.get_queryset(request).get(pk=row.pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make the service call. Every screen says which."""
        raise NotImplementedError

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Save nothing: the service has done it."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> Any:
        """Go to the new row."""
        return self._done(request, obj, f"{obj}: added.")

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """Stay at the row, or go to the list where it is no longer visible."""
        return self._done(request, obj, f"{obj}: {self.done(request)}.")

    def done(self, request: HttpRequest) -> str:
        """Return what has been done, for the message."""
        return "saved"

    def _done(self, request: HttpRequest, obj: Any, message: str) -> HttpResponse:
        self.message_user(request, message, messages.SUCCESS)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if self.get_queryset(request).filter(pk=obj.pk).exists():
            return HttpResponseRedirect(reverse(f"{name}_change", args=[obj.pk]))
        return HttpResponseRedirect(reverse(f"{name}_changelist"))


def step_of(request: HttpRequest) -> str:
    """Return which button besides Save was pressed."""
    return request.POST.get("_step", "")


def take_over(row: Model, made: Model) -> None:
    """Let the row of the form be the one that the service made."""
    row.__dict__.update(made.__dict__)
