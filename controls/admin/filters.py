"""Filters whose choices carry counts, in one query each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Count, QuerySet
from django.http import HttpRequest


class ColumnFilter(SimpleListFilter):
    """Filters by the values of one column, which may be annotated."""

    column = ""
    nobody = ""
    """The words for an empty column, where that is a choice of its own."""
    EMPTY = "-"

    def words(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, str]]:
        """Return the values with what they are called."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Return the choices, asked once for a request: counting them makes the filter
        anew for each of the others.
        """
        known: dict[type, list[tuple[Any, str]]]
        known = request.__dict__.setdefault("srm_choices", {})
        if type(self) not in known:
            words = self.words(request, model_admin)
            known[type(self)] = [(str(value), str(word)) for value, word in words]
        choices = known[type(self)]
        return [*choices, (self.EMPTY, self.nobody)] if self.nobody else choices

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        """Return the rows with the chosen value; none for a value that is no choice."""
        value = self.value()
        if value is None:
            return queryset
        if value == self.EMPTY and self.nobody:
            return queryset.filter(**{f"{self.column}__isnull": True})
        if value not in {str(key) for key, _ in self.lookup_choices}:
            return queryset.none()
        return queryset.filter(**{self.column: value})

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        """Return the number of rows behind each choice, in one grouped query."""
        rows = changelist.get_queryset(
            self.request, exclude_parameters=self.expected_parameters()
        )
        grouped = rows.order_by().values(self.column).annotate(n=Count("pk"))
        counts = {
            self.EMPTY if row[self.column] is None else str(row[self.column]): row["n"]
            for row in grouped
        }
        return {
            f"{index}__c": counts.get(str(value), 0)
            for index, (value, _) in enumerate(self.lookup_choices)
        }
