"""Pages by cursor: the last page costs what the first costs."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

POSITION = re.compile(r"[0-9]{1,18}")


class Pages(CursorPagination):
    """Fifty rows a page unless `limit` says otherwise, two hundred at most."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "pk"

    def decode_cursor(self, request: Request) -> Any:
        """Return the cursor of the request, or None without one. Raises NotFound."""
        cursor = super().decode_cursor(request)
        position = cursor.position if cursor is not None else None
        if position is not None and not POSITION.fullmatch(str(position)):
            raise NotFound
        return cursor

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Return the page's rows.

        A cursor that is not ours is a 400, not a missing page.
        """
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound:
            raise ValidationError({"cursor": ["This is not a cursor of ours."]}) from None


class NewestFirst(Pages):
    """For what grows at its end."""

    ordering = "-pk"
