"""Catalogs, controls and profiles."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from controls.api import filters
from controls.api.base import ReadOnlyViewSet
from controls.models import Catalog, Control, ControlLayer, ControlMapping, Profile
from controls.queries import statements


class CatalogSerializer(serializers.ModelSerializer[Catalog]):
    """A catalog."""

    class Meta:
        model = Catalog
        fields = [
            "uuid",
            "key",
            "version",
            "title",
            "publisher",
            "source",
            "sha256",
            "text_shippable",
            "is_outline",
            "imported_at",
        ]


class ControlSerializer(serializers.ModelSerializer[Control]):
    """A control, without its text."""

    catalog = serializers.CharField(source="catalog.key")
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.control_id", default=None
    )

    class Meta:
        model = Control
        fields = [
            "uuid",
            "catalog",
            "control_id",
            "label",
            "title",
            "group_id",
            "group_title",
            "parent",
            "withdrawn",
        ]


class PartSerializer(serializers.Serializer[Any]):
    """A part of a control's text."""

    part_id = serializers.CharField()
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    prose = serializers.CharField()
    depth = serializers.IntegerField()


class ControlLayerSerializer(serializers.ModelSerializer[ControlLayer]):
    """A layer that a control touches."""

    layer = serializers.CharField(source="layer.code")
    name = serializers.CharField(source="layer.name")
    scope = serializers.CharField(source="layer.scope")

    class Meta:
        model = ControlLayer
        fields = ["layer", "name", "scope", "reason", "confidence"]


class MappingSerializer(serializers.ModelSerializer[ControlMapping]):
    """A control of another catalog that this one maps to, and how sure that is."""

    control = serializers.UUIDField(source="target.uuid")
    catalog = serializers.CharField(source="target.catalog.key")
    control_id = serializers.CharField(source="target.control_id")
    label = serializers.CharField(  # type: ignore[assignment]
        source="target.label"
    )

    class Meta:
        model = ControlMapping
        fields = ["control", "catalog", "control_id", "label", "relation", "grade"]


class MappedFromSerializer(MappingSerializer):
    """A control of another catalog that maps to this one; read it from there."""

    control = serializers.UUIDField(source="source.uuid")
    catalog = serializers.CharField(source="source.catalog.key")
    control_id = serializers.CharField(source="source.control_id")
    label = serializers.CharField(source="source.label")


class ControlDetailSerializer(ControlSerializer):
    """A control with its text, the layers it touches and its mappings."""

    parts = serializers.SerializerMethodField()
    layers = serializers.SerializerMethodField()
    mappings = serializers.SerializerMethodField()
    mapped_from = serializers.SerializerMethodField()

    class Meta(ControlSerializer.Meta):
        fields = [
            *ControlSerializer.Meta.fields,
            "parts",
            "layers",
            "mappings",
            "mapped_from",
        ]

    @extend_schema_field(PartSerializer(many=True))
    def get_parts(self, control: Control) -> list[dict[str, Any]]:
        """Return the text, with parameters in place."""
        return list(PartSerializer(statements.lines(control), many=True).data)

    @extend_schema_field(ControlLayerSerializer(many=True))
    def get_layers(self, control: Control) -> list[dict[str, Any]]:
        """Return the layers, most important first."""
        rows = control.layers.select_related("layer").order_by("order")
        return list(ControlLayerSerializer(rows, many=True).data)

    @extend_schema_field(MappingSerializer(many=True))
    def get_mappings(self, control: Control) -> list[dict[str, Any]]:
        """Return the mappings by catalog and id."""
        rows = control.mappings.select_related("target__catalog")
        ordered = rows.order_by("target__catalog__key", "target__order")
        return list(MappingSerializer(ordered, many=True).data)

    @extend_schema_field(MappedFromSerializer(many=True))
    def get_mapped_from(self, control: Control) -> list[dict[str, Any]]:
        """Return the mappings that point here, by catalog and id."""
        rows = control.mapped_from.select_related("source__catalog")
        ordered = rows.order_by("source__catalog__key", "source__order")
        return list(MappedFromSerializer(ordered, many=True).data)


class ProfileSerializer(serializers.ModelSerializer[Profile]):
    """A profile with how many controls it has."""

    catalog = serializers.CharField(source="catalog.key")
    controls = serializers.IntegerField(source="size")

    class Meta:
        model = Profile
        fields = ["uuid", "key", "title", "catalog", "source", "controls"]


class CatalogFilter(filters.FilterSet):
    """Filters of catalogs."""

    key = filters.CharFilter()
    version = filters.CharFilter()

    class Meta:
        model = Catalog
        fields: list[str] = []


class ProfileFilter(filters.FilterSet):
    """Filters of profiles."""

    catalog = filters.CharFilter(field_name="catalog__key")

    class Meta:
        model = Profile
        fields: list[str] = []


class ControlFilter(filters.FilterSet):
    """Filters of controls."""

    control_id = filters.CharFilter()
    group = filters.CharFilter(field_name="group_id")
    withdrawn = filters.BooleanFilter()
    catalog = filters.CharFilter(field_name="catalog__key")
    profile = filters.CharFilter(field_name="profiles__key")
    layer = filters.CharFilter(field_name="layers__layer__code")
    search = filters.CharFilter(method="find")

    class Meta:
        model = Control
        fields: list[str] = []

    def find(self, rows: QuerySet[Control], _name: str, text: str) -> QuerySet[Control]:
        """Return those whose printed id or title holds the text."""
        return rows.filter(Q(label__icontains=text) | Q(title__icontains=text))


class CatalogViewSet(ReadOnlyViewSet[Catalog]):
    """Published sets of controls."""

    model = Catalog
    serializer_class = CatalogSerializer
    lookup_field = "uuid"
    filterset_class = CatalogFilter


class ControlViewSet(ReadOnlyViewSet[Control]):
    """What must be true."""

    model = Control
    lookup_field = "uuid"
    filterset_class = ControlFilter

    def get_queryset(self) -> QuerySet[Control]:
        """Return the controls with catalog and parent."""
        return self.visible().select_related("catalog", "parent")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Control]]:
        """Return the longer answer for a single one."""
        return ControlDetailSerializer if self.action == "retrieve" else ControlSerializer


class ProfileViewSet(ReadOnlyViewSet[Profile]):
    """Chosen subsets of catalogs."""

    model = Profile
    serializer_class = ProfileSerializer
    lookup_field = "key"
    filterset_class = ProfileFilter

    def get_queryset(self) -> QuerySet[Profile]:
        """Return the profiles with their catalog and size."""
        return self.visible().select_related("catalog").annotate(size=Count("controls"))
