"""Overrides of layers."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency
from controls.api.base import (
    ReadOnlyViewSet,
    StrictSerializer,
    VisibleField,
    acting_user,
    now,
)
from controls.api.systems import EndInput
from controls.choices import LayerValue
from controls.models import Layer, LayerOverride, ServiceVariant, System
from controls.services import clock, overrides
from controls.services.overrides import Word


class OverrideSerializer(serializers.ModelSerializer[LayerOverride]):
    """An override."""

    system = serializers.CharField(source="system.key", default=None)
    variant = serializers.CharField(source="variant.key", default=None)
    layer = serializers.CharField(source="layer.code")
    started_by = serializers.CharField(source="started_by.name")
    ended_by = serializers.CharField(source="ended_by.name", default=None)

    class Meta:
        model = LayerOverride
        fields = [
            "uuid",
            "system",
            "variant",
            "layer",
            "value",
            "reason",
            "since",
            "until",
            "started_at",
            "started_by",
            "ended_on",
            "ended_at",
            "ended_by",
        ]


class OverrideInput(StrictSerializer):
    """An override to record. Without a system it holds for all of them."""

    system = VisibleField(System, default=None, allow_null=True)
    variant = VisibleField(ServiceVariant, default=None, allow_null=True)
    layer = VisibleField(Layer, "code")
    value = serializers.ChoiceField(LayerValue.choices)
    reason = serializers.CharField(max_length=5000)
    since = serializers.DateField(default=None)
    until = serializers.DateField(default=None, allow_null=True)


class OverrideFilter(filters.FilterSet):
    """Filters of overrides."""

    system = filters.CharFilter(field_name="system__key")
    layer = filters.CharFilter(field_name="layer__code")
    variant = filters.CharFilter(field_name="variant__key")
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = LayerOverride
        fields: list[str] = []


class OverrideViewSet(ReadOnlyViewSet[LayerOverride]):
    """A person's word on who carries a layer."""

    model = LayerOverride
    serializer_class = OverrideSerializer
    lookup_field = "uuid"
    filterset_class = OverrideFilter

    def get_queryset(self) -> QuerySet[LayerOverride]:
        """Return the overrides with what an answer shows."""
        return self.visible().select_related(
            "system__owner_team", "variant", "layer", "started_by", "ended_by"
        )

    @extend_schema(
        request=OverrideInput,
        responses={201: OverrideSerializer},
        parameters=[idempotency.PARAMETER],
        examples=[
            OpenApiExample(
                "RDS Custom: the team patches the engine",
                value={
                    "system": "shop",
                    "variant": "rds",
                    "layer": "engine",
                    "value": "customer",
                    "reason": "We run a patched engine ourselves.",
                    "since": "2026-03-01",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Record an override and derive the systems it concerns anew."""

        def make() -> Response:
            values, at = self.checked(OverrideInput), now()
            system = values.pop("system")
            values["since"] = values["since"] or clock.day(at)
            row = overrides.start(
                system=system, word=Word(**values), by=acting_user(request), at=at
            )
            return Response(OverrideSerializer(row).data, status=status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(request=EndInput, responses=OverrideSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uuid: str) -> Response:
        """Say from which day on it no longer holds."""
        row, at = self.get_object(), now()
        on = self.checked(EndInput)["on"] or clock.day(at)
        overrides.end(override=row, on=on, by=acting_user(request), at=at)
        return Response(OverrideSerializer(row).data)
