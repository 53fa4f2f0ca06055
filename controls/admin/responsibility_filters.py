"""The filters of the list of responsibilities, each with counts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from controls.admin.base import acting
from controls.admin.filters import ColumnFilter
from controls.choices import Kind, WorkflowState
from controls.models import Control, System, Team


class WholeFilter(admin.SimpleListFilter):
    """Whole controls, as they are counted, or statements that are decided by themselves."""

    title = "of what"
    parameter_name = "whole"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the choices."""
        return (("yes", "Whole controls"), ("no", "Single statements"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what was chosen."""
        if self.value() in {"yes", "no"}:
            return queryset.filter(part__isnull=self.value() == "yes")
        return queryset


class KindFilter(ColumnFilter):
    """By kind: decided, else derived."""

    title = "kind"
    parameter_name = "kind"
    column = "kind"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the kinds."""
        return Kind.choices


class StateFilter(ColumnFilter):
    """By state of the workflow."""

    title = "state"
    parameter_name = "state"
    column = "state"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the states."""
        return WorkflowState.choices


class SuspectFilter(ColumnFilter):
    """By whether the decision is in doubt."""

    title = "doubt"
    parameter_name = "suspect"
    column = "suspect"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the two."""
        return ((True, "Suspect"), (False, "Not in doubt"))


class OwnerFilter(ColumnFilter):
    """By the team that answers."""

    title = "owner"
    parameter_name = "owner"
    column = "latest_decision__owner_team"
    nobody = "Nobody yet"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the visible teams."""
        return (
            Team.objects.visible_to(acting(request))
            .order_by("name")
            .values_list("pk", "name")
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Return the rows of the team; for nobody, those that need an owner."""
        if self.value() == self.EMPTY:
            return queryset.filter(unowned=True)
        return super().queryset(request, queryset)

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        """Return the number of rows behind each choice."""
        counts = super().get_facet_queryset(changelist)
        rows = changelist.get_queryset(
            self.request, exclude_parameters=self.expected_parameters()
        )
        nobody = rows.order_by().aggregate(n=Count("pk", filter=Q(unowned=True)))
        return {**counts, f"{len(self.lookup_choices) - 1}__c": nobody["n"]}


class SystemFilter(ColumnFilter):
    """By system."""

    title = "system"
    parameter_name = "system"
    column = "system__key"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the visible systems."""
        rows = System.objects.visible_to(acting(request)).order_by("name")
        return rows.values_list("key", "name")


class FamilyFilter(ColumnFilter):
    """By family of controls."""

    title = "family"
    parameter_name = "family"
    column = "control__group_id"

    def words(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the families of controls in scope."""
        rows = Control.objects.filter(responsibilities__isnull=False).exclude(group_id="")
        pairs = rows.order_by("group_id").values_list("group_id", "group_title").distinct()
        return [(key, f"{key.upper()} {title}".strip()) for key, title in pairs]
