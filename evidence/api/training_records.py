"""Training records: who completed which course, and taking them from a file."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency
from controls.api.base import (
    ReadOnlyViewSet,
    StrictSerializer,
    VisibleField,
    acting_user,
    now,
)
from controls.models import User
from controls.services import clock
from evidence.api.importing import (
    DRY_RUN,
    CsvParser,
    ImportSerializer,
    answer,
    body,
    switches,
)
from evidence.importers.training_records import (
    RecordsPlan,
    plan_records,
    read_records,
)
from evidence.models import Course, Evidence, Person, TrainingRecord
from evidence.services import training
from evidence.services.training import Completion

FILE = "training-records.csv"


class RecordSerializer(serializers.ModelSerializer[TrainingRecord]):
    """That a person completed a course."""

    person = serializers.UUIDField(source="person.uuid")
    email = serializers.CharField(source="person.email")
    course = serializers.CharField(source="course.key")
    evidence = serializers.UUIDField(
        source="proof", help_text="the certificate, where you may see it"
    )
    recorded_by = serializers.CharField(source="recorded_by.name")
    ended_by = serializers.CharField(source="ended_by.name", default=None)

    class Meta:
        model = TrainingRecord
        fields = [
            "uuid",
            "person",
            "email",
            "course",
            "completed_on",
            "valid_until",
            "score",
            "evidence",
            "source",
            "recorded_at",
            "recorded_by",
            "ended_at",
            "ended_by",
            "why_ended",
        ]


class RecordInput(StrictSerializer):
    """A completion to record. `valid_until` is worked out from the course if left out."""

    person = VisibleField(Person, "uuid")
    course = VisibleField(Course)
    completed_on = serializers.DateField()
    valid_until = serializers.DateField(default=None, allow_null=True)
    score = serializers.CharField(default="", allow_blank=True, max_length=40)
    evidence = VisibleField(Evidence, "uuid", default=None, allow_null=True)


class ReasonInput(StrictSerializer):
    """Why it does not count."""

    reason = serializers.CharField(max_length=5000)


class RecordFilter(filters.FilterSet):
    """Filters of training records."""

    person = filters.UUIDFilter(field_name="person__uuid")
    email = filters.CharFilter(field_name="person__email", lookup_expr="iexact")
    course = filters.CharFilter(field_name="course__key")
    valid_on = filters.DateFilter(method="counting", help_text="those that count that day")
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = TrainingRecord
        fields: list[str] = []

    def counting(
        self, rows: QuerySet[TrainingRecord], _name: str, on: Any
    ) -> QuerySet[TrainingRecord]:
        """Return those that nobody withdrew and that count on the day."""
        valid = TrainingRecord.objects.believed(as_of=now()).valid(on=on)
        return rows.filter(pk__in=valid.values("pk"))


def shown(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Return the records with what an answer shows, the certificate where it may."""
    records: Any = rows
    found: QuerySet[Any] = records.with_proof(user).select_related(
        "person", "course", "recorded_by", "ended_by"
    )
    return found


class TrainingRecordViewSet(ReadOnlyViewSet[TrainingRecord]):
    """Completions of courses."""

    model = TrainingRecord
    serializer_class = RecordSerializer
    lookup_field = "uuid"
    filterset_class = RecordFilter

    def get_queryset(self) -> QuerySet[TrainingRecord]:
        """Return the records with what an answer shows."""
        if getattr(self, "swagger_fake_view", False):
            return TrainingRecord.objects.none()
        return shown(self.visible(), acting_user(self.request))

    @extend_schema(
        request=RecordInput,
        responses={201: RecordSerializer},
        parameters=[idempotency.PARAMETER],
        examples=[
            OpenApiExample(
                "Completed today's course",
                value={
                    "person": "5f2b6f0e-3b0a-4f0e-9f5d-6f0d7a1c2b3d",
                    "course": "secure-code",
                    "completed_on": "2026-03-02",
                    "score": "97 %",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Record that somebody completed a course; `evidence` is the certificate."""

        def make() -> Response:
            made = training.record(
                completion=Completion(**self.checked(RecordInput)),
                by=acting_user(request),
                at=now(),
            )
            row = self.get_queryset().get(pk=made.pk)
            return Response(RecordSerializer(row).data, status=status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(request=ReasonInput, responses=RecordSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uuid: str) -> Response:
        """Say that a record does not count, and why. It stays on record."""
        row = self.get_object()
        reason = self.checked(ReasonInput)["reason"]
        training.withdraw(record=row, reason=reason, by=acting_user(request), at=now())
        return Response(RecordSerializer(row).data)

    @extend_schema(
        request={"text/csv": OpenApiTypes.STR},
        responses=ImportSerializer,
        parameters=[DRY_RUN],
        filters=False,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=[CsvParser],
        pagination_class=None,
    )
    def import_records(self, request: Request) -> Response:
        """Take completions: columns `email`, `course` (its key), `completed_on`, and as
        wanted `valid_until`, `score`.

        All of it or nothing; the same file again changes nothing.
        """
        user, at = acting_user(request), now()
        dry_run = switches(request, "dry_run")["dry_run"]
        file = read_records(body(request), name=FILE)
        if dry_run:
            plan = plan_records(file, user=user, today=clock.day(at))
            training.check_may_record(plan=plan, user=user)
        else:
            plan = training.import_records(file=file, by=user, at=at)
        return Response(_told(plan, dry_run=dry_run))


def _told(plan: RecordsPlan, *, dry_run: bool) -> dict[str, Any]:
    rows = [
        {
            "row": step.row,
            "what": step.what,
            "email": step.person.email,
            "differences": step.differences,
        }
        for step in plan.steps
    ]
    return answer(plan.counts, rows, dry_run=dry_run)
