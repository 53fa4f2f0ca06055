"""Duties: what is left to us, and which team says it does it."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, versions
from controls.api.base import (
    NothingInput,
    ReadOnlyViewSet,
    StrictSerializer,
    VisibleField,
    acting_user,
    asked_moment,
    now,
)
from controls.api.review_schedules import ScheduleSerializer, with_waiting
from controls.api.systems import MOMENT
from controls.choices import ClaimStance, DutyTask
from controls.models import Duty, DutyClaim, ReviewSchedule, Team
from controls.rules.moments import Moment
from controls.services import clock, duties

D = TypeVar("D", Duty, DutyClaim, ReviewSchedule)


class ClaimSerializer(serializers.ModelSerializer[DutyClaim]):
    """What a team says of a duty."""

    team = serializers.CharField(source="team.key")
    started_by = serializers.CharField(source="started_by.name")
    ended_by = serializers.CharField(source="ended_by.name", default=None)

    class Meta:
        model = DutyClaim
        fields = [
            "uuid",
            "team",
            "stance",
            "reason",
            "since",
            "started_at",
            "started_by",
            "ended_on",
            "ended_at",
            "ended_by",
        ]


class DutySerializer(serializers.ModelSerializer[Duty]):
    """A duty, and who claims it at the moment asked about."""

    system = serializers.CharField(source="responsibility.system.key")
    responsibility = serializers.UUIDField(source="responsibility.uuid")
    control_id = serializers.CharField(source="responsibility.control.control_id")
    control_label = serializers.CharField(source="responsibility.label")
    decision_number = serializers.IntegerField(
        source="decision.number", help_text="the approved revision that it began with"
    )
    claimed_by = serializers.SerializerMethodField(help_text="keys of teams")
    disputed_by = serializers.SerializerMethodField(help_text="keys of teams")
    unowned = serializers.BooleanField(help_text="no team claims it")
    double_claimed = serializers.BooleanField(help_text="more than one team claims it")
    disputed = serializers.BooleanField(help_text="a team says that it is not its own")

    class Meta:
        model = Duty
        fields = [
            "uuid",
            "system",
            "responsibility",
            "control_id",
            "control_label",
            "decision_number",
            "task",
            "what",
            "layers",
            "services",
            "claimed_by",
            "disputed_by",
            "unowned",
            "double_claimed",
            "disputed",
            "since",
            "started_at",
            "ended_on",
            "ended_at",
            "version",
        ]

    def get_claimed_by(self, duty: Duty) -> list[str]:
        """Return the teams that say it is theirs."""
        return self._said(duty, ClaimStance.CLAIMS)

    def get_disputed_by(self, duty: Duty) -> list[str]:
        """Return the teams that say it is not theirs."""
        return self._said(duty, ClaimStance.DISPUTES)

    def _said(self, duty: Duty, stance: str) -> list[str]:
        said = duty.said  # type: ignore[attr-defined]
        return sorted(claim.team.key for claim in said if claim.stance == stance)


class DutyDetailSerializer(DutySerializer):
    """A duty with all that was said of it by a moment, and how it is reviewed."""

    as_of = serializers.DateTimeField(help_text="by what was recorded then")
    on = serializers.DateField(help_text="what was in force that day")
    claims = ClaimSerializer(many=True, help_text="ended ones, too, oldest first")
    schedules = ScheduleSerializer(many=True, help_text="those in force")
    links = serializers.DictField(child=serializers.CharField())

    class Meta(DutySerializer.Meta):
        fields = [
            *DutySerializer.Meta.fields,
            "as_of",
            "on",
            "claims",
            "schedules",
            "links",
        ]


class ClaimInput(StrictSerializer):
    """That a team does it."""

    team = VisibleField(Team)
    reason = serializers.CharField(default="", allow_blank=True, max_length=5000)


class DisputeInput(StrictSerializer):
    """That it is not a team's, and why."""

    team = VisibleField(Team)
    reason = serializers.CharField(max_length=5000)


class DutyFilter(filters.FilterSet):
    """Filters of duties. `as_of` and `on` leave those that were in force then."""

    system = filters.CharFilter(field_name="responsibility__system__key")
    responsibility = filters.UUIDFilter(field_name="responsibility__uuid")
    control_id = filters.CharFilter(field_name="responsibility__control__control_id")
    team = filters.CharFilter(method="claimed")
    task = filters.ChoiceFilter(choices=DutyTask.choices)
    unowned = filters.BooleanFilter()
    double_claimed = filters.BooleanFilter()
    disputed = filters.BooleanFilter()
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)
    as_of = filters.CharFilter(method="held")
    on = filters.CharFilter(method="held")

    class Meta:
        model = Duty
        fields: list[str] = []

    def claimed(self, rows: QuerySet[Duty], _name: str, key: str) -> QuerySet[Duty]:
        """Return those that the team claims at the moment asked about."""
        moment = asked_moment(self.request)
        claims = DutyClaim.objects.in_force(on=moment.on, as_of=moment.as_of).filter(
            team__key=key, stance=ClaimStance.CLAIMS
        )
        return rows.filter(pk__in=claims.values("duty"))

    def held(self, rows: Any, _name: str, _value: str) -> QuerySet[Duty]:
        """Return those that were in force at the moment asked about."""
        moment = asked_moment(self.request)
        found: QuerySet[Duty] = rows.in_force(on=moment.on, as_of=moment.as_of)
        return found


CHANGE = [versions.PARAMETER, versions.ETAG]


class DutyViewSet(ReadOnlyViewSet[Duty]):
    """What approved decisions leave to us, and which team says it does it."""

    model = Duty
    lookup_field = "uuid"
    filterset_class = DutyFilter

    def get_queryset(self) -> QuerySet[Duty]:
        """Return the duties with who claims them at the moment asked about."""
        visible: Any = self.visible()
        return with_said(visible, self._moment())

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Duty]]:
        """Return the longer answer for a single one."""
        return DutySerializer if self.action == "list" else DutyDetailSerializer

    @extend_schema(parameters=[*MOMENT, versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a duty with what was said of it; `as_of` and `on` choose the moment."""
        return shown(self.get_object(), asked_moment(request))

    @extend_schema(
        request=ClaimInput,
        responses=DutyDetailSerializer,
        parameters=CHANGE,
        examples=[
            OpenApiExample("Ours", value={"team": "platform"}, request_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, uuid: str) -> Response:
        """Say that a team does it."""
        duty, version = self.get_object(), versions.expected(request)
        values = self.checked(ClaimInput)
        duties.claim(
            duty=duty, version=version, by=acting_user(request), at=now(), **values
        )
        return self._fresh(duty)

    @extend_schema(
        request=DisputeInput,
        responses=DutyDetailSerializer,
        parameters=CHANGE,
        examples=[
            OpenApiExample(
                "Not ours",
                value={"team": "platform", "reason": "Security runs the scanner."},
                request_only=True,
            ),
        ],
    )
    @action(detail=True, methods=["post"])
    def dispute(self, request: Request, uuid: str) -> Response:
        """Say that it is not a team's, and why; a claim of the team ends."""
        duty, version = self.get_object(), versions.expected(request)
        values = self.checked(DisputeInput)
        duties.dispute(
            duty=duty, version=version, by=acting_user(request), at=now(), **values
        )
        return self._fresh(duty)

    @extend_schema(
        request=NothingInput,
        responses=DutyDetailSerializer,
        parameters=[
            OpenApiParameter("claim", OpenApiTypes.UUID, OpenApiParameter.PATH),
            *CHANGE,
        ],
    )
    @action(detail=True, methods=["post"], url_path="claims/(?P<claim>[0-9a-f-]{36})/end")
    def end_claim(self, request: Request, uuid: str, claim: str) -> Response:
        """Take back what a team said."""
        duty = self.get_object()
        row = get_object_or_404(duty.claims.select_related("team"), uuid=claim)
        row.duty = duty
        version = versions.expected(request)
        self.checked(NothingInput)
        duties.end_claim(claim=row, version=version, by=acting_user(request), at=now())
        return self._fresh(duty)

    def _fresh(self, duty: Duty) -> Response:
        """Return the duty as it is now, also where the person sees it no longer."""
        moment = self._moment()
        return shown(with_said(Duty.objects.all(), moment).get(pk=duty.pk), moment)

    def _moment(self) -> Moment:
        """Return the moment asked about; what changes something is answered as of now."""
        if getattr(self, "action", "list") in {"list", "retrieve"}:
            return asked_moment(self.request)
        at = now()
        return Moment(as_of=at, on=clock.day(at))


def with_said(rows: Any, moment: Moment) -> QuerySet[Duty]:
    """Return the duties with what teams say of them at a moment. One query more."""
    said = DutyClaim.objects.in_force(on=moment.on, as_of=moment.as_of)
    found: QuerySet[Duty] = (
        rows.with_claims(on=moment.on, as_of=moment.as_of)
        .select_related(
            "responsibility__system__owner_team",
            "responsibility__control",
            "responsibility__part",
            "responsibility__latest_decision__owner_team",
            "decision",
        )
        .prefetch_related(
            Prefetch("claims", queryset=said.select_related("team"), to_attr="said")
        )
    )
    return found


def shown(duty: Duty, moment: Moment) -> Response:
    """Return the longer answer, with its ETag. Raises NotFound before the duty began."""
    if duty.started_at > moment.as_of:
        raise NotFound
    claims = duty.claims.filter(started_at__lte=moment.as_of).order_by("pk")
    running = ReviewSchedule.objects.in_force(on=moment.on, as_of=moment.as_of).filter(
        duty=duty
    )
    schedules = with_waiting(running.order_by("pk"), as_of=moment.as_of)
    told = {
        **DutySerializer(as_told(duty, moment)).data,
        "as_of": moment.as_of,
        "on": moment.on,
        "claims": [
            ClaimSerializer(as_told(row, moment)).data
            for row in claims.select_related("team", "started_by", "ended_by")
        ],
        "schedules": [ScheduleSerializer(as_told(row, moment)).data for row in schedules],
        "links": {
            "responsibility": reverse(
                "responsibility-detail", args=[duty.responsibility.uuid]
            ),
            "system": reverse("system-detail", args=[duty.responsibility.system.key]),
            "reviews": f"{reverse('review-list')}?duty={duty.uuid}",
        },
    }
    return versions.tagged(Response(told), duty.version)


def as_told(row: D, moment: Moment) -> D:
    """Return a dated row as it was recorded then: without an end that was said later."""
    if row.ended_at is not None and row.ended_at > moment.as_of:
        row.ended_at = row.ended_on = row.ended_by = None
    return row
