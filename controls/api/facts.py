"""Providers, layers, service variants: the facts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency, versions
from controls.api.base import (
    ReadOnlyViewSet,
    StrictSerializer,
    VisibleField,
    acting_user,
    now,
)
from controls.choices import LayerScope, ServiceModel
from controls.models import Layer, Provider, ServiceVariant, Source
from controls.queries.facts import current_release, facts_of
from controls.services import own_facts
from controls.services.own_facts import Service


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A provider."""

    class Meta:
        model = Provider
        fields = ["key", "name", "full_name", "letter"]


class LayerSerializer(serializers.ModelSerializer[Layer]):
    """A layer."""

    class Meta:
        model = Layer
        fields = ["code", "name", "scope"]


class VariantSerializer(serializers.ModelSerializer[ServiceVariant]):
    """A service variant."""

    provider = serializers.SlugRelatedField[Provider](slug_field="key", read_only=True)
    own = serializers.BooleanField(
        source="is_own", help_text="whether the organisation added it"
    )

    class Meta:
        model = ServiceVariant
        fields = [
            "key",
            "name",
            "provider",
            "iam_prefix",
            "model",
            "patch_evidence_api",
            "confidence",
            "own",
            "note",
            "version",
        ]


class VariantLayerSerializer(serializers.Serializer[Any]):
    """Who carries a layer on a variant, and what says so."""

    layer = serializers.CharField()
    value = serializers.CharField()
    basis = serializers.CharField()
    note = serializers.CharField()
    confidence = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())


class VariantDetailSerializer(VariantSerializer):
    """A service variant with who carries each of its layers."""

    layers = serializers.SerializerMethodField()

    class Meta(VariantSerializer.Meta):
        fields = [*VariantSerializer.Meta.fields, "layers"]

    @extend_schema_field(VariantLayerSerializer(many=True))
    def get_layers(self, variant: ServiceVariant) -> list[dict[str, Any]]:
        """Return the layers in order, with the titles of the sources."""
        release = current_release()
        if release is None:
            return []
        facts = facts_of(release)
        titles = dict(Source.objects.values_list("key", "title"))
        order = Layer.objects.order_by("order").values_list("code", flat=True)
        return [
            {
                "layer": layer,
                "value": fact.value,
                "basis": fact.basis,
                "note": fact.note,
                "confidence": fact.confidence,
                "sources": [titles.get(key, key) for key in fact.sources.split()],
            }
            for layer in order
            if (fact := facts.services.get((variant.key, layer))) is not None
        ]


class ServiceInput(StrictSerializer):
    """What a service of the organisation's own is."""

    name = serializers.CharField(max_length=150)
    model = serializers.ChoiceField(
        ServiceModel.choices, help_text="who carries its layers, unless overridden"
    )
    iam_prefix = serializers.CharField(max_length=60, default="", allow_blank=True)
    note = serializers.CharField(max_length=5000, default="", allow_blank=True)


class OwnVariantInput(ServiceInput):
    """A service of the organisation's own."""

    key = serializers.CharField(
        max_length=80, help_text="gets the prefix `own.` where it has none"
    )
    provider = VisibleField(Provider, required=False, help_text="`aws` where left out")


class ServiceChange(StrictSerializer):
    """What is to change of it; what is left out stays."""

    name = serializers.CharField(max_length=150, required=False)
    model = serializers.ChoiceField(ServiceModel.choices, required=False)
    iam_prefix = serializers.CharField(max_length=60, required=False, allow_blank=True)
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True)


class VariantFilter(filters.FilterSet):
    """Filters of service variants."""

    iam_prefix = filters.CharFilter()
    model = filters.ChoiceFilter(choices=ServiceModel.choices)
    search = filters.CharFilter(method="find")
    own = filters.BooleanFilter(field_name="added_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ServiceVariant
        fields: list[str] = []

    def find(
        self, rows: QuerySet[ServiceVariant], _name: str, text: str
    ) -> QuerySet[ServiceVariant]:
        """Return those whose key or name holds the text."""
        return rows.filter(Q(key__icontains=text) | Q(name__icontains=text))


class LayerFilter(filters.FilterSet):
    """Filters of layers."""

    scope = filters.ChoiceFilter(choices=LayerScope.choices)

    class Meta:
        model = Layer
        fields: list[str] = []


class ProviderViewSet(ReadOnlyViewSet[Provider]):
    """Who runs what systems lean on."""

    model = Provider
    serializer_class = ProviderSerializer
    lookup_field = "key"

    def visible(self) -> QuerySet[Provider]:
        """Return all of them: they hold nothing of a team."""
        return Provider.objects.all()


class LayerViewSet(ReadOnlyViewSet[Layer]):
    """What a party can carry."""

    model = Layer
    serializer_class = LayerSerializer
    lookup_field = "code"
    filterset_class = LayerFilter

    def visible(self) -> QuerySet[Layer]:
        """Return all of them: they hold nothing of a team."""
        return Layer.objects.all()


class ServiceVariantViewSet(ReadOnlyViewSet[ServiceVariant]):
    """Services in the form that decides who does what."""

    model = ServiceVariant
    lookup_field = "key"
    filterset_class = VariantFilter

    def get_queryset(self) -> QuerySet[ServiceVariant]:
        """Return the variants with their provider."""
        return self.visible().select_related("provider")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[ServiceVariant]]:
        """Return the longer answer for a single one."""
        return VariantSerializer if self.action == "list" else VariantDetailSerializer

    @extend_schema(parameters=[versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a service with who carries each of its layers."""
        return self._shown(self.get_object())

    @extend_schema(
        request=OwnVariantInput,
        responses={201: VariantDetailSerializer},
        parameters=[idempotency.PARAMETER],
    )
    def create(self, request: Request) -> Response:
        """Add a service of the organisation's own."""

        def make() -> Response:
            values = self.checked(OwnVariantInput)
            row = own_facts.add_variant(
                key=values.pop("key"),
                provider=values.pop("provider", None) or Provider.objects.get(key="aws"),
                service=Service(**values),
                by=acting_user(request),
                at=now(),
            )
            answer = self._shown(row)
            answer.status_code = HTTPStatus.CREATED
            return answer

        return idempotency.once(request, make)

    @extend_schema(
        request=ServiceChange,
        responses=VariantDetailSerializer,
        parameters=[versions.PARAMETER, versions.ETAG],
    )
    def partial_update(self, request: Request, key: str) -> Response:
        """Change what a service of the organisation's own is; systems are derived anew."""
        row, version = self.get_object(), versions.expected(request)
        stands = {
            "name": row.name,
            "model": row.model,
            "iam_prefix": row.iam_prefix,
            "note": row.note,
        }
        own_facts.change_variant(
            variant=row,
            version=version,
            service=Service(**{**stands, **self.checked(ServiceChange)}),
            by=acting_user(request),
            at=now(),
        )
        return self._shown(row)

    def _shown(self, row: ServiceVariant) -> Response:
        return versions.tagged(Response(VariantDetailSerializer(row).data), row.version)
