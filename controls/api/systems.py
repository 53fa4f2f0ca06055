"""Systems, the services they use, the profiles that bind them, and their matrix."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency, versions
from controls.api.base import (
    ReadOnlyViewSet,
    Several,
    StrictSerializer,
    VisibleField,
    acting_user,
    asked_moment,
    now,
)
from controls.api.matrices import FILTERS, MatrixSerializer, asked_rows, shown
from controls.choices import SystemKind
from controls.errors import InvalidInputError
from controls.models import (
    Profile,
    Provider,
    ServiceVariant,
    System,
    SystemProfile,
    SystemService,
    Team,
)
from controls.queries.matrix import matrix
from controls.services import clock, systems
from controls.services.systems import Description, Use

MOMENT = [
    OpenApiParameter(
        "as_of",
        OpenApiTypes.STR,
        description="What was recorded by then: an instant, or a date, meaning its end.",
    ),
    OpenApiParameter("on", OpenApiTypes.DATE, description="What was in force on that day."),
]


MOST_SERVICES = 500
"""At once."""


class SystemServiceSerializer(serializers.ModelSerializer[SystemService]):
    """A service in use."""

    variant = serializers.CharField(source="variant.key")
    name = serializers.CharField(source="variant.name")

    class Meta:
        model = SystemService
        fields = [
            "uuid",
            "variant",
            "name",
            "accounts",
            "regions",
            "since",
            "until",
            "ended_on",
            "started_at",
            "ended_at",
        ]


class SystemProfileSerializer(serializers.ModelSerializer[SystemProfile]):
    """A profile in the system's scope."""

    profile = serializers.CharField(source="profile.key")
    title = serializers.CharField(source="profile.title")

    class Meta:
        model = SystemProfile
        fields = ["uuid", "profile", "title", "since", "ended_on", "started_at", "ended_at"]


class SystemSerializer(serializers.ModelSerializer[System]):
    """A system."""

    provider = serializers.CharField(source="provider.key")
    owner_team = serializers.CharField(source="owner_team.key")

    class Meta:
        model = System
        fields = [
            "uuid",
            "key",
            "name",
            "description",
            "kind",
            "provider",
            "owner_team",
            "has_custom_code",
            "created_at",
            "version",
        ]


class SystemDetailSerializer(SystemSerializer):
    """A system with its services and scope, ended ones too."""

    services = SystemServiceSerializer(many=True)
    profiles = SystemProfileSerializer(source="scopes", many=True)

    class Meta(SystemSerializer.Meta):
        fields = [*SystemSerializer.Meta.fields, "services", "profiles"]


class UsesInput(serializers.ListSerializer[Any]):
    """Service variants to put in use, looked up at once."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked uses. Raises ValidationError."""
        variant: Any = self.child.fields["variant"]  # type: ignore[union-attr]
        if isinstance(data, list):
            uses = data[:MOST_SERVICES]
            variant.look_up(use.get("variant") for use in uses if isinstance(use, dict))
        return super().to_internal_value(data)


class UseInput(StrictSerializer):
    """A service variant to put in use."""

    class Meta:
        list_serializer_class = UsesInput

    variant = VisibleField(ServiceVariant)
    accounts = Several(
        child=serializers.RegexField(r"^[0-9]{12}\Z"), default=list, max_length=500
    )
    regions = Several(
        child=serializers.RegexField(r"^[a-z]{2}(-[a-z]+){1,3}-[0-9]\Z"),
        default=list,
        max_length=60,
    )
    since = serializers.DateField(default=None)
    until = serializers.DateField(default=None, allow_null=True)


class SystemInput(StrictSerializer):
    """A system to record."""

    key = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(default="", allow_blank=True, max_length=5000)
    kind = serializers.ChoiceField(SystemKind.choices, default=SystemKind.WORKLOAD)
    owner_team = VisibleField(Team)
    provider = VisibleField(Provider, default=None, help_text="aws unless said")
    has_custom_code = serializers.BooleanField(default=True)
    profiles = Several(child=VisibleField(Profile), default=list, max_length=50)
    services = UseInput(  # type: ignore[call-arg]
        many=True, default=list, max_length=MOST_SERVICES
    )


class SystemChange(StrictSerializer):
    """What may change about a system. What is left out stays."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(allow_blank=True, max_length=5000, required=False)
    has_custom_code = serializers.BooleanField(required=False)


class ServicesInput(StrictSerializer):
    """Service variants to put in use at once."""

    services = UseInput(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_SERVICES
    )


class ProfileInput(StrictSerializer):
    """A profile to put in scope."""

    profile = VisibleField(Profile)
    since = serializers.DateField(default=None)


class EndInput(StrictSerializer):
    """The first day on which it no longer holds."""

    on = serializers.DateField(default=None)


class SystemFilter(filters.FilterSet):
    """Filters of systems."""

    kind = filters.ChoiceFilter(choices=SystemKind.choices)
    owner_team = filters.CharFilter(field_name="owner_team__key")

    class Meta:
        model = System
        fields: list[str] = []


CHANGE = [versions.PARAMETER, versions.ETAG]
EXAMPLE = OpenApiExample(
    "A shop on EC2 and RDS",
    value={
        "key": "shop",
        "name": "Web shop",
        "owner_team": "payments",
        "profiles": ["nist-800-53-rev5-moderate"],
        "services": [
            {"variant": "ec2", "regions": ["eu-central-1"]},
            {"variant": "rds", "accounts": ["123456789012"]},
        ],
    },
    request_only=True,
)


class SystemViewSet(ReadOnlyViewSet[System]):
    """What a team runs, or the organisation itself."""

    model = System
    lookup_field = "key"
    filterset_class = SystemFilter

    def get_queryset(self) -> QuerySet[System]:
        """Return the systems with what an answer shows."""
        rows = self.visible().select_related("provider", "owner_team")
        if self.action in {"list", "matrix"}:
            return rows
        return rows.prefetch_related("services__variant", "scopes__profile")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[System]]:
        """Return the longer answer for a single one."""
        return SystemSerializer if self.action == "list" else SystemDetailSerializer

    @extend_schema(parameters=[versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a system; its ETag is what a change must name."""
        system = self.get_object()
        return versions.tagged(Response(self.get_serializer(system).data), system.version)

    @extend_schema(
        request=SystemInput,
        responses={201: SystemDetailSerializer},
        parameters=[idempotency.PARAMETER, versions.ETAG],
        examples=[EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Record a system, with its services and scope, and derive its controls."""

        def make() -> Response:
            values = self.checked(SystemInput)
            uses = [Use(**use) for use in values.pop("services")]
            values["provider"] = values["provider"] or _usual_provider()
            system = systems.create(
                description=Description(**values, uses=uses),
                by=acting_user(request),
                at=now(),
            )
            return self._shown(system, status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(
        request=SystemChange, responses=SystemDetailSerializer, parameters=CHANGE
    )
    def partial_update(self, request: Request, key: str) -> Response:
        """Change what a system is called and whether it has code of its own."""
        system = self.get_object()
        wanted = {
            name: getattr(system, name)
            for name in ("name", "description", "has_custom_code")
        }
        systems.change(
            system=system,
            version=versions.expected(request),
            by=acting_user(request),
            at=now(),
            **{**wanted, **self.checked(SystemChange)},
        )
        return self._shown(system)

    @extend_schema(
        request=ServicesInput, responses=SystemDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"])
    def services(self, request: Request, key: str) -> Response:
        """Put service variants in use and derive the system anew."""
        system = self.get_object()
        version = versions.expected(request)
        uses = [Use(**use) for use in self.checked(ServicesInput)["services"]]
        systems.start_services(
            system=system, version=version, uses=uses, by=acting_user(request), at=now()
        )
        return self._shown(system)

    @extend_schema(
        request=EndInput,
        responses=SystemDetailSerializer,
        parameters=[
            OpenApiParameter("service", OpenApiTypes.UUID, OpenApiParameter.PATH),
            *CHANGE,
        ],
    )
    @action(
        detail=True, methods=["post"], url_path="services/(?P<service>[0-9a-f-]{36})/end"
    )
    def end_service(self, request: Request, key: str, service: str) -> Response:
        """Say from which day on a service is no longer used; today unless `on` says
        otherwise.
        """
        system = self.get_object()
        row = get_object_or_404(system.services.select_related("variant"), uuid=service)
        row.system = system
        at = now()
        systems.end_service(
            service=row,
            version=versions.expected(request),
            on=self.checked(EndInput)["on"] or clock.day(at),
            by=acting_user(request),
            at=at,
        )
        return self._shown(system)

    @extend_schema(
        request=ProfileInput, responses=SystemDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"])
    def profiles(self, request: Request, key: str) -> Response:
        """Put a profile in the system's scope and derive its controls."""
        system, at = self.get_object(), now()
        version, values = versions.expected(request), self.checked(ProfileInput)
        systems.start_profile(
            system=system,
            version=version,
            profile=values["profile"],
            since=values["since"] or clock.day(at),
            by=acting_user(request),
            at=at,
        )
        return self._shown(system)

    @extend_schema(
        request=EndInput,
        responses=SystemDetailSerializer,
        parameters=[
            OpenApiParameter("scope", OpenApiTypes.UUID, OpenApiParameter.PATH),
            *CHANGE,
        ],
    )
    @action(detail=True, methods=["post"], url_path="profiles/(?P<scope>[0-9a-f-]{36})/end")
    def end_profile(self, request: Request, key: str, scope: str) -> Response:
        """Say from which day on a profile no longer binds the system."""
        system = self.get_object()
        row = get_object_or_404(system.scopes.select_related("profile"), uuid=scope)
        row.system = system
        at = now()
        systems.end_profile(
            scope=row,
            version=versions.expected(request),
            on=self.checked(EndInput)["on"] or clock.day(at),
            by=acting_user(request),
            at=at,
        )
        return self._shown(system)

    @extend_schema(
        responses=MatrixSerializer, parameters=[*MOMENT, *FILTERS], filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def matrix(self, request: Request, key: str) -> Response:
        """Show the controls by services, with the combined answer, decided beside derived.

        `counts` are those of the whole system, whatever rows are asked for.
        """
        system, wanted = self.get_object(), asked_rows(request.query_params)
        found = matrix(system=system, moment=asked_moment(request))
        return Response(shown(found, wanted))

    def _shown(self, system: System, code: int = status.HTTP_200_OK) -> Response:
        fresh = self.get_queryset().get(pk=system.pk)
        return versions.tagged(
            Response(SystemDetailSerializer(fresh).data, status=code), fresh.version
        )


def _usual_provider() -> Provider:
    found = Provider.objects.filter(key="aws").first()
    if found is None:
        raise InvalidInputError("Name the provider.", place="provider")
    return found
