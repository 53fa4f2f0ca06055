"""How controls of two catalogs relate, and what decisions on one say about the others."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import mixins, serializers, viewsets

from controls.api import filters
from controls.api.base import Door
from controls.api.filters import StrictFilters
from controls.choices import Kind, MappingGrade, MappingRelation
from controls.models import ControlMapping
from controls.queries.proposals import Mapped, Proposal


class MappedEndSerializer(serializers.Serializer[Any]):
    """A control at one end of a mapping."""

    uuid = serializers.UUIDField()
    catalog = serializers.CharField(source="catalog.key")
    control_id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ControlMappingSerializer(serializers.ModelSerializer[ControlMapping]):
    """A mapping: the source is `relation` the target."""

    source = MappedEndSerializer()  # type: ignore[assignment]
    target = MappedEndSerializer()
    release = serializers.CharField(
        source="release.version", default=None, help_text="the shipped facts that say so"
    )
    document = serializers.CharField(help_text="the imported file that says so")

    class Meta:
        model = ControlMapping
        fields = ["source", "target", "relation", "grade", "release", "document"]


class ControlMappingFilter(filters.FilterSet):
    """Filters of mappings."""

    catalog = filters.CharFilter(method="either", help_text="key, at either end")
    control = filters.UUIDFilter(method="of_control", help_text="at either end")
    relation = filters.ChoiceFilter(choices=MappingRelation.choices)
    grade = filters.ChoiceFilter(choices=MappingGrade.choices)

    class Meta:
        model = ControlMapping
        fields: list[str] = []

    def either(
        self, rows: QuerySet[ControlMapping], _name: str, key: str
    ) -> QuerySet[ControlMapping]:
        """Return those with a control of the catalog at either end."""
        return rows.filter(Q(source__catalog__key=key) | Q(target__catalog__key=key))

    def of_control(
        self, rows: QuerySet[ControlMapping], _name: str, uuid: Any
    ) -> QuerySet[ControlMapping]:
        """Return those of the control."""
        return rows.filter(Q(source__uuid=uuid) | Q(target__uuid=uuid))


class ControlMappingViewSet(
    Door, mixins.ListModelMixin, viewsets.GenericViewSet[ControlMapping]
):
    """How controls of different catalogs relate, and how sure that is."""

    queryset = ControlMapping.objects.select_related(
        "source__catalog", "target__catalog", "release"
    )
    serializer_class = ControlMappingSerializer
    filter_backends = [StrictFilters]
    filterset_class = ControlMappingFilter


class MappedSerializer(serializers.Serializer[Any]):
    """A control of another catalog in the same system, and what is decided on it."""

    responsibility = serializers.UUIDField()
    catalog = serializers.CharField()
    control_id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    path = serializers.ListField(
        child=serializers.CharField(), help_text="labels on the way, its own the last"
    )
    grade = serializers.ChoiceField(
        MappingGrade.choices, help_text="the weakest on the way"
    )
    kind = serializers.ChoiceField(Kind.choices, allow_null=True, help_text="decided")
    state = serializers.CharField(allow_null=True)
    owner_team = serializers.CharField(allow_null=True)
    counts = serializers.BooleanField(help_text="whether the proposal rests on it")
    reason = serializers.CharField()


class MappedProposalSerializer(serializers.Serializer[Any]):
    """What the decisions on mapped controls say together; people decide."""

    kind = serializers.ChoiceField(Kind.choices)
    owner_team = serializers.CharField(
        allow_null=True, help_text="null where they name several"
    )
    grade = serializers.ChoiceField(
        MappingGrade.choices, help_text="of the least sure mapping it rests on"
    )
    reasons = serializers.ListField(child=serializers.CharField())


class MappedAnswerSerializer(serializers.Serializer[Any]):
    """The mapped controls of a responsibility, and what follows from decisions on them."""

    proposal = MappedProposalSerializer(allow_null=True)
    mapped = MappedSerializer(many=True)


def shown(found: tuple[Mapped, ...], proposed: Proposal | None) -> dict[str, Any]:
    """Return what MappedAnswerSerializer describes."""
    return {
        "proposal": MappedProposalSerializer(proposed).data if proposed else None,
        "mapped": [_mapped(item) for item in found],
    }


def _mapped(item: Mapped) -> dict[str, Any]:
    control, decision = item.responsibility.control, item.decision
    owner = decision.owner_team if decision else None
    return {
        "responsibility": item.responsibility.uuid,
        "catalog": control.catalog.key,
        "control_id": control.control_id,
        "label": control.label,
        "path": list(item.path),
        "grade": item.grade,
        "kind": decision.kind if decision else None,
        "state": decision.state if decision else None,
        "owner_team": owner.key if owner else None,
        "counts": item.counts,
        "reason": item.reason,
    }
