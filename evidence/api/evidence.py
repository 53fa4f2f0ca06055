"""Evidence: handed in with its file, revised, judged, linked, and its file again."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters, idempotency, versions
from controls.api.base import (
    NothingInput,
    ReadOnlyViewSet,
    acting_user,
    now,
)
from controls.api.parsers import JSONParser
from controls.api.responsibility_shapes import RemarkInput
from evidence.api import downloads
from evidence.api.parsers import UploadParser
from evidence.api.shapes import (
    EvidenceDetailSerializer,
    EvidenceInput,
    EvidenceSerializer,
    LinkInput,
    LinkSerializer,
    RevisionInput,
)
from evidence.choices import EvidenceKind, Side, VerdictState
from evidence.models import (
    Evidence,
    EvidenceLink,
    EvidenceVerdict,
    EvidenceVersion,
)
from evidence.queries.pieces import offered_for, shown
from evidence.services import evidence as pieces
from evidence.services.evidence import Content
from evidence.services.uploads import draft_of

CARRIED = (
    "title",
    "kind",
    "side",
    "description",
    "activity_from",
    "activity_until",
    "collected_on",
    "expires_on",
    "sensitivity",
    "url",
    "artifact",
    "original_name",
)
TARGETS = ("responsibilities", "duties", "reviews")
CHANGE = [versions.PARAMETER, versions.ETAG]
EXAMPLE = OpenApiExample(
    "A file: one part named `file`, the rest as fields",
    value={
        "team": "platform",
        "title": "Patch report of March",
        "kind": "report",
        "activity_until": "2026-03-31",
    },
    request_only=True,
    media_type="multipart/form-data",
)


class EvidenceFilter(filters.FilterSet):
    """Filters of evidence."""

    team = filters.CharFilter(field_name="team__key")
    state = filters.ChoiceFilter(
        field_name="latest_verdict__state", choices=VerdictState.choices
    )
    kind = filters.ChoiceFilter(
        field_name="latest_version__kind", choices=EvidenceKind.choices
    )
    side = filters.ChoiceFilter(field_name="latest_version__side", choices=Side.choices)
    responsibility = filters.UUIDFilter(method="linked", help_text="what it is offered for")
    duty = filters.UUIDFilter(method="linked")
    review = filters.UUIDFilter(method="linked")
    system = filters.CharFilter(method="of_system", help_text="key of the system")

    class Meta:
        model = Evidence
        fields: list[str] = []

    def linked(self, rows: QuerySet[Evidence], name: str, uuid: Any) -> QuerySet[Evidence]:
        """Return what is offered for one thing, as far as the person may see it."""
        user = acting_user(self.request)
        return offered_for(rows, user=user, **{f"{name}__uuid": uuid})

    def of_system(self, rows: QuerySet[Evidence], _: str, key: str) -> QuerySet[Evidence]:
        """Return what is offered for anything of a system."""
        user = acting_user(self.request)
        return offered_for(rows, user=user, responsibility__system__key=key)


class AnyType(BaseContentNegotiation):
    """Whatever the client says it accepts: a file has the type it has."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the first: nothing is parsed."""
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        """Return the first, for what is not a file but a problem."""
        return renderers[0], renderers[0].media_type


class EvidenceViewSet(ReadOnlyViewSet[Evidence]):
    """What teams offer as proof."""

    model = Evidence
    lookup_field = "uuid"
    filterset_class = EvidenceFilter

    def get_queryset(self) -> QuerySet[Evidence]:
        """Return the evidence with what an answer shows."""
        return shown(self.visible())

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Evidence]]:
        """Return the longer answer for a single piece."""
        return EvidenceSerializer if self.action == "list" else EvidenceDetailSerializer

    @extend_schema(parameters=[versions.ETAG])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a piece with all its revisions, verdicts and links."""
        return self._told(self.get_object())

    @extend_schema(
        request={"multipart/form-data": EvidenceInput, "application/json": EvidenceInput},
        responses={201: EvidenceDetailSerializer},
        parameters=[idempotency.PARAMETER, versions.ETAG],
        examples=[EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Hand in a file, or an address, as proof of what is named in the same call."""

        def make() -> Response:
            values = self.checked(EvidenceInput)
            targets = [row for name in TARGETS for row in values.pop(name)]
            team, file = values.pop("team"), values.pop("file", None)
            made = pieces.submit(
                team=team,
                content=Content(artifact=draft_of(file), **values),
                targets=targets,
                by=acting_user(request),
                at=now(),
            )
            return self._told(made, status=status.HTTP_201_CREATED)

        return idempotency.once(request, make)

    @extend_schema(
        request={"multipart/form-data": RevisionInput, "application/json": RevisionInput},
        responses=EvidenceDetailSerializer,
        parameters=CHANGE,
    )
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, uuid: str) -> Response:
        """Hand in a new revision, which is judged again."""
        piece, version = self.get_object(), versions.expected(request)
        values = self.checked(RevisionInput)
        carried = {name: getattr(piece.latest_version, name) for name in CARRIED}
        file, url = values.pop("file", None), values.get("url")
        if file is not None:
            carried |= {"url": "", "artifact": draft_of(file), "original_name": ""}
        elif url:
            carried |= {"artifact": None, "original_name": ""}
        pieces.revise(
            evidence=piece,
            version=version,
            content=Content(**{**carried, **values}),
            by=acting_user(request),
            at=now(),
        )
        return self._told(piece)

    @extend_schema(
        request=RemarkInput, responses=EvidenceDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, uuid: str) -> Response:
        """Accept what somebody else handed in; reviews that it proves are completed."""
        return self._judge(request, pieces.accept)

    @extend_schema(
        request=RemarkInput, responses=EvidenceDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, uuid: str) -> Response:
        """Reject what somebody else handed in, saying why."""
        return self._judge(request, pieces.reject)

    @extend_schema(
        request=RemarkInput, responses=EvidenceDetailSerializer, parameters=CHANGE
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uuid: str) -> Response:
        """Take it back for good, saying why; reviews without other proof open again."""
        return self._judge(request, pieces.withdraw)

    @extend_schema(request=LinkInput, responses={201: LinkSerializer}, parameters=CHANGE)
    @action(detail=True, methods=["post"])
    def links(self, request: Request, uuid: str) -> Response:
        """Offer it for one more responsibility, duty or review."""
        piece, version = self.get_object(), versions.expected(request)
        (target,) = self.checked(LinkInput).values()
        made = pieces.link(
            evidence=piece,
            version=version,
            target=target,
            by=acting_user(request),
            at=now(),
        )
        told = Response(LinkSerializer(made).data, status=status.HTTP_201_CREATED)
        return versions.tagged(told, piece.version)

    @extend_schema(request=NothingInput, responses=LinkSerializer, parameters=CHANGE)
    @action(
        detail=True,
        methods=["post"],
        url_path=r"links/(?P<link>[0-9a-f-]{36})/end",
        url_name="end-link",
    )
    def end_link(self, request: Request, uuid: str, link: str) -> Response:
        """No longer offer it for one thing."""
        piece, version = self.get_object(), versions.expected(request)
        self.checked(NothingInput)
        rows = _links().visible_to(acting_user(request)).filter(evidence=piece)
        row = get_object_or_404(rows, uuid=link)
        row.evidence = piece
        pieces.unlink(link=row, version=version, by=acting_user(request), at=now())
        return versions.tagged(Response(LinkSerializer(row).data), piece.version)

    @extend_schema(
        parameters=[
            OpenApiParameter("revision", OpenApiTypes.INT, description="else the newest"),
            downloads.RANGE,
        ],
        responses=downloads.ANSWERS,
        filters=False,
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyType)
    def file(self, request: Request, uuid: str) -> HttpResponseBase:
        """Download the file of a revision, as it was handed in."""
        rows = EvidenceVersion.objects.filter(
            evidence=self.get_object(), artifact__isnull=False
        ).select_related("artifact")
        number = _number(request)
        if number is not None:
            rows = rows.filter(number=number)
        revision = rows.order_by("-number").first()
        if revision is None or revision.artifact is None:
            raise NotFound
        return downloads.serve_file(
            request, artifact=revision.artifact, name=revision.original_name
        )

    def get_parsers(self) -> list[Any]:
        """Return the readers of a body: only what brings a file may be multipart."""
        # Asked before `self.action` is known.
        method = str(getattr(self.request, "method", "")).lower()
        takes_files = (self.action_map or {}).get(method) in {"create", "revise"}
        return [JSONParser(), UploadParser()] if takes_files else [JSONParser()]

    def _judge(self, request: Request, service: Any) -> Response:
        piece, version = self.get_object(), versions.expected(request)
        remark = self.checked(RemarkInput)["remark"]
        service(
            evidence=piece,
            version=version,
            remark=remark,
            by=acting_user(request),
            at=now(),
        )
        return self._told(piece)

    def _told(self, piece: Evidence, **options: Any) -> Response:
        """Return a piece with its story; links only to what the person may see."""
        links = _links().visible_to(acting_user(self.request)).order_by("pk")
        revisions = EvidenceVersion.objects.select_related("artifact", "by")
        verdicts = EvidenceVerdict.objects.select_related("revision", "by")
        row = (
            shown(Evidence.objects.filter(pk=piece.pk))
            .prefetch_related(
                Prefetch("versions", revisions.order_by("number"), to_attr="revisions"),
                Prefetch("verdicts", verdicts.order_by("pk")),
                Prefetch("links", links),
            )
            .get()
        )
        told = Response(EvidenceDetailSerializer(row).data, **options)
        return versions.tagged(told, row.version)


def _links() -> Any:
    return EvidenceLink.objects.select_related(
        "responsibility__system__owner_team",
        "responsibility__control",
        "responsibility__part",
        "duty",
        "review",
        "started_by",
        "ended_by",
    )


def _number(request: Request) -> int | None:
    """Return the revision that is asked for; None for the newest."""
    text = request.query_params.get("revision", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValidationError({"revision": ["It must be the number of a revision."]})
    return int(text) if text else None
