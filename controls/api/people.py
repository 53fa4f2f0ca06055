"""Teams, who belongs to them, oneself, and one's tokens."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency, versions
from controls.api.base import (
    NothingInput,
    ReadOnlyViewSet,
    StrictSerializer,
    VisibleField,
    acting_user,
    now,
)
from controls.choices import MembershipRole, TokenScope
from controls.models import ApiToken, Membership, Team, User
from controls.services import teams, tokens
from controls.services.teams import Details


class UserSerializer(serializers.ModelSerializer[User]):
    """A person."""

    class Meta:
        model = User
        fields = ["uuid", "email", "name", "time_zone", "is_active"]


class MeSerializer(UserSerializer):
    """Oneself, with what one may do."""

    roles = serializers.SerializerMethodField()
    teams = serializers.SerializerMethodField()

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "roles", "teams"]

    def get_roles(self, user: User) -> list[str]:
        """Return the organisation-wide roles."""
        return sorted(user.organization_roles())

    def get_teams(self, user: User) -> dict[str, str]:
        """Return team key → role."""
        rows = Membership.objects.held_by(user)
        return dict(rows.values_list("team__key", "role"))


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """A person's role in a team."""

    user = serializers.UUIDField(source="user.uuid")
    name = serializers.CharField(source="user.name")

    class Meta:
        model = Membership
        fields = ["uuid", "user", "name", "role", "started_at", "ended_at"]


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team."""

    manager = serializers.UUIDField(source="manager.uuid", default=None)

    class Meta:
        model = Team
        fields = ["uuid", "key", "name", "manager", "time_zone", "working_days", "version"]


class TeamDetailSerializer(TeamSerializer):
    """A team with its current members."""

    members = MembershipSerializer(many=True)

    class Meta(TeamSerializer.Meta):
        fields = [*TeamSerializer.Meta.fields, "members"]


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token, without its text."""

    team = serializers.CharField(source="team.key", default=None)
    user = serializers.UUIDField(source="user.uuid")

    class Meta:
        model = ApiToken
        fields = [
            "uuid",
            "name",
            "prefix",
            "scope",
            "team",
            "user",
            "created_at",
            "expires_at",
            "last_used_at",
            "ended_at",
        ]


class NewTokenSerializer(TokenSerializer):
    """A token with its text, which is shown this once."""

    token = serializers.CharField()

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class TeamInput(StrictSerializer):
    """A team to create."""

    key = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=100)
    time_zone = serializers.CharField(max_length=64, default="UTC")
    manager = VisibleField(User, "uuid", default=None, allow_null=True)


class TeamChange(StrictSerializer):
    """What may change about a team. What is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    working_days = serializers.CharField(max_length=7, required=False)
    manager = VisibleField(User, "uuid", required=False, allow_null=True)


class MemberInput(StrictSerializer):
    """Whom to give which role."""

    user = VisibleField(User, "uuid")
    role = serializers.ChoiceField(MembershipRole.choices)


class TokenInput(StrictSerializer):
    """A token to make for oneself."""

    name = serializers.CharField(max_length=100)
    scope = serializers.ChoiceField(TokenScope.choices, default=TokenScope.READ)
    team = VisibleField(
        Team,
        default=None,
        allow_null=True,
        help_text="the token then acts with the person's role in that team alone",
    )
    expires_at = serializers.DateTimeField()


class UserViewSet(ReadOnlyViewSet[User]):
    """People one may see."""

    model = User
    serializer_class = UserSerializer
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[User]:
        """Return the visible people, without the built-in user."""
        rows: Any = self.visible()
        return rows.people()  # type: ignore[no-any-return]

    @extend_schema(responses=MeSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def me(self, request: Request) -> Response:
        """Show oneself and what one may do."""
        return Response(MeSerializer(acting_user(request)).data)


class TeamViewSet(ReadOnlyViewSet[Team]):
    """Groups that own systems and responsibilities."""

    model = Team
    lookup_field = "key"

    def get_queryset(self) -> QuerySet[Team]:
        """Return the teams with what an answer shows."""
        rows = self.visible().select_related("manager")
        if self.action == "list":
            return rows
        current = Membership.objects.current().select_related("user").order_by("user__name")
        return rows.prefetch_related(Prefetch("memberships", current, to_attr="members"))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Team]]:
        """Return the longer answer for a single one."""
        return TeamSerializer if self.action == "list" else TeamDetailSerializer

    @extend_schema(parameters=[versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a team; its ETag is what a change must name."""
        return self._shown(self.get_object())

    @extend_schema(
        request=TeamInput,
        responses={201: TeamDetailSerializer},
        parameters=[idempotency.PARAMETER, versions.ETAG],
    )
    def create(self, request: Request) -> Response:
        """Create a team."""

        def make() -> Response:
            values = self.checked(TeamInput)
            team = teams.create(**values, by=acting_user(request), at=now())
            fresh = self.get_queryset().get(pk=team.pk)
            return self._shown(fresh, status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(
        request=TeamChange,
        responses=TeamDetailSerializer,
        parameters=[versions.PARAMETER, versions.ETAG],
    )
    def partial_update(self, request: Request, key: str) -> Response:
        """Change a team."""
        team, version = self.get_object(), versions.expected(request)
        names = ("name", "time_zone", "working_days", "manager")
        current = {name: getattr(team, name) for name in names}
        teams.change(
            team=team,
            version=version,
            details=Details(**{**current, **self.checked(TeamChange)}),
            by=acting_user(request),
            at=now(),
        )
        return self._shown(self.get_object())

    @extend_schema(responses=MembershipSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def members(self, request: Request, key: str) -> Response:
        """List who belongs and who belonged to the team."""
        rows = self.get_object().memberships.select_related("user")
        return self.page(rows, MembershipSerializer)

    @extend_schema(
        request=MemberInput,
        responses={201: MembershipSerializer},
        parameters=[idempotency.PARAMETER],
    )
    @members.mapping.post
    def add_member(self, request: Request, key: str) -> Response:
        """Give a person a role in the team; a role they had there ends."""
        team = self.get_object()

        def make() -> Response:
            row = teams.start_membership(
                team=team, **self.checked(MemberInput), by=acting_user(request), at=now()
            )
            return Response(MembershipSerializer(row).data, status=status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(
        request=NothingInput,
        responses=MembershipSerializer,
        parameters=[OpenApiParameter("member", OpenApiTypes.UUID, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"], url_path="members/(?P<member>[0-9a-f-]{36})/end")
    def end_member(self, request: Request, key: str, member: str) -> Response:
        """End a person's role in the team."""
        team = self.get_object()
        rows = team.memberships.select_related("user")
        row = get_object_or_404(rows, uuid=member)
        row.team = team
        self.checked(NothingInput)
        teams.end_membership(membership=row, by=acting_user(request), at=now())
        return Response(MembershipSerializer(row).data)

    def _shown(self, team: Team, code: int = status.HTTP_200_OK) -> Response:
        body = TeamDetailSerializer(team).data
        return versions.tagged(Response(body, status=code), team.version)


class TokenFilter(filters.FilterSet):
    """Filters of tokens."""

    user = filters.UUIDFilter(field_name="user__uuid")
    ended = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ApiToken
        fields: list[str] = []


class TokenViewSet(ReadOnlyViewSet[ApiToken]):
    """Keys to the API."""

    model = ApiToken
    serializer_class = TokenSerializer
    lookup_field = "uuid"
    filterset_class = TokenFilter

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Return the tokens with what an answer shows."""
        return self.visible().select_related("team", "user")

    @extend_schema(
        request=TokenInput,
        responses={201: NewTokenSerializer},
        examples=[
            OpenApiExample(
                "A key for the pipeline",
                value={
                    "name": "nightly export",
                    "scope": "read",
                    "expires_at": "2026-12-31T00:00:00Z",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Make a token for oneself. Its text is in this answer and nowhere else.

        An Idempotency-Key is not taken here, since an answer that holds a secret is never
        kept.
        """
        if request.headers.get("Idempotency-Key"):
            raise serializers.ValidationError(
                {"Idempotency-Key": ["A token's text is shown once and never kept."]}
            )
        user = acting_user(request)
        token, text = tokens.create(
            user=user, **self.checked(TokenInput), by=user, at=now()
        )
        body = {**TokenSerializer(token).data, "token": text}
        return Response(
            body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"}
        )

    @extend_schema(request=NothingInput, responses=TokenSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, uuid: str) -> Response:
        """End a token at once."""
        token = self.get_object()
        self.checked(NothingInput)
        tokens.revoke(token=token, by=acting_user(request), at=now())
        return Response(TokenSerializer(token).data)
