"""Completing a review, which needs proof."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import versions
from controls.api.base import (
    Door,
    Several,
    StrictSerializer,
    VisibleField,
    acting_user,
    now,
)
from controls.choices import ReviewOutcome
from controls.models import Review
from evidence.api.shapes import MOST_TARGETS
from evidence.models import Evidence
from evidence.services import completing
from evidence.services.completing import Done


class CompletedSerializer(serializers.ModelSerializer[Review]):
    """A completed review, and the one that it opened."""

    completed_by = serializers.CharField(source="completed_by.name")
    next = serializers.UUIDField(
        source="opened.uuid", default=None, help_text="the review that opened, if one did"
    )
    next_due_on = serializers.DateField(source="opened.due_on", default=None)

    class Meta:
        model = Review
        fields = [
            "uuid",
            "due_on",
            "attempt",
            "outcome",
            "done_on",
            "remark",
            "completed_at",
            "completed_by",
            "version",
            "next",
            "next_due_on",
        ]


class CompleteInput(StrictSerializer):
    """What the review found, when the work was done, and the evidence that shows it."""

    outcome = serializers.ChoiceField(ReviewOutcome.choices)
    done_on = serializers.DateField(default=None, allow_null=True)
    remark = serializers.CharField(default="", allow_blank=True, max_length=5000)
    evidence = Several(
        child=VisibleField(Evidence, "uuid"), default=list, max_length=MOST_TARGETS
    )


class ReviewProofViewSet(Door, viewsets.GenericViewSet[Review]):
    """The step of a review that needs proof. All else about reviews stands elsewhere."""

    lookup_field = "uuid"
    lookup_value_regex = "[-a-zA-Z0-9_.]+"
    serializer_class = CompletedSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[Review]:
        """Return the reviews that this person may see."""
        if getattr(self, "swagger_fake_view", False):
            return Review.objects.none()
        visible = Review.objects.visible_to(acting_user(self.request))
        return visible.select_related(
            "schedule__duty__responsibility__system__owner_team",
            "schedule__duty__responsibility__latest_decision__owner_team",
        )

    @extend_schema(
        request=CompleteInput,
        responses=CompletedSerializer,
        parameters=[versions.PARAMETER, versions.ETAG],
    )
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, uuid: str) -> Response:
        """Say that it was done and name the evidence; the next review opens."""
        review, version = self.get_object(), versions.expected(request)
        context = self.get_serializer_context()
        given = CompleteInput(data=request.data, context=context)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        proof = values.pop("evidence")
        opened = completing.complete(
            review=review,
            version=version,
            done=Done(proof=proof, **values),
            by=acting_user(request),
            at=now(),
        )
        review.opened = opened  # type: ignore[attr-defined]
        told = Response(CompletedSerializer(review).data)
        return versions.tagged(told, review.version)
