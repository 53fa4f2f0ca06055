"""What all views of the API share: visible rows only, strict input, one service call."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework import serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from controls.api.authentication import WithinScope
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


class VisibleField(serializers.SlugRelatedField[Any]):
    """A row named by its key or uuid, found only among those the person may see."""

    def __init__(self, model: type[Model], slug_field: str = "key", **options: Any) -> None:
        self.model = model
        options.setdefault("queryset", model._default_manager.none())
        super().__init__(slug_field=slug_field, **options)

    default_error_messages = {
        "does_not_exist": "There is no {slug_name} {value} that you may see.",
        "invalid": "This is not a key.",
    }

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that this person may see; none without a person."""
        request = self.context.get("request")
        if request is None:
            return self.model._default_manager.none()
        manager: Any = self.model._default_manager
        visible: QuerySet[Any] = manager.visible_to(acting_user(request))
        return visible


class ReadOnlyViewSet(viewsets.ReadOnlyModelViewSet[M]):
    """Lists and shows visible rows."""

    permission_classes = [IsAuthenticated, WithinScope]
    schema = ProblemSchema()
    model: type[M]

    def visible(self) -> QuerySet[M]:
        """Return the rows that this person may see."""
        manager: Any = self.model._default_manager
        if getattr(self, "swagger_fake_view", False):
            nothing: QuerySet[M] = manager.none()
            return nothing
        rows: QuerySet[M] = manager.visible_to(acting_user(self.request))
        return rows

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
