"""What other providers publish: imported, kept as entered, shown beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api import filters
from controls.api.base import (
    Door,
    ReadOnlyViewSet,
    acting_user,
    asked_moment,
    now,
)
from controls.api.pagination import NewestFirst
from controls.api.parsers import TooLarge
from controls.api.systems import MOMENT
from controls.choices import MatrixDoubt
from controls.importers import provider_files
from controls.importers.provider_files import Hints
from controls.models import ColumnMapping, ImportedMatrix, ImportedRow, System
from controls.queries.matrices import catalog_for, sides
from controls.services import matrices
from controls.services.matrices import Imported, Source, Whose

MOST_DIFFERENCES = 200


class FileParser(BaseParser):
    """The bytes of a file, as they are."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes. Raises TooLarge."""
        body = stream.read(provider_files.LARGEST + 1)
        if len(body) > provider_files.LARGEST:
            raise TooLarge(
                f"A matrix has at most {provider_files.LARGEST // 1024 // 1024} MB."
            )
        return body


class ImportedMatrixSerializer(serializers.ModelSerializer[ImportedMatrix]):
    """A version of a provider's matrix."""

    system = serializers.CharField(source="system.key")
    provider = serializers.CharField(source="provider.key")
    catalog = serializers.CharField(source="catalog.key")
    by = serializers.CharField(source="by.name")

    class Meta:
        model = ImportedMatrix
        fields = [
            "uuid",
            "system",
            "provider",
            "catalog",
            "number",
            "layout",
            "file_name",
            "sha256",
            "report",
            "at",
            "by",
        ]


class ImportedRowSerializer(serializers.ModelSerializer[ImportedRow]):
    """A row as entered, and as read."""

    is_known = serializers.BooleanField(
        source="of_control_id", help_text="its control is in the catalog"
    )

    class Meta:
        model = ImportedRow
        fields = [
            "uuid",
            "order",
            "printed_id",
            "control_id",
            "statement_id",
            "is_known",
            "statuses",
            "originations",
            "inheritable",
            "text",
            "cells",
            "doubts",
        ]


class ChangedRowSerializer(serializers.Serializer[Any]):
    """A row that says something else than before."""

    key = serializers.CharField()
    fields = serializers.DictField(  # type: ignore[assignment]
        help_text="field → what it said and what it says"
    )


class MatrixImportSerializer(serializers.Serializer[Any]):
    """What an import did, or would do."""

    matrix = ImportedMatrixSerializer()
    is_new = serializers.BooleanField(help_text="false: the same file again")
    rows = serializers.IntegerField()
    several_originations = serializers.IntegerField()
    report = serializers.DictField(child=serializers.IntegerField())
    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    changed = ChangedRowSerializer(many=True)


class OfferSerializer(serializers.Serializer[Any]):
    """What one provider offers for a control."""

    kind = serializers.CharField()
    matrix = serializers.UUIDField(source="matrix.uuid")
    rows = serializers.SerializerMethodField()

    def get_rows(self, offer: Any) -> list[dict[str, Any]]:
        """Return what the provider said, row by row."""
        return [
            {
                "printed_id": row.printed_id,
                "statement_id": row.statement_id,
                "originations": row.originations,
                "inheritable": row.inheritable,
                "text": row.text,
                "doubts": row.doubts,
            }
            for row in offer.rows
        ]


class SideSerializer(serializers.Serializer[Any]):
    """A control with each provider beside the others, and all of them combined."""

    control_id = serializers.CharField(source="responsibility.control.control_id")
    label = serializers.CharField(  # type: ignore[assignment]
        source="responsibility.control.label"
    )
    responsibility = serializers.UUIDField(source="responsibility.uuid")
    derived = serializers.CharField(help_text="for the system's own provider")
    offers = serializers.DictField(child=OfferSerializer(), help_text="by provider")
    combined = serializers.CharField(help_text="what is left to the customer")


class SidesSerializer(serializers.Serializer[Any]):
    """All controls of a system, provider by provider."""

    system = serializers.CharField()
    provider = serializers.CharField(help_text="the one that is derived")
    matrices = ImportedMatrixSerializer(many=True)
    controls = SideSerializer(many=True)


class ImportedMatrixFilter(filters.FilterSet):
    """Filters of imported matrices."""

    system = filters.CharFilter(field_name="system__key")
    provider = filters.CharFilter(field_name="provider__key")

    class Meta:
        model = ImportedMatrix
        fields: list[str] = []


def _parameter(name: str, told: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, required=required, description=told)


class ImportedMatrixViewSet(ReadOnlyViewSet[ImportedMatrix]):
    """Matrices that providers publish."""

    model = ImportedMatrix
    serializer_class = ImportedMatrixSerializer
    lookup_field = "uuid"
    filterset_class = ImportedMatrixFilter
    pagination_class = NewestFirst
    parser_classes = [FileParser]

    def get_queryset(self) -> QuerySet[ImportedMatrix]:
        """Return the matrices with what an answer shows."""
        return self.visible().select_related("system", "provider", "catalog", "by")

    @extend_schema(responses=ImportedRowSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def rows(self, request: Request, uuid: str) -> Response:
        """List every row as entered."""
        return self.page(self.get_object().rows.all(), ImportedRowSerializer)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: MatrixImportSerializer, 200: MatrixImportSerializer},
        filters=False,
        parameters=[
            _parameter("system", "Key of the system.", required=True),
            _parameter("provider", "Key of the provider.", required=True),
            _parameter("provider_name", "Its name, where it is new."),
            _parameter("file_name", "How the file is called."),
            _parameter("catalog", "Key of the catalog of its ids; else the system's."),
            _parameter("baseline", "Of a workbook with several: `Moderate`."),
            _parameter("sheet", "Of a plain table in a workbook."),
            OpenApiParameter(
                "dry_run", OpenApiTypes.BOOL, description="Say what would change."
            ),
        ],
    )
    def create(self, request: Request) -> Response:
        """Import a provider's file. The same file again changes nothing."""
        asked = _Asked(request)
        data = body_of(request)
        parsed = provider_files.read(data, file=asked.file, hints=asked.hints)
        with transaction.atomic():
            done = matrices.import_matrix(
                system=asked.system,
                whose=asked.whose,
                catalog=asked.catalog,
                parsed=parsed,
                source=Source(asked.file, provider_files.sha256_of(data)),
                by=acting_user(request),
                at=now(),
            )
            transaction.set_rollback(asked.dry_run)
        written = done.is_new and not asked.dry_run
        return Response(
            MatrixImportSerializer(_told(done, len(parsed.rows))).data,
            status=status.HTTP_201_CREATED if written else status.HTTP_200_OK,
        )


def body_of(request: Request) -> bytes:
    """Return the body. Raises ValidationError where there is none."""
    data: Any = request.data
    if not isinstance(data, bytes) or not data:
        raise ValidationError({"body": ["Send the bytes of the file as the body."]})
    return data


class _Asked:
    """The parameters of an import, checked. Raises ValidationError naming each."""

    KNOWN = frozenset(
        {
            "system",
            "provider",
            "provider_name",
            "file_name",
            "catalog",
            "baseline",
            "sheet",
            "dry_run",
        }
    )

    def __init__(self, request: Request) -> None:
        given = request.query_params
        unknown = sorted(set(given) - self.KNOWN)
        if unknown:
            raise ValidationError(
                {name: ["There is no such parameter."] for name in unknown}
            )
        self._request = request
        self._given = given
        self.dry_run = self._is_dry(given.get("dry_run", "false"))
        self.file = given.get("file_name", "")[:255] or "matrix"
        self.system = self._system(given.get("system", ""))
        key = self._key(given.get("provider", ""))
        self.whose = Whose(key, given.get("provider_name", ""))
        self.catalog = self._catalog(given.get("catalog", ""))
        remembered = ColumnMapping.objects.filter(provider__key=key).first()
        self.hints = Hints(
            baseline=given.get("baseline", ""),
            sheet=given.get("sheet", ""),
            remembered=remembered.columns if remembered else {},
        )

    def _is_dry(self, text: str) -> bool:
        if text not in {"true", "false"}:
            raise ValidationError({"dry_run": ["It must be true or false."]})
        return text == "true"

    def _system(self, key: str) -> System:
        rows = System.objects.visible_to(acting_user(self._request))
        found = rows.select_related("owner_team", "provider").filter(key=key).first()
        if found is None:
            raise ValidationError({"system": ["There is none of this key that you see."]})
        return found

    def _key(self, key: str) -> str:
        return serializers.SlugField(max_length=50).run_validation(key)  # type: ignore[no-any-return]

    def _catalog(self, key: str) -> Any:
        found = catalog_for(self.system, key)
        if found is None:
            raise ValidationError({"catalog": ["There is no such catalog in scope."]})
        return found


def _told(done: Imported, count: int) -> dict[str, Any]:
    difference = done.difference
    return {
        "matrix": done.matrix,
        "is_new": done.is_new,
        "rows": count,
        "several_originations": done.several_originations,
        "report": {token: done.report.get(token, 0) for token in MatrixDoubt.values},
        "added": difference.added[:MOST_DIFFERENCES],
        "removed": difference.removed[:MOST_DIFFERENCES],
        "changed": [
            {"key": row.key, "fields": row.fields}
            for row in difference.changed[:MOST_DIFFERENCES]
        ],
    }


class ProvidersViewSet(Door, viewsets.ViewSet):
    """A system's controls, provider by provider."""

    @extend_schema(responses=SidesSerializer, parameters=MOMENT)
    def retrieve(self, request: Request, key: str) -> Response:
        """Show what each provider takes over, and what is left to the customer."""
        moment = asked_moment(request)
        rows = System.objects.visible_to(acting_user(request)).select_related("provider")
        system = get_object_or_404(rows, key=key)
        held, found = sides(system, moment=moment)
        return Response(
            SidesSerializer(
                {
                    "system": system.key,
                    "provider": system.provider.key,
                    "matrices": held,
                    "controls": found,
                }
            ).data
        )
