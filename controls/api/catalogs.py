"""Catalogs, controls and profiles."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import catalog_diffs, filters
from controls.api.base import ReadOnlyViewSet, acting_user
from controls.api.catalog_diffs import WITH, DifferenceSerializer
from controls.models import (
    Catalog,
    Control,
    ControlLayer,
    ControlMapping,
    ControlTag,
    Profile,
)
from controls.queries import crosswalks, statements

PROFILE = OpenApiParameter(
    "profile",
    OpenApiTypes.STR,
    description="Key of a profile whose parameters stand in the text.",
)


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
    title = serializers.CharField(
        source="shippable_title", help_text="empty where it may not be shipped"
    )
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


class TagSerializer(serializers.ModelSerializer[ControlTag]):
    """The organisation's own word on the layers that a control touches."""

    class Meta:
        model = ControlTag
        fields = ["uuid", "layers", "reason", "started_at"]


class WaySerializer(serializers.Serializer[Any]):
    """A way through the crosswalk."""

    catalog = serializers.CharField(help_text="where it ends")
    labels = serializers.ListField(child=serializers.CharField())
    grade = serializers.CharField(help_text="the weakest on the way")


class ThroughSerializer(serializers.Serializer[Any]):
    """A layer that a control touches through others."""

    layer = serializers.CharField()
    grade = serializers.CharField(help_text="of the surest way")
    ways = WaySerializer(many=True)


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

    parts = serializers.SerializerMethodField(
        help_text="empty where the text may not be shipped"
    )
    through = serializers.SerializerMethodField(
        help_text="layers that it touches through the controls it maps to, where it has "
        "none of its own"
    )
    layers = serializers.SerializerMethodField()
    tagged = serializers.SerializerMethodField(
        help_text="the layers that the organisation names in the place of those; else null"
    )
    mappings = serializers.SerializerMethodField()
    mapped_from = serializers.SerializerMethodField()

    class Meta(ControlSerializer.Meta):
        fields = [
            *ControlSerializer.Meta.fields,
            "parts",
            "layers",
            "tagged",
            "through",
            "mappings",
            "mapped_from",
        ]

    @extend_schema_field(PartSerializer(many=True))
    def get_parts(self, control: Control) -> list[dict[str, Any]]:
        """Return the text, with parameters in place as the profile asked for sets them."""
        if not control.catalog.text_shippable:
            return []
        settings = self.context.get("settings")
        return list(PartSerializer(statements.lines(control, settings), many=True).data)

    @extend_schema_field(ThroughSerializer(many=True))
    def get_through(self, control: Control) -> list[dict[str, Any]]:
        """Return the layers with the ways to each."""
        return list(ThroughSerializer(crosswalks.layers_through(control), many=True).data)

    @extend_schema_field(TagSerializer(allow_null=True))
    def get_tagged(self, control: Control) -> dict[str, Any] | None:
        """Return the layers that the organisation names in the place of those."""
        tag = crosswalks.tag_of(control, crosswalks.tags())
        return dict(TagSerializer(tag).data) if tag else None

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
    catalog_version = serializers.CharField(source="catalog.version")
    controls = serializers.IntegerField(source="size")

    class Meta:
        model = Profile
        fields = [
            "uuid",
            "key",
            "title",
            "version",
            "catalog",
            "catalog_version",
            "source",
            "sha256",
            "controls",
        ]


class ParameterSerializer(serializers.Serializer[Any]):
    """What a profile sets for a parameter."""

    values = serializers.ListField(child=serializers.CharField(), required=False)
    constraints = serializers.ListField(child=serializers.CharField(), required=False)
    label = serializers.CharField(required=False)  # type: ignore[assignment]


class ProfileDetailSerializer(ProfileSerializer):
    """A profile with the parameters it sets."""

    parameters = serializers.DictField(child=ParameterSerializer())

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "parameters"]


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

    control_id = filters.CharFilter(lookup_expr="iexact")
    group = filters.CharFilter(field_name="group_id")
    withdrawn = filters.BooleanFilter()
    catalog = filters.CharFilter(field_name="catalog__key")
    profile = filters.CharFilter(field_name="profiles__key")
    layer = filters.CharFilter(
        method="touching", help_text="The organisation's own word goes before the shipped."
    )
    search = filters.CharFilter(method="find")

    class Meta:
        model = Control
        fields: list[str] = []

    def touching(self, rows: QuerySet[Control], _name: str, code: str) -> QuerySet[Control]:
        """Return those that touch the layer by themselves."""
        tagged, here = Q(pk__in=[]), Q(pk__in=[])
        for (catalog, control_id), tag in crosswalks.tags().items():
            one = Q(catalog__key=catalog, control_id__iexact=control_id)
            tagged |= one
            here |= one if code in tag.layers else Q(pk__in=[])
        shipped = Exists(
            ControlLayer.objects.filter(control=OuterRef("pk"), layer__code=code)
        )
        return rows.filter(here | ~tagged & shipped)

    def find(self, rows: QuerySet[Control], _name: str, text: str) -> QuerySet[Control]:
        """Return those whose printed id, or title where it may be told, holds the text."""
        titled = Q(title__icontains=text, catalog__text_shippable=True)
        return rows.filter(Q(label__icontains=text) | titled)


class CatalogViewSet(ReadOnlyViewSet[Catalog]):
    """Published sets of controls."""

    model = Catalog
    serializer_class = CatalogSerializer
    lookup_field = "uuid"
    filterset_class = CatalogFilter

    @extend_schema(parameters=[WITH], responses=DifferenceSerializer)
    @action(detail=True, methods=["get"])
    def diff(self, request: Request, uuid: str) -> Response:
        """Show what differs between another edition, `with`, and this one."""
        after = self.get_object()
        before = catalog_diffs.asked(request, self.visible())
        return Response(catalog_diffs.shown(before, after))


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

    @extend_schema(parameters=[PROFILE])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a control with its text, and in it what a profile sets for parameters."""
        control = self.get_object()
        context = dict(self.get_serializer_context())
        key = request.query_params.get("profile", "")
        if key:
            profile = Profile.objects.visible_to(acting_user(request)).filter(key=key)
            found = profile.values_list("pk", flat=True)
            if not found:
                told = f"There is no profile {key!r}."
                raise serializers.ValidationError({"profile": [told]})
            context["settings"] = statements.settings_of(control, found)
        return Response(ControlDetailSerializer(control, context=context).data)


class ProfileViewSet(ReadOnlyViewSet[Profile]):
    """Chosen subsets of catalogs."""

    model = Profile
    lookup_field = "key"
    filterset_class = ProfileFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Profile]]:
        """Return the longer answer for a single one."""
        return ProfileDetailSerializer if self.action == "retrieve" else ProfileSerializer

    def get_queryset(self) -> QuerySet[Profile]:
        """Return the profiles with their catalog and size."""
        return self.visible().select_related("catalog").annotate(size=Count("controls"))
