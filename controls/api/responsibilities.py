"""Responsibilities: what was derived, what was decided, and the steps of deciding."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import control_mappings, filters, versions
from controls.api.base import (
    NothingInput,
    ReadOnlyViewSet,
    acting_user,
    asked_moment,
    now,
)
from controls.api.control_mappings import MappedAnswerSerializer
from controls.api.pagination import NewestFirst
from controls.api.responsibility_shapes import (
    ContentInput,
    DecisionSerializer,
    RemarkInput,
    ResponsibilityDetailSerializer,
    ResponsibilitySerializer,
    SetApartInput,
    StatementSerializer,
    told,
)
from controls.api.systems import MOMENT
from controls.choices import Kind, WorkflowState
from controls.models import Responsibility
from controls.queries import apart, proposals
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
        visible: Any = self.visible()
        return self._standing(visible.open() if self.action == "list" else visible)

    def _standing(self, rows: Any) -> QuerySet[Responsibility]:
        today = clock.day(now())
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
        # Whoever set it apart is told what was made, whoever may look at it from now on.
        rows = Responsibility.objects.filter(pk=made.pk)
        answer = self._fresh(self._standing(rows).get())
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
            Response(told(responsibility, moment)), responsibility.version
        )


def _content(responsibility: Responsibility, values: dict[str, Any]) -> Content:
    """Return what is decided: what was sent, else what stands, else the derived kind."""
    latest = responsibility.latest_decision
    carried = {name: getattr(latest, name) for name in CARRIED} if latest else {}
    derived = responsibility.derived_kind  # type: ignore[attr-defined]
    return Content(**{"kind": derived, **carried, **values})
