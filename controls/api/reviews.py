"""Reviews: what is due when, what was found, and pauses of its reminders."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, versions
from controls.api.base import (
    ReadOnlyViewSet,
    StrictSerializer,
    acting_user,
    now,
)
from controls.api.review_schedules import ScheduleSerializer, with_waiting
from controls.choices import DutyTask, ReviewKind, ReviewState
from controls.models import Duty, DutyClaim, Review, ReviewSchedule, ReviewSnooze, Team
from controls.services import clock, reviews

PATH = "schedule__duty__responsibility"


class SnoozeSerializer(serializers.ModelSerializer[ReviewSnooze]):
    """A pause of reminders. The newest counts."""

    by = serializers.CharField(source="by.name")

    class Meta:
        model = ReviewSnooze
        fields = ["uuid", "until", "reason", "at", "by"]


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A review as it stands today."""

    schedule = serializers.UUIDField(source="schedule.uuid")
    duty = serializers.UUIDField(source="schedule.duty.uuid")
    system = serializers.CharField(source=f"{PATH.replace('__', '.')}.system.key")
    control_id = serializers.CharField(
        source=f"{PATH.replace('__', '.')}.control.control_id"
    )
    title = serializers.CharField(source="schedule.title")
    kind = serializers.CharField(source="schedule.kind")
    task = serializers.CharField(source="schedule.duty.task")
    claimed_by = serializers.SerializerMethodField(
        help_text="keys of the teams that claim the duty now"
    )
    state = serializers.ChoiceField(ReviewState.choices)
    overdue = serializers.BooleanField(help_text="open, and its due day has passed")
    quiet_until = serializers.DateField(
        allow_null=True, help_text="reminders come on again that day"
    )
    completed_by = serializers.CharField(source="completed_by.name", default=None)

    class Meta:
        model = Review
        fields = [
            "uuid",
            "schedule",
            "duty",
            "system",
            "control_id",
            "title",
            "kind",
            "task",
            "claimed_by",
            "due_on",
            "attempt",
            "state",
            "overdue",
            "quiet_until",
            "opened_at",
            "done_on",
            "outcome",
            "remark",
            "completed_at",
            "completed_by",
            "version",
        ]

    def get_claimed_by(self, review: Review) -> list[str]:
        """Return the teams that say the duty is theirs."""
        said = review.schedule.duty.said  # type: ignore[attr-defined]
        return sorted(claim.team.key for claim in said)


class ReviewDetailSerializer(ReviewSerializer):
    """A review with its schedule and the pauses of its reminders."""

    what = serializers.CharField(source="schedule.duty.what", help_text="the duty in words")
    plan = ScheduleSerializer(help_text="its schedule")
    snoozes = SnoozeSerializer(
        source="pauses", many=True, help_text="oldest first; the newest counts"
    )
    links = serializers.SerializerMethodField()

    class Meta(ReviewSerializer.Meta):
        fields = [*ReviewSerializer.Meta.fields, "what", "plan", "snoozes", "links"]

    def get_links(self, review: Review) -> dict[str, str]:
        """Return where its duty, its schedule and the step that closes it are."""
        return {
            "duty": reverse("duty-detail", args=[review.schedule.duty.uuid]),
            "schedule": reverse("review-schedule-detail", args=[review.schedule.uuid]),
        }


class SnoozeInput(StrictSerializer):
    """Until when reminders keep quiet, and why. The due day stays."""

    until = serializers.DateField()
    reason = serializers.CharField(max_length=5000)


class ReviewFilter(filters.FilterSet):
    """Filters of reviews."""

    system = filters.CharFilter(field_name=f"{PATH}__system__key")
    control_id = filters.CharFilter(field_name=f"{PATH}__control__control_id")
    duty = filters.UUIDFilter(field_name="schedule__duty__uuid")
    schedule = filters.UUIDFilter(field_name="schedule__uuid")
    team = filters.CharFilter(method="claimed")
    task = filters.ChoiceFilter(field_name="schedule__duty__task", choices=DutyTask.choices)
    kind = filters.ChoiceFilter(field_name="schedule__kind", choices=ReviewKind.choices)
    state = filters.ChoiceFilter(choices=ReviewState.choices)
    overdue = filters.BooleanFilter()
    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lt")
    due_after = filters.DateFilter(field_name="due_on", lookup_expr="gt")

    class Meta:
        model = Review
        fields: list[str] = []

    def claimed(self, rows: QuerySet[Review], _name: str, key: str) -> QuerySet[Review]:
        """Return those of duties that the team claims."""
        teams = Team.objects.filter(key=key)
        return rows.filter(schedule__duty__in=Duty.objects.of_teams(teams.values("pk")))


class ReviewViewSet(ReadOnlyViewSet[Review]):
    """What is to be looked at when, and what was found."""

    model = Review
    lookup_field = "uuid"
    filterset_class = ReviewFilter

    def get_queryset(self) -> QuerySet[Review]:
        """Return the reviews with how each stands today."""
        visible: Any = self.visible()
        return with_duty(visible)

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Review]]:
        """Return the longer answer for a single one."""
        return ReviewSerializer if self.action == "list" else ReviewDetailSerializer

    @extend_schema(parameters=[versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a review with its schedule and the pauses of its reminders."""
        return shown(self.get_object())

    @extend_schema(
        request=SnoozeInput,
        responses=ReviewDetailSerializer,
        parameters=[versions.PARAMETER, versions.ETAG],
        examples=[
            OpenApiExample(
                "The vendor is late",
                value={"until": "2026-03-16", "reason": "The fix comes on the 15th."},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, uuid: str) -> Response:
        """Keep reminders quiet until a day, ninety days from now at most."""
        review, version = self.get_object(), versions.expected(request)
        values = self.checked(SnoozeInput)
        reviews.snooze(
            review=review, version=version, by=acting_user(request), at=now(), **values
        )
        return shown(self.get_object())


def with_duty(rows: Any) -> QuerySet[Review]:
    """Return the reviews with how each stands and whose duty it is. One query more."""
    said = DutyClaim.objects.claiming().select_related("team")
    found: QuerySet[Review] = (
        rows.with_state(on=clock.day(now()))
        .select_related(
            f"{PATH}__system__owner_team",
            f"{PATH}__latest_decision__owner_team",
            f"{PATH}__control",
            "completed_by",
        )
        .prefetch_related(Prefetch("schedule__duty__claims", queryset=said, to_attr="said"))
    )
    return found


def shown(review: Any) -> Response:
    """Return the longer answer, with its ETag."""
    plans = ReviewSchedule.objects.filter(pk=review.schedule_id)
    review.plan = with_waiting(plans, as_of=now()).get()
    review.pauses = review.snoozes.select_related("by").order_by("pk")
    return versions.tagged(Response(ReviewDetailSerializer(review).data), review.version)
