"""Responsibilities: what was derived, what was decided, and the steps of deciding."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import control_mappings, filters, versions
from controls.api.base import (
    NothingInput,
    ReadOnlyViewSet,
    StrictSerializer,
    VisibleField,
    acting_user,
    asked_moment,
    now,
)
from controls.api.control_mappings import MappedAnswerSerializer
from controls.api.pagination import NewestFirst
from controls.api.systems import MOMENT
from controls.choices import ImplementationStatus, Kind, WorkflowState
from controls.models import (
    Decision,
    Derivation,
    Layer,
    Responsibility,
    ServiceVariant,
    Team,
)
from controls.queries import apart, proposals
from controls.queries.standings import standing
from controls.rules.crosswalk import grade_of
from controls.rules.explanation import Names, sentences
from controls.rules.moments import Moment
from controls.services import clock, decisions, statements
from controls.services.decisions import Content

CARRIED = (
    "kind",
    "owner_team",
    "implementation_status",
    "provider_statement",
    "customer_statement",
    "rationale",
)


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """A revision of what people decided."""

    owner_team = serializers.CharField(source="owner_team.key", default=None)
    decided_by = serializers.CharField(source="decided_by.name")
    submitted_by = serializers.CharField(source="submitted_by.name", default=None)
    by = serializers.CharField(source="by.name")

    class Meta:
        model = Decision
        fields = [
            "uuid",
            "number",
            "state",
            "kind",
            "source",
            "owner_team",
            "implementation_status",
            "provider_statement",
            "customer_statement",
            "rationale",
            "remark",
            "effective_on",
            "decided_by",
            "submitted_by",
            "submitted_at",
            "by",
            "at",
        ]


class DerivationSerializer(serializers.ModelSerializer[Derivation]):
    """What was derived, and why."""

    release = serializers.CharField(source="release.version")
    told = serializers.SerializerMethodField(help_text="the explanation as sentences")
    grade = serializers.SerializerMethodField(
        help_text="how sure the crosswalk is that the layers came through, the weakest on "
        "the way: D, W, E; empty where the control has layers of its own"
    )

    class Meta:
        model = Derivation
        fields = [
            "kind",
            "answer",
            "parties",
            "cells",
            "whole",
            "explanation",
            "told",
            "grade",
            "organization_only",
            "release",
            "cause",
            "effective_on",
            "at",
        ]

    def get_grade(self, derivation: Derivation) -> str:
        """Return the weakest grade on the way through the crosswalk."""
        return grade_of(derivation.explanation)

    def get_told(self, derivation: Derivation) -> list[str]:
        """Return one sentence for each way a layer is carried."""
        names = Names(
            provider=self.context["provider"],
            layers=dict(Layer.objects.values_list("code", "name")),
            variants=dict(
                ServiceVariant.objects.filter(key__in=derivation.cells).values_list(
                    "key", "name"
                )
            ),
        )
        return sentences(derivation.answer, derivation.explanation, names=names)


class ResponsibilitySerializer(serializers.ModelSerializer[Responsibility]):
    """A responsibility as it stands today."""

    system = serializers.CharField(source="system.key")
    control = serializers.UUIDField(source="control.uuid")
    control_id = serializers.CharField(source="control.control_id")
    statement = serializers.CharField(
        source="part.part_id",
        default=None,
        help_text="OSCAL's id of the one statement that it is about; null for the control",
    )
    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField(
        source="control.shippable_title", help_text="empty where it may not be shipped"
    )
    provider = serializers.CharField(source="provider.key")
    kind = serializers.CharField(help_text="decided, else derived")
    derived_kind = serializers.CharField()
    state = serializers.CharField()
    suspect = serializers.BooleanField()
    owner_team = serializers.CharField(
        source="latest_decision.owner_team.key", default=None
    )

    class Meta:
        model = Responsibility
        fields = [
            "uuid",
            "system",
            "control",
            "control_id",
            "statement",
            "label",
            "title",
            "provider",
            "kind",
            "derived_kind",
            "state",
            "suspect",
            "owner_team",
            "version",
        ]


class ResponsibilityDetailSerializer(ResponsibilitySerializer):
    """A responsibility with its derivation and decision at a moment."""

    as_of = serializers.DateTimeField(help_text="by what was recorded then")
    on = serializers.DateField(help_text="what was in force that day")
    derived = DerivationSerializer(allow_null=True)
    decided = DecisionSerializer(allow_null=True, help_text="newest revision")
    approved = DecisionSerializer(allow_null=True, help_text="newest approved revision")
    ended_at = serializers.DateTimeField(
        help_text="when the statement fell back to its control; null while it stands"
    )
    links = serializers.DictField(child=serializers.CharField())

    class Meta(ResponsibilitySerializer.Meta):
        fields = [
            *ResponsibilitySerializer.Meta.fields,
            "ended_at",
            "as_of",
            "on",
            "derived",
            "decided",
            "approved",
            "links",
        ]


class ContentInput(StrictSerializer):
    """What is decided. What is left out stays as it was."""

    kind = serializers.ChoiceField(Kind.choices, required=False)
    owner_team = VisibleField(Team, required=False, allow_null=True)
    implementation_status = serializers.ChoiceField(
        ImplementationStatus.choices, required=False, allow_blank=True
    )
    provider_statement = serializers.CharField(
        required=False, allow_blank=True, max_length=20000
    )
    customer_statement = serializers.CharField(
        required=False, allow_blank=True, max_length=20000
    )
    rationale = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    effective_on = serializers.DateField(required=False, allow_null=True)


class SetApartInput(ContentInput):
    """What is decided on one statement. What is left out is taken from the control."""

    statement = serializers.CharField(
        max_length=120, help_text="OSCAL's id of it, such as `ac-2_smt.a`"
    )


class StatementSerializer(serializers.Serializer[Any]):
    """The answer that holds for one statement of a control."""

    statement = serializers.CharField(source="part.part_id")
    printed = serializers.CharField()
    kind = serializers.CharField(source="row.kind")
    state = serializers.CharField(source="row.state")
    owner_team = serializers.CharField(
        source="row.decision.owner_team.key", default=None, allow_null=True
    )
    customer_statement = serializers.CharField(
        source="row.decision.customer_statement", default=""
    )
    provider_statement = serializers.CharField(
        source="row.decision.provider_statement", default=""
    )
    suspect = serializers.BooleanField(source="row.suspect")
    apart = serializers.BooleanField(help_text="whether it is decided by itself")
    governed_by = serializers.CharField(
        help_text="the statement whose decision it is; empty for the control's"
    )
    responsibility = serializers.UUIDField(source="row.responsibility.uuid")


class RemarkInput(StrictSerializer):
    """A word on it."""

    remark = serializers.CharField(default="", allow_blank=True, max_length=5000)


class ResponsibilityFilter(filters.FilterSet):
    """Filters of responsibilities."""

    system = filters.CharFilter(field_name="system__key")
    control = filters.UUIDFilter(field_name="control__uuid")
    control_id = filters.CharFilter(field_name="control__control_id")
    catalog = filters.CharFilter(field_name="control__catalog__key")
    group = filters.CharFilter(field_name="control__group_id")
    owner_team = filters.CharFilter(field_name="latest_decision__owner_team__key")
    state = filters.ChoiceFilter(choices=WorkflowState.choices)
    kind = filters.ChoiceFilter(choices=Kind.choices)
    suspect = filters.BooleanFilter()
    statement = filters.CharFilter(field_name="part__part_id")
    whole = filters.BooleanFilter(
        field_name="part",
        lookup_expr="isnull",
        help_text="Whole controls only; false: statements that stand apart only.",
    )

    class Meta:
        model = Responsibility
        fields: list[str] = []


CHANGE = [versions.PARAMETER, versions.ETAG]
EXAMPLE = OpenApiExample(
    "Shared, and the platform team answers for our part",
    value={
        "kind": "shared",
        "owner_team": "platform",
        "implementation_status": "implemented",
        "provider_statement": "AWS patches hosts and hypervisor.",
        "customer_statement": "We patch the guest OS every Tuesday.",
    },
    request_only=True,
)


class ResponsibilityViewSet(ReadOnlyViewSet[Responsibility]):
    """Who does it: derived, decided, reviewed."""

    model = Responsibility
    lookup_field = "uuid"
    filterset_class = ResponsibilityFilter

    def get_queryset(self) -> QuerySet[Responsibility]:
        """Return the responsibilities with how each stands today."""
        today = clock.day(now())
        visible: Any = self.visible()
        rows = visible.open() if self.action == "list" else visible
        shown: QuerySet[Responsibility] = (
            rows.with_state()
            .with_kind(on=today)
            .with_suspicion(on=today)
            .select_related(
                "system__owner_team",
                "system__provider",
                "control__catalog",
                "provider",
                "part",
                "latest_decision__owner_team",
            )
        )
        return shown

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Responsibility]]:
        """Return the longer answer for a single one."""
        if self.action == "list":
            return ResponsibilitySerializer
        return ResponsibilityDetailSerializer

    @extend_schema(parameters=[*MOMENT, versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a responsibility with why it is so; `as_of` and `on` choose the moment."""
        return self._shown(self.get_object(), asked_moment(request))

    @extend_schema(responses=DecisionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=NewestFirst)
    def decisions(self, request: Request, uuid: str) -> Response:
        """List every revision, newest first."""
        rows = self.get_object().decisions.select_related(
            "owner_team", "decided_by", "submitted_by", "by"
        )
        return self.page(rows, DecisionSerializer)

    @extend_schema(parameters=MOMENT, responses=MappedAnswerSerializer)
    @action(detail=True, methods=["get"])
    def mapped(self, request: Request, uuid: str) -> Response:
        """Show the mapped controls of other catalogs in the same system, what is decided on
        them, and what they propose here. Nothing is decided by it.
        """
        found = proposals.mapped(
            self.get_object(), user=acting_user(request), moment=asked_moment(request)
        )
        return Response(control_mappings.shown(found, proposals.proposal(found)))

    @extend_schema(
        request=ContentInput,
        responses=ResponsibilityDetailSerializer,
        parameters=CHANGE,
        examples=[EXAMPLE],
    )
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, uuid: str) -> Response:
        """Decide who carries the control. Without a kind, the derived one is taken."""
        responsibility = self.get_object()
        version, values = versions.expected(request), self.checked(ContentInput)
        decisions.assign(
            responsibility=responsibility,
            version=version,
            content=_content(responsibility, values),
            by=acting_user(request),
            at=now(),
        )
        return self._fresh(responsibility)

    @extend_schema(
        parameters=MOMENT, responses=StatementSerializer(many=True), filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def statements(self, request: Request, uuid: str) -> Response:
        """List the statements of the control with the answer that holds for each."""
        found = apart.answers(self.get_object(), moment=asked_moment(request))
        return Response(StatementSerializer(instance=found, many=True).data)

    @extend_schema(
        request=SetApartInput,
        responses={201: ResponsibilityDetailSerializer},
        parameters=CHANGE,
    )
    @action(detail=True, methods=["post"], url_path="set-apart")
    def set_apart(self, request: Request, uuid: str) -> Response:
        """Decide one statement apart from its control; answer its own responsibility."""
        control = self.get_object()
        version, values = versions.expected(request), self.checked(SetApartInput)
        made = statements.set_apart(
            control=control,
            statement=values.pop("statement"),
            version=version,
            content=_content(control, values),
            by=acting_user(request),
            at=now(),
        )
        answer = self._fresh(self.get_queryset().get(pk=made.pk))
        answer.status_code = HTTPStatus.CREATED
        return answer

    @extend_schema(
        request=RemarkInput, responses=ResponsibilityDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"], url_path="fall-back")
    def fall_back(self, request: Request, uuid: str) -> Response:
        """Let the control's decision hold for the statement again, saying why."""
        responsibility = self.get_object()
        version, values = versions.expected(request), self.checked(RemarkInput)
        statements.fall_back(
            statement=responsibility,
            version=version,
            reason=values["remark"],
            by=acting_user(request),
            at=now(),
        )
        return self._fresh(responsibility)

    @extend_schema(
        request=NothingInput, responses=ResponsibilityDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, uuid: str) -> Response:
        """Ask a second person to review."""
        responsibility = self.get_object()
        version = versions.expected(request)
        self.checked(NothingInput)
        decisions.submit(
            responsibility=responsibility,
            version=version,
            by=acting_user(request),
            at=now(),
        )
        return self._fresh(responsibility)

    @extend_schema(
        request=RemarkInput, responses=ResponsibilityDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, uuid: str) -> Response:
        """Approve what somebody else decided and submitted."""
        responsibility = self.get_object()
        version, values = versions.expected(request), self.checked(RemarkInput)
        decisions.approve(
            responsibility=responsibility,
            version=version,
            by=acting_user(request),
            at=now(),
            **values,
        )
        return self._fresh(responsibility)

    @extend_schema(
        request=RemarkInput, responses=ResponsibilityDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, uuid: str) -> Response:
        """Return what somebody else submitted, saying why."""
        responsibility = self.get_object()
        version, values = versions.expected(request), self.checked(RemarkInput)
        decisions.send_back(
            responsibility=responsibility,
            version=version,
            by=acting_user(request),
            at=now(),
            **values,
        )
        return self._fresh(responsibility)

    def _fresh(self, responsibility: Responsibility) -> Response:
        # After a change, what holds now: a wrong `as_of` must not fail what was done.
        at = now()
        return self._shown(responsibility, Moment(as_of=at, on=clock.day(at)))

    def _shown(self, responsibility: Responsibility, moment: Moment) -> Response:
        return versions.tagged(
            Response(_told(responsibility, moment)), responsibility.version
        )


def _content(responsibility: Responsibility, values: dict[str, Any]) -> Content:
    """Return what is decided: what was sent, else what stands, else the derived kind."""
    latest = responsibility.latest_decision
    carried = {name: getattr(latest, name) for name in CARRIED} if latest else {}
    derived = responsibility.derived_kind  # type: ignore[attr-defined]
    return Content(**{"kind": derived, **carried, **values})


def _told(responsibility: Responsibility, moment: Moment) -> dict[str, Any]:
    """Return a responsibility as ResponsibilityDetailSerializer describes it."""
    row = standing(responsibility, moment=moment)
    derived, decided, approved = row.derivation, row.decision, row.approved
    told: dict[str, Any] = dict(ResponsibilitySerializer(responsibility).data)
    owner = decided.owner_team if decided else None
    names = {"provider": responsibility.provider.name}
    return {
        **told,
        "kind": row.kind,
        "derived_kind": derived.kind if derived else Kind.UNDETERMINED,
        "state": row.state,
        "suspect": row.suspect,
        "owner_team": owner.key if owner else None,
        "ended_at": responsibility.ended_at,
        "as_of": moment.as_of,
        "on": moment.on,
        "derived": DerivationSerializer(derived, context=names).data if derived else None,
        "decided": DecisionSerializer(decided).data if decided else None,
        "approved": DecisionSerializer(approved).data if approved else None,
        "links": {
            "system": reverse("system-detail", args=[responsibility.system.key]),
            "control": reverse("control-detail", args=[responsibility.control.uuid]),
            "decisions": reverse("responsibility-decisions", args=[responsibility.uuid]),
            "mapped": reverse("responsibility-mapped", args=[responsibility.uuid]),
            "statements": reverse("responsibility-statements", args=[responsibility.uuid]),
        },
    }
