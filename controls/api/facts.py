"""Providers, layers, service variants: the facts."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from controls.api import filters
from controls.api.base import ReadOnlyViewSet
from controls.choices import LayerScope, ServiceModel
from controls.models import Layer, Provider, ServiceVariant, Source
from controls.queries.facts import current_release, facts_of


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


class VariantFilter(filters.FilterSet):
    """Filters of service variants."""

    iam_prefix = filters.CharFilter()
    model = filters.ChoiceFilter(choices=ServiceModel.choices)
    search = filters.CharFilter(method="find")

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
        return VariantDetailSerializer if self.action == "retrieve" else VariantSerializer
