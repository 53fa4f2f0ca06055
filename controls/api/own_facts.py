"""The layers that the organisation tags controls with, and all that it says otherwise."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency
from controls.api.base import (
    Door,
    ReadOnlyViewSet,
    Several,
    StrictSerializer,
    VisibleField,
    acting_user,
    asked_moment,
    now,
    refuse_unknown,
)
from controls.api.facts import VariantSerializer
from controls.api.overrides import OverrideSerializer
from controls.api.systems import MOMENT
from controls.models import Control, ControlTag, Layer
from controls.queries.own_facts import Overridden, Tagged, own_facts
from controls.services import own_facts as services


class ControlTagSerializer(serializers.ModelSerializer[ControlTag]):
    """The layers that the organisation says a control touches."""

    control = serializers.UUIDField(source="control.uuid")
    control_id = serializers.CharField(source="control.control_id")
    label = serializers.CharField(source="control.label")  # type: ignore[assignment]
    catalog = serializers.CharField(source="control.catalog.key")
    shipped_layers = serializers.SerializerMethodField(
        help_text="what is shipped in its place; empty where nothing is"
    )
    started_by = serializers.CharField(source="started_by.name")
    ended_by = serializers.CharField(source="ended_by.name", default=None)

    class Meta:
        model = ControlTag
        fields = [
            "uuid",
            "control",
            "control_id",
            "label",
            "catalog",
            "layers",
            "shipped_layers",
            "reason",
            "started_at",
            "started_by",
            "ended_at",
            "ended_by",
        ]

    def get_shipped_layers(self, tag: ControlTag) -> list[str]:
        """Return the shipped layers, the most important first."""
        rows = sorted(tag.control.layers.all(), key=lambda row: row.order)
        return [row.layer.code for row in rows]


class ControlTagInput(StrictSerializer):
    """Which layers a control touches, the most important first, and why."""

    control = VisibleField(Control, "uuid")
    layers = Several(child=VisibleField(Layer, "code"), min_length=1, max_length=100)
    reason = serializers.CharField(max_length=5000)


class TagEndInput(StrictSerializer):
    """Why it ends."""

    reason = serializers.CharField(max_length=5000)


class ControlTagFilter(filters.FilterSet):
    """Filters of tags."""

    catalog = filters.CharFilter(field_name="control__catalog__key")
    control_id = filters.CharFilter(field_name="control__control_id")
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ControlTag
        fields: list[str] = []


class ControlTagViewSet(ReadOnlyViewSet[ControlTag]):
    """The organisation's own word on the layers that controls touch."""

    model = ControlTag
    serializer_class = ControlTagSerializer
    lookup_field = "uuid"
    filterset_class = ControlTagFilter

    def get_queryset(self) -> QuerySet[ControlTag]:
        """Return the tags with what is shipped in their place."""
        return (
            self.visible()
            .select_related("control__catalog", "started_by", "ended_by")
            .prefetch_related("control__layers__layer")
        )

    @extend_schema(
        request=ControlTagInput,
        responses={201: ControlTagSerializer},
        parameters=[idempotency.PARAMETER],
        examples=[
            OpenApiExample(
                "CM-3 touches our own pipeline",
                value={
                    "control": "1d7c9a86-6f4b-4a0e-9f8e-2f5f0e1f9b11",
                    "layers": ["app", "change_process"],
                    "reason": "All changes go through one pipeline.",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Say which layers a control touches; all systems are derived anew."""

        def make() -> Response:
            made = services.tag(
                **self.checked(ControlTagInput), by=acting_user(request), at=now()
            )
            row = self.get_queryset().get(pk=made.pk)
            return Response(ControlTagSerializer(row).data, status=status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(request=TagEndInput, responses=ControlTagSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uuid: str) -> Response:
        """Let the shipped layers hold again; all systems are derived anew."""
        row = self.get_object()
        services.untag(
            tag=row,
            reason=self.checked(TagEndInput)["reason"],
            by=acting_user(request),
            at=now(),
        )
        return Response(ControlTagSerializer(row).data)


class OwnServiceSerializer(VariantSerializer):
    """A service of the organisation's own."""

    systems = serializers.IntegerField(help_text="how many visible systems use it today")

    class Meta(VariantSerializer.Meta):
        fields = [*VariantSerializer.Meta.fields, "systems"]


class ChangedOverrideSerializer(OverrideSerializer):
    """An override, and what is shipped in its place."""

    shipped = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="value → the service variants it is shipped for",
    )

    class Meta(OverrideSerializer.Meta):
        fields = [*OverrideSerializer.Meta.fields, "shipped"]


class OwnFactsSerializer(serializers.Serializer[Any]):
    """What the organisation says beside the shipped facts, and otherwise."""

    services = OwnServiceSerializer(many=True)
    overrides = ChangedOverrideSerializer(many=True)
    tags = ControlTagSerializer(many=True)


class OwnFactsViewSet(Door, viewsets.ViewSet):
    """What the organisation says beside the shipped facts, and otherwise."""

    @extend_schema(parameters=MOMENT, responses=OwnFactsSerializer)
    def list(self, request: Request) -> Response:
        """Show own services, overrides beside what they replace, and tags."""
        refuse_unknown(request, {"as_of", "on"})
        found = own_facts(user=acting_user(request), moment=asked_moment(request))
        return Response(
            {
                "services": [
                    {**VariantSerializer(one.variant).data, "systems": one.systems}
                    for one in found.services
                ],
                "overrides": [_override(one) for one in found.overrides],
                "tags": [_tag(one) for one in found.tags],
            }
        )


def _override(one: Overridden) -> dict[str, Any]:
    return {**OverrideSerializer(one.override).data, "shipped": one.shipped}


def _tag(one: Tagged) -> dict[str, Any]:
    told: dict[str, Any] = dict(ControlTagSerializer(one.tag).data)
    return told
