"""Courses, and who of the roster holds them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency, versions
from controls.api.base import (
    NothingInput,
    ReadOnlyViewSet,
    StrictSerializer,
    acting_user,
    asked_moment,
    now,
)
from controls.api.systems import MOMENT
from evidence.models import Course
from evidence.queries.training import CourseStanding, Standing, completion
from evidence.services import courses
from evidence.services.courses import FIELDS, LONGEST_MONTHS, Details

SHOWN = 200
"""People in an answer; of the rest, how many they are. The register has them all."""


class CourseSerializer(serializers.ModelSerializer[Course]):
    """A course."""

    class Meta:
        model = Course
        fields = [
            "uuid",
            "key",
            "title",
            "description",
            "audience",
            "valid_months",
            "source",
            "created_at",
            "ended_at",
            "version",
        ]


class CourseInput(StrictSerializer):
    """A course to record."""

    key = serializers.SlugField(max_length=60)
    title = serializers.CharField(max_length=200)
    description = serializers.CharField(default="", allow_blank=True, max_length=5000)
    audience = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=60,
        help_text="a word of the roster; empty: everybody",
    )
    valid_months = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=1,
        max_value=LONGEST_MONTHS,
        help_text="null: a completion counts for ever",
    )
    source = serializers.CharField(  # type: ignore[assignment]
        default="", allow_blank=True, max_length=120
    )


class CourseChange(StrictSerializer):
    """What may change about a course. What is left out stays."""

    title = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(allow_blank=True, max_length=5000, required=False)
    audience = serializers.CharField(allow_blank=True, max_length=60, required=False)
    valid_months = serializers.IntegerField(
        allow_null=True, min_value=1, max_value=LONGEST_MONTHS, required=False
    )
    source = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, max_length=120, required=False
    )


class PersonStandingSerializer(serializers.Serializer[Standing]):
    """Somebody who must hold a course."""

    person = serializers.UUIDField(source="entry.person.uuid")
    email = serializers.CharField(source="entry.person.email")
    name = serializers.CharField(source="entry.name")
    team = serializers.CharField(source="entry.team_key", allow_null=True)
    last_completed_on = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)


class CompletionSerializer(serializers.Serializer[Any]):
    """How a course stands on the roster at a moment, among the people whom you see."""

    course = serializers.CharField(source="course.key")
    title = serializers.CharField(source="course.title")
    audience = serializers.CharField(source="course.audience")
    as_of = serializers.DateTimeField(source="moment.as_of")
    on = serializers.DateField(source="moment.on")
    required = serializers.IntegerField(  # type: ignore[assignment]
        help_text="people who must hold it"
    )
    held = serializers.IntegerField(help_text="of them, people whose record counts")
    missing_count = serializers.IntegerField()
    missing = PersonStandingSerializer(many=True, help_text=f"the first {SHOWN} by name")
    expiring_count = serializers.IntegerField(help_text="whose record ends in 30 days")
    expiring = PersonStandingSerializer(many=True, help_text=f"the first {SHOWN} to end")


class CourseFilter(filters.FilterSet):
    """Filters of courses."""

    audience = filters.CharFilter()
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Course
        fields: list[str] = []


CHANGE = [versions.PARAMETER, versions.ETAG]
TEAM = OpenApiParameter("team", OpenApiTypes.STR, description="Key of a team of yours.")
EXAMPLE = OpenApiExample(
    "Secure coding, every year, for developers",
    value={
        "key": "secure-code",
        "title": "Secure coding",
        "audience": "developers",
        "valid_months": 12,
        "source": "NIST SP 800-53 AT-3",
    },
    request_only=True,
)


class CourseViewSet(ReadOnlyViewSet[Course]):
    """Trainings that people of the roster must hold."""

    model = Course
    serializer_class = CourseSerializer
    lookup_field = "key"
    filterset_class = CourseFilter

    @extend_schema(parameters=[versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a course; its ETag is what a change must name."""
        return _shown(self.get_object())

    @extend_schema(
        request=CourseInput,
        responses={201: CourseSerializer},
        parameters=[idempotency.PARAMETER, versions.ETAG],
        examples=[EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Record a course."""

        def make() -> Response:
            values = self.checked(CourseInput)
            course = courses.create(
                key=values.pop("key"),
                details=Details(**values),
                by=acting_user(request),
                at=now(),
            )
            return _shown(course, status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(request=CourseChange, responses=CourseSerializer, parameters=CHANGE)
    def partial_update(self, request: Request, key: str) -> Response:
        """Change what a course is called, who must hold it, and for how long it counts.

        Records keep the last day that they were given.
        """
        course = self.get_object()
        stays = {name: getattr(course, name) for name in FIELDS}
        changed = courses.change(
            course=course,
            version=versions.expected(request),
            details=Details(**{**stays, **self.checked(CourseChange)}),
            by=acting_user(request),
            at=now(),
        )
        return _shown(changed)

    @extend_schema(request=NothingInput, responses=CourseSerializer, parameters=CHANGE)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, key: str) -> Response:
        """Say that a course is asked of nobody any more. Its records stay."""
        course = self.get_object()
        self.checked(NothingInput)
        ended = courses.end(
            course=course,
            version=versions.expected(request),
            by=acting_user(request),
            at=now(),
        )
        return _shown(ended)

    @extend_schema(
        responses=CompletionSerializer, parameters=[*MOMENT, TEAM], filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def completion(self, request: Request, key: str) -> Response:
        """Show how many of those who must hold a course do, and who does not.

        Counted on the roster of the day, among the people whom you see.
        """
        _check_known(request)
        found = completion(
            course=self.get_object(),
            user=acting_user(request),
            moment=asked_moment(request),
            team=request.query_params.get("team", ""),
        )
        if found is None:
            raise NotFound
        return Response(_told(found))

    def get_queryset(self) -> QuerySet[Course]:
        """Return the courses."""
        return self.visible()


def _check_known(request: Request) -> None:
    """Raise ValidationError naming each parameter that is none: it would count others."""
    known = ("as_of", "on", "team")
    told = f"There is no such parameter. Known: {', '.join(known)}."
    wrong = {name: [told] for name in request.query_params if name not in known}
    if wrong:
        raise ValidationError(wrong)


def _shown(course: Course, code: int = status.HTTP_200_OK) -> Response:
    return versions.tagged(
        Response(CourseSerializer(course).data, status=code), course.version
    )


def _told(found: CourseStanding) -> dict[str, Any]:
    missing, expiring = found.missing, found.expiring
    return CompletionSerializer(
        {
            "course": found.course,
            "moment": found.moment,
            "required": found.required,
            "held": found.held,
            "missing_count": len(missing),
            "missing": missing[:SHOWN],
            "expiring_count": len(expiring),
            "expiring": expiring[:SHOWN],
        }
    ).data
