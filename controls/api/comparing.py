"""Comparing: what if, two systems, one system at two dates; and what became suspect."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters
from controls.api.base import Door, acting_user, now
from controls.api.filters import StrictFilters
from controls.errors import InvalidInputError, NotFoundError
from controls.models import Responsibility, System
from controls.queries import comparing, suspects
from controls.queries.shippable import Silent, silent_catalogs, title
from controls.queries.suspects import Doubt
from controls.queries.what_if import what_if
from controls.rules.comparison import (
    BECOMES,
    CLEARS,
    COURSES,
    STAYS,
    Comparison,
    named,
)
from controls.rules.moments import Moment, beginning, moment_of_day
from controls.rules.telling import as_data
from controls.services.clock import day, zone


def _refuse_unknown(request: Request, *known: str) -> None:
    """Raise ValidationError naming each parameter that is none of these."""
    told = f"There is no such parameter. Known: {', '.join(known)}."
    wrong = {name: [told] for name in request.query_params if name not in known}
    if wrong:
        raise ValidationError(wrong)


class ComparedControlSerializer(serializers.Serializer[Any]):
    """The control that a difference is about."""

    control_id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField()
    group = serializers.CharField()
    catalog = serializers.CharField()


class ComparedDecisionSerializer(serializers.Serializer[Any]):
    """The newest revision of a decision at one end."""

    number = serializers.IntegerField()
    state = serializers.CharField()
    kind = serializers.CharField()


class ComparedSideSerializer(serializers.Serializer[Any]):
    """How a control stands at one end."""

    answer = serializers.CharField(help_text="derived")
    derived_kind = serializers.CharField()
    kind = serializers.CharField(help_text="decided, else derived")
    decided = ComparedDecisionSerializer(allow_null=True)
    suspect = serializers.BooleanField(help_text="what is derived differs from the basis")


class ComparedOnceSerializer(ComparedControlSerializer, ComparedSideSerializer):
    """A control in scope at one end only."""


class ComparedLayerSerializer(serializers.Serializer[Any]):
    """Who carries a layer on some services; on none: in the whole system."""

    value = serializers.CharField()
    services = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()


class ComparedReasonSerializer(serializers.Serializer[Any]):
    """A layer that is carried otherwise: what holds before only, and what after only."""

    layer = serializers.CharField()
    before = ComparedLayerSerializer(many=True)
    after = ComparedLayerSerializer(many=True)
    text = serializers.CharField(help_text="the same as a sentence")


class ControlChangeSerializer(ComparedControlSerializer):
    """A control whose answer, kind or parties differ."""

    before = ComparedSideSerializer()
    after = ComparedSideSerializer()
    doubt = serializers.ChoiceField(
        [BECOMES, STAYS, CLEARS],
        allow_blank=True,
        help_text="what becomes of the decision; empty between two systems",
    )
    reasons = ComparedReasonSerializer(many=True)


class ComparedCourseSerializer(ComparedControlSerializer):
    """What becomes of something that hangs on a control."""

    course = serializers.ChoiceField(COURSES)
    task = serializers.CharField()


class DutyChangeSerializer(ComparedCourseSerializer):
    """What becomes of a duty; `moves`: the same layers on other services."""

    before = serializers.CharField(allow_null=True, help_text="what it asks for")
    after = serializers.CharField(allow_null=True)
    in_force = serializers.BooleanField(
        help_text="it is a duty today, by an approved decision (what-if only)"
    )


class ReviewChangeSerializer(ComparedCourseSerializer):
    """A review that appears or vanishes."""

    cadence = serializers.CharField(help_text="empty: of the organisation's own")
    title = serializers.CharField()
    kind = serializers.CharField()
    every = serializers.IntegerField()
    unit = serializers.CharField()
    source = serializers.CharField(help_text="who says so")  # type: ignore[assignment]


class ComparedServiceSerializer(serializers.Serializer[Any]):
    """A service in use."""

    variant = serializers.CharField()
    name = serializers.CharField()


class ComparedEndSerializer(serializers.Serializer[Any]):
    """One end of a comparison."""

    label = serializers.CharField()  # type: ignore[assignment]
    system = serializers.CharField()
    name = serializers.CharField()
    on = serializers.DateField()
    services = ComparedServiceSerializer(many=True)
    answers = serializers.DictField(child=serializers.IntegerField())
    duties = serializers.IntegerField()
    reviews = serializers.IntegerField()


class ComparisonCountsSerializer(serializers.Serializer[Any]):
    """How many of each."""

    compared = serializers.IntegerField(help_text="controls in scope at both ends")
    changed = serializers.IntegerField()
    other_answer = serializers.IntegerField()
    become_suspect = serializers.IntegerField()
    no_longer_suspect = serializers.IntegerField()
    only_before = serializers.IntegerField()
    only_after = serializers.IntegerField()
    duties = serializers.DictField(child=serializers.IntegerField())
    reviews = serializers.DictField(child=serializers.IntegerField())


class ComparisonSerializer(serializers.Serializer[Any]):
    """All that differs between two ends."""

    question = serializers.CharField()
    before = ComparedEndSerializer()
    after = ComparedEndSerializer()
    counts = ComparisonCountsSerializer()
    controls = ControlChangeSerializer(many=True)
    only_before = ComparedOnceSerializer(many=True)
    only_after = ComparedOnceSerializer(many=True)
    duties = DutyChangeSerializer(many=True)
    reviews = ReviewChangeSerializer(many=True)


SEVERAL = "Keys of service variants: repeated, or one list with commas."


class ComparisonViewSet(Door, viewsets.GenericViewSet[System]):
    """How a system would stand, or stood, beside how it stands."""

    lookup_field = "key"
    lookup_value_regex = "[-a-zA-Z0-9_.]+"
    queryset = System.objects.none()
    serializer_class = ComparisonSerializer

    def get_queryset(self) -> QuerySet[System]:
        """Return the systems that this person may see."""
        visible = System.objects.visible_to(acting_user(self.request))
        return visible.select_related("provider")

    @extend_schema(
        parameters=[
            OpenApiParameter("add", OpenApiTypes.STR, many=True, description=SEVERAL),
            OpenApiParameter("remove", OpenApiTypes.STR, many=True, description=SEVERAL),
        ],
        examples=[
            OpenApiExample(
                "From servers to tasks",
                value="ecs.fargate,rds.aurora",
                parameter_only=("add", OpenApiParameter.QUERY),
            )
        ],
        filters=False,
    )
    @action(detail=True, methods=["get"], url_path="what-if", pagination_class=None)
    def what_if(self, request: Request, key: str) -> Response:
        """Show which controls, duties and reviews change if services came and went.

        Derived with the facts loaded last; nothing is written.
        """
        _refuse_unknown(request, "add", "remove")
        found = what_if(
            system=self.get_object(),
            add=named(request.query_params.getlist("add")),
            remove=named(request.query_params.getlist("remove")),
            on=day(now()),
        )
        return Response(as_data(found))

    @extend_schema(
        parameters=[
            OpenApiParameter("with", OpenApiTypes.STR, description="Another system."),
            OpenApiParameter(
                "from", OpenApiTypes.DATE, description="Instead: how it stood that day."
            ),
            OpenApiParameter(
                "to",
                OpenApiTypes.DATE,
                description="Today unless said; a later day: as planned.",
            ),
        ],
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def compare(self, request: Request, key: str) -> Response:
        """Show how another system differs, or the same system at another date."""
        _refuse_unknown(request, "with", "from", "to")
        system, given = self.get_object(), request.query_params
        ends = {name: given.get(name, "") for name in ("with", "from", "to")}
        if bool(ends["with"]) == bool(ends["from"]):
            raise InvalidInputError("Name either `with` or `from`.", place="with")
        found = (
            self._with(system, ends["with"])
            if ends["with"]
            else _dates(system, ends["from"], ends["to"])
        )
        return Response(as_data(found))

    def _with(self, system: System, key: str) -> Comparison:
        at = now()
        other = self.get_queryset().filter(key=key).first()
        if other is None:
            raise NotFoundError("There is no such system to compare with.")
        return comparing.between_systems(
            system=system, other=other, moment=Moment(as_of=at, on=day(at))
        )


def _dates(system: System, before: str, after: str) -> Comparison:
    at = now()
    texts = (("from", before), ("to", after or str(day(at))))
    ends = [moment_of_day(text, place=name, now=at, zone=zone()) for name, text in texts]
    return comparing.between_dates(system=system, before=ends[0], after=ends[1])


class SuspectSerializer(serializers.Serializer[Any]):
    """A decision in doubt."""

    responsibility = serializers.UUIDField()
    system = serializers.CharField()
    control_id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField()
    decided = ComparedDecisionSerializer()
    derived_kind = serializers.CharField()
    owner_team = serializers.CharField(allow_null=True)
    since = serializers.DateField(help_text="the day from which on it is suspect")
    recorded_at = serializers.DateTimeField(help_text="when that was derived")
    cause = serializers.CharField()
    differences = serializers.ListField(child=serializers.CharField())
    links = serializers.DictField(child=serializers.CharField())


class SuspectFilter(filters.FilterSet):
    """Filters of suspects."""

    system = filters.CharFilter(field_name="system__key")
    owner_team = filters.CharFilter(field_name="latest_decision__owner_team__key")
    since = filters.CharFilter(
        method="of_since",
        help_text="Suspect since that instant or later; a date means its beginning.",
    )

    class Meta:
        model = Responsibility
        fields: list[str] = []

    def of_since(self, rows: Any, _name: str, text: str) -> Any:
        """Return what became suspect since. Raises InvalidInputError."""
        moment = beginning(text, place="since", now=now(), zone=zone())
        return suspects.since(rows, moment, zone=zone())


class SuspectViewSet(Door, mixins.ListModelMixin, viewsets.GenericViewSet[Responsibility]):
    """Decisions that what is derived today no longer bears out, with the cause.

    Deciding anew, or accepting what is derived, clears them.
    """

    queryset = Responsibility.objects.none()
    serializer_class = SuspectSerializer
    filter_backends = [StrictFilters]
    filterset_class = SuspectFilter

    def get_queryset(self) -> QuerySet[Responsibility]:
        """Return the suspects that this person may see."""
        if getattr(self, "swagger_fake_view", False):
            return Responsibility.objects.none()
        visible = Responsibility.objects.visible_to(acting_user(self.request))
        rows = suspects.suspects(visible, on=day(now()), zone=zone())
        return rows.select_related(
            "system",
            "control",
            "part",
            "latest_decision__derivation",
            "latest_decision__owner_team",
        )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what is suspect, since when and why."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        found = suspects.doubts(page or (), zone=zone())
        silent = silent_catalogs()
        return self.get_paginated_response([_suspect(doubt, silent) for doubt in found])


def _suspect(doubt: Doubt, silent: Silent) -> dict[str, Any]:
    row, decision = doubt.responsibility, doubt.decision
    return {
        "responsibility": row.uuid,
        "system": row.system.key,
        "control_id": row.control.control_id,
        "label": row.label,
        "title": title(row.control, silent),
        "decided": {
            "number": decision.number,
            "state": decision.state,
            "kind": decision.kind,
        },
        "derived_kind": doubt.now.kind,
        "owner_team": decision.owner_team.key if decision.owner_team else None,
        "since": doubt.since,
        "recorded_at": doubt.recorded_at,
        "cause": doubt.cause,
        "differences": doubt.differences,
        "links": {
            "responsibility": reverse("responsibility-detail", args=[row.uuid]),
            "system": reverse("system-detail", args=[row.system.key]),
        },
    }
