"""Filters of lists: a misspelt one is refused, not passed over."""

from __future__ import annotations

from datetime import UTC
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as BadValueError
from django.db.models import Model, QuerySet
from django_filters import rest_framework as library  # type: ignore[import-untyped]
from django_filters.fields import IsoDateTimeField  # type: ignore[import-untyped]
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

M = TypeVar("M", bound=Model)

PAGING = {"cursor", "limit"}


CharFilter = library.CharFilter
UUIDFilter = library.UUIDFilter
BooleanFilter = library.BooleanFilter
ChoiceFilter = library.ChoiceFilter
DateFilter = library.DateFilter


class InstantField(IsoDateTimeField):  # type: ignore[misc]
    """An instant that is within the calendar in UTC, too: databases answer differently
    beyond it.
    """

    def to_python(self, value: Any) -> Any:
        """Return the instant. Raises ValidationError."""
        instant = super().to_python(value)
        try:
            return instant if instant is None else instant.astimezone(UTC)
        except OverflowError:
            raise BadValueError("This lies beyond the calendar.") from None


class IsoDateTimeFilter(library.IsoDateTimeFilter):  # type: ignore[misc]
    """An instant of an address."""

    field_class = InstantField


class FilterSet(library.FilterSet):  # type: ignore[misc]
    """The filters of one list; each names what it is called in the address."""

    request: Request


class StrictFilters(library.DjangoFilterBackend):  # type: ignore[misc]
    """Answers 400 to a parameter that it does not know: it would show too much."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[M], view: APIView
    ) -> QuerySet[M]:
        """Return the filtered rows. Raises ValidationError naming the parameters."""
        if getattr(view, "action", "list") != "list":
            return queryset
        filterset: Any = self.get_filterset(request, queryset, view)
        known = set(filterset.filters if filterset else ()) | PAGING
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            told = f"There is no such filter. Known: {', '.join(sorted(known))}."
            raise ValidationError({name: [told] for name in unknown})
        found: QuerySet[M] = super().filter_queryset(request, queryset, view)
        return found
