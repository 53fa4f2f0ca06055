"""Schedules of recurring reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency
from controls.api.base import (
    NothingInput,
    ReadOnlyViewSet,
    StrictSerializer,
    VisibleField,
    acting_user,
    now,
)
from controls.choices import DutyTask, IntervalUnit, ReviewKind
from controls.models import Duty, Review, ReviewSchedule, Team
from controls.services import schedules
from controls.services.schedules import LONGEST_LEAD, MOST_LEADS, Plan

CONCERNED = (
    "duty__responsibility__system__owner_team",
    "duty__responsibility__latest_decision__owner_team",
    "duty__responsibility__control",
    "duty__responsibility__part",
)
"""What a schedule's answer and the question who may change it need."""


class ScheduleSerializer(serializers.ModelSerializer[ReviewSchedule]):
    """A schedule, with the day on which it is due next."""

    duty = serializers.UUIDField(source="duty.uuid")
    system = serializers.CharField(source="duty.responsibility.system.key")
    control_id = serializers.CharField(source="duty.responsibility.control.control_id")
    cadence = serializers.CharField(
        source="cadence_key", help_text="key of the shipped cadence; empty: set by people"
    )
    next_due_on = serializers.SerializerMethodField(
        help_text="the earliest day on which a review waits"
    )
    started_by = serializers.CharField(source="started_by.name")
    ended_by = serializers.CharField(source="ended_by.name", default=None)
    links = serializers.SerializerMethodField()

    class Meta:
        model = ReviewSchedule
        fields = [
            "uuid",
            "duty",
            "system",
            "control_id",
            "kind",
            "title",
            "every",
            "unit",
            "anchor_on",
            "lead_days",
            "overdue_every_days",
            "escalate_after_days",
            "cadence",
            "source",
            "next_due_on",
            "since",
            "started_at",
            "started_by",
            "ended_on",
            "ended_at",
            "ended_by",
            "links",
        ]

    def get_next_due_on(self, schedule: ReviewSchedule) -> str | None:
        """Return the earliest day on which a review waits, None where none does."""
        if schedule.ended_at is not None:
            return None
        days = [review.due_on for review in schedule.waiting]  # type: ignore[attr-defined]
        return str(min(days)) if days else None

    def get_links(self, schedule: ReviewSchedule) -> dict[str, str]:
        """Return where its duty and its reviews are."""
        return {
            "duty": reverse("duty-detail", args=[schedule.duty.uuid]),
            "reviews": f"{reverse('review-list')}?schedule={schedule.uuid}",
        }


def with_waiting(rows: Any, *, as_of: datetime) -> Any:
    """Return the schedules with the reviews that waited at an instant. One query more."""
    going_on = Q(completed_at__isnull=True) | Q(completed_at__gt=as_of)
    waiting = Review.objects.filter(going_on, opened_at__lte=as_of)
    return rows.select_related(*CONCERNED, "started_by", "ended_by").prefetch_related(
        Prefetch("reviews", queryset=waiting, to_attr="waiting")
    )


class DaysField(serializers.ListField):
    """Numbers of days before a due day."""

    child = serializers.IntegerField(min_value=1, max_value=LONGEST_LEAD)


class ScheduleInput(StrictSerializer):
    """How often a duty is to be reviewed, and when its owners are told."""

    duty = VisibleField(Duty, "uuid")
    title = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(ReviewKind.choices)
    every = serializers.IntegerField(min_value=1, max_value=4000)
    unit = serializers.ChoiceField(IntervalUnit.choices)
    anchor_on = serializers.DateField(
        default=None,
        allow_null=True,
        help_text="due days are counted from it, and it is none of them; empty: today",
    )
    lead_days = DaysField(
        default=None,
        allow_null=True,
        max_length=MOST_LEADS,
        help_text="days before; empty: 30, 7 and 1, as far as the interval leaves room",
    )
    overdue_every_days = serializers.IntegerField(
        default=7, min_value=0, max_value=LONGEST_LEAD, help_text="0: never again"
    )
    escalate_after_days = serializers.IntegerField(
        default=14, min_value=0, max_value=LONGEST_LEAD, help_text="0: never"
    )
    source = serializers.CharField(  # type: ignore[assignment]
        default="", allow_blank=True, max_length=120
    )


class ScheduleFilter(filters.FilterSet):
    """Filters of schedules."""

    system = filters.CharFilter(field_name="duty__responsibility__system__key")
    control_id = filters.CharFilter(field_name="duty__responsibility__control__control_id")
    duty = filters.UUIDFilter(field_name="duty__uuid")
    team = filters.CharFilter(method="claimed")
    task = filters.ChoiceFilter(field_name="duty__task", choices=DutyTask.choices)
    kind = filters.ChoiceFilter(choices=ReviewKind.choices)
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ReviewSchedule
        fields: list[str] = []

    def claimed(
        self, rows: QuerySet[ReviewSchedule], _name: str, key: str
    ) -> QuerySet[ReviewSchedule]:
        """Return those of duties that the team claims."""
        teams = Team.objects.filter(key=key)
        return rows.filter(duty__in=Duty.objects.of_teams(teams.values("pk")))


class ReviewScheduleViewSet(ReadOnlyViewSet[ReviewSchedule]):
    """How often duties are reviewed. A schedule is never changed: end it, start another."""

    model = ReviewSchedule
    serializer_class = ScheduleSerializer
    lookup_field = "uuid"
    filterset_class = ScheduleFilter

    def get_queryset(self) -> QuerySet[ReviewSchedule]:
        """Return the schedules with what an answer shows."""
        rows: QuerySet[ReviewSchedule] = with_waiting(self.visible(), as_of=now())
        return rows

    @extend_schema(
        request=ScheduleInput,
        responses={201: ScheduleSerializer},
        parameters=[idempotency.PARAMETER],
        examples=[
            OpenApiExample(
                "Instances are patched every month, counted from the end of January",
                value={
                    "duty": "4c9c4f0c-4a0e-4f6e-9e0e-4d8c5f9b1a11",
                    "title": "Instances patched",
                    "kind": "patching",
                    "every": 1,
                    "unit": "months",
                    "anchor_on": "2026-01-31",
                    "lead_days": [7, 1],
                    "source": "Patch policy 3.2",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Let a duty be reviewed again and again; the first review opens."""

        def make() -> Response:
            values = self.checked(ScheduleInput)
            duty = values.pop("duty")
            made = schedules.start(
                duty=duty, plan=Plan(**values), by=acting_user(request), at=now()
            )
            return self._shown(made, status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(request=NothingInput, responses=ScheduleSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uuid: str) -> Response:
        """End it today, and with it the review that waits."""
        schedule = self.get_object()
        self.checked(NothingInput)
        schedules.end(schedule=schedule, by=acting_user(request), at=now())
        return self._shown(schedule)

    def _shown(self, schedule: ReviewSchedule, code: int = status.HTTP_200_OK) -> Response:
        fresh = with_waiting(ReviewSchedule.objects.all(), as_of=now()).get(pk=schedule.pk)
        return Response(ScheduleSerializer(fresh).data, status=code)
