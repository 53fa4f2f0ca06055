"""Providers, layers, service variants: the facts."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import ReadOnlyModelViewSet

from controls.api.authentication import WithinScope
from controls.api.base import ReadOnlyViewSet
from controls.api.schema import ProblemSchema
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

    search = filters.CharFilter(method="find")

    class Meta:
        model = ServiceVariant
        fields = ["iam_prefix", "model"]

    def find(
        self, rows: QuerySet[ServiceVariant], _name: str, text: str
    ) -> QuerySet[ServiceVariant]:
        """Return those whose key or name holds the text."""
        return rows.filter(Q(key__icontains=text) | Q(name__icontains=text))


class ProviderViewSet(ReadOnlyModelViewSet[Provider]):
    """Who runs what systems lean on."""

    permission_classes = [IsAuthenticated, WithinScope]
    schema = ProblemSchema()
    queryset = Provider.objects.all()
    serializer_class = ProviderSerializer
    lookup_field = "key"


class LayerViewSet(ReadOnlyModelViewSet[Layer]):
    """What a party can carry."""

    permission_classes = [IsAuthenticated, WithinScope]
    schema = ProblemSchema()
    queryset = Layer.objects.all()
    serializer_class = LayerSerializer
    lookup_field = "code"
    filterset_fields = ["scope"]


class ServiceVariantViewSet(ReadOnlyViewSet[ServiceVariant]):
    """Services in the form that decides who does what."""

    model = ServiceVariant
    lookup_field = "key"
    lookup_value_regex = "[^/]+"
    filterset_class = VariantFilter

    def get_queryset(self) -> QuerySet[ServiceVariant]:
        """Return the variants with their provider."""
        return self.visible().select_related("provider")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[ServiceVariant]]:
        """Return the longer answer for a single one."""
        return VariantDetailSerializer if self.action == "retrieve" else VariantSerializer
