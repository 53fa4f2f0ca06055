"""What all views of the API share: visible rows only, strict input, one service call."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as BadValueError
from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from controls.api.authentication import WithinScope
from controls.api.filters import StrictFilters
from controls.api.parsers import JSONParser
from controls.api.schema import ProblemSchema
from controls.models import User
from controls.rules.moments import Moment, moment
from controls.services.clock import zone

M = TypeVar("M", bound=Model)


def acting_user(request: Request) -> User:
    """Return the person who asks."""
    assert isinstance(request.user, User)  # noqa: S101 - IsAuthenticated has seen to it
    return request.user


def now() -> datetime:
    """Return the instant of the request."""
    return timezone.now()


def asked_moment(request: Request) -> Moment:
    """Return what `?as_of=` and `?on=` ask about. Raises InvalidInputError."""
    return moment(
        as_of=request.query_params.get("as_of", ""),
        on=request.query_params.get("on", ""),
        now=now(),
        zone=zone(),
    )


class StrictSerializer(serializers.Serializer[Any]):
    """Input that refuses what it does not know, so that nothing is set unseen."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked values. Raises ValidationError naming each unknown field."""
        if isinstance(data, dict):
            unknown = {
                name: ["There is no such field."]
                for name in data
                if name not in self.fields or self.fields[name].read_only
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class NothingInput(StrictSerializer):
    """An empty body."""


class VisibleField(serializers.SlugRelatedField[Any]):
    """A row named by its key, code or uuid, found only among those the person may see.

    Facts, which hold nothing of a team, are found by everybody who is signed in.
    """

    default_error_messages = {
        "does_not_exist": "There is no {slug_name} {value} that you may see.",
        "invalid": "Name one row by its {name}.",
    }

    found: dict[str, Any] | None = None
    """The rows of a whole list, where they were looked up at once."""

    def __init__(self, model: type[Model], slug_field: str = "key", **options: Any) -> None:
        self.model = model
        options.setdefault("queryset", model._default_manager.none())
        super().__init__(slug_field=slug_field, **options)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that this person may see; none without a person."""
        manager: Any = self.model._default_manager
        request = self.context.get("request")
        if request is None:
            nothing: QuerySet[Any] = manager.none()
            return nothing
        user = acting_user(request)
        visible: QuerySet[Any] = (
            manager.visible_to(user) if hasattr(manager, "visible_to") else manager.all()
        )
        return visible

    def to_internal_value(self, data: Any) -> Any:
        """Return the row. Raises ValidationError alike for missing and for foreign ones."""
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid", name=self.slug_field)
        if self.found is not None:
            if data not in self.found:
                self.fail("does_not_exist", slug_name=self.slug_field, value=data)
            return self.found[data]
        try:
            return super().to_internal_value(data)
        except BadValueError:
            self.fail("does_not_exist", slug_name=self.slug_field, value=data)

    def look_up(self, named: Iterable[Any]) -> None:
        """Look up the rows of a list at once, so that it costs one query."""
        texts = {text for text in named if isinstance(text, str) and self._fits(text)}
        rows = self.get_queryset().filter(**{f"{self.slug_field}__in": texts})
        self.found = {str(getattr(row, self.slug_field)): row for row in rows}

    def _fits(self, text: str) -> bool:
        """Say whether the database could hold the text there: a uuid must be one."""
        try:
            field: Any = self.model._meta.get_field(self.slug_field)
            field.to_python(text)
        except BadValueError:
            return False
        return "\x00" not in text


class Several(serializers.ListField):
    """A list that is counted before its items are looked up."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the checked items. Raises ValidationError."""
        longest = self.max_length
        if isinstance(data, list) and longest is not None and len(data) > longest:
            self.fail("max_length", max_length=longest)
        if isinstance(data, list) and isinstance(self.child, VisibleField):
            self.child.look_up(data)
        found: list[Any] = super().to_internal_value(data)
        return found


class Door(APIView):
    """What every view of the API has in common: who may enter, what may be sent."""

    permission_classes = [IsAuthenticated, WithinScope]
    parser_classes = [JSONParser]
    metadata_class = None
    schema = ProblemSchema()

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        """Return the response, which no cache on the way may keep."""
        response: Any = super().finalize_response(*args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response  # type: ignore[no-any-return]


KNOWN = frozenset(
    [
        "add",
        "as_of",
        "catalog",
        "claim",
        "complete",
        "cursor",
        "dry_run",
        "file_name",
        "form",
        "from",
        "limit",
        "member",
        "on",
        "path",
        "profile",
        "register",
        "remove",
        "revision",
        "scope",
        "service",
        "sheet",
        "system",
        "team",
        "to",
        "with",
    ]
)
"""Every parameter that some address takes which is not a list with filters of its own."""


def refuse_unknown(request: Request, known: Collection[str] = KNOWN) -> None:
    """Raise ValidationError naming parameters that are none: a misspelt `as_of` would show
    today in the place of the day that was asked for.
    """
    told = f"There is no such parameter. Known: {', '.join(sorted(known))}."
    wrong = {name: [told] for name in request.query_params if name not in known}
    if wrong:
        raise ValidationError(wrong)


class Nowhere(Door):
    """Every address below `/api/v1/` that is none."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Tell a stranger to sign in, everybody else that there is nothing."""
        super().initial(request, *args, **kwargs)
        raise NotFound


class ReadOnlyViewSet(Door, viewsets.ReadOnlyModelViewSet[M]):
    """Lists and shows visible rows."""

    filter_backends = [StrictFilters]
    lookup_value_regex = "[-a-zA-Z0-9_.]+"
    model: type[M]

    asks: Collection[str] = ()
    """Parameters of its own that an address below a row takes."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse parameters that no address below a row takes; lists have filters."""
        super().initial(request, *args, **kwargs)
        if request.method in SAFE_METHODS and self.detail:
            refuse_unknown(request, KNOWN.union(self.asks))

    def visible(self) -> QuerySet[M]:
        """Return the rows that this person may see."""
        manager: Any = self.model._default_manager
        if getattr(self, "swagger_fake_view", False):
            nothing: QuerySet[M] = manager.none()
            return nothing
        rows: QuerySet[M] = manager.visible_to(acting_user(self.request))
        return rows

    def page(
        self, rows: QuerySet[Any], serializer: type[serializers.BaseSerializer[Any]]
    ) -> Response:
        """Return one page of rows that belong to the row of the address."""
        shown = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(shown, many=True).data)

    def get_queryset(self) -> QuerySet[M]:
        """Return the visible rows with what the answer needs of their relations."""
        return self.visible()

    def checked(self, serializer: type[StrictSerializer]) -> dict[str, Any]:
        """Return the values of the request's body.

        Raises ValidationError naming the fields.
        """
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        return values
