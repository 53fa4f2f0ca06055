"""What an account's inventory shows, against what is recorded."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api.base import Door, acting_user, now
from controls.api.imported_matrices import FileParser, body_of
from controls.importers import inventories as importer
from controls.importers.provider_files import sha256_of
from controls.models import ImportedInventory, System
from controls.queries.inventories import drift_of, newest_inventory, sightings_of
from controls.rules.moments import Moment
from controls.services import clock, inventories
from controls.services.inventories import Found


class SeenSerializer(serializers.Serializer[Any]):
    """Where something was seen."""

    accounts = serializers.ListField(child=serializers.CharField())
    regions = serializers.ListField(child=serializers.CharField())
    types = serializers.ListField(child=serializers.CharField())
    count = serializers.IntegerField()


class ProposalSerializer(serializers.Serializer[Any]):
    """A variant to put in use."""

    variant = serializers.CharField()
    name = serializers.CharField()
    seen = SeenSerializer()
    reason = serializers.CharField()
    is_assumed = serializers.BooleanField()


class RecordedSerializer(serializers.Serializer[Any]):
    """A service in use that the inventory shows, too."""

    variant = serializers.CharField()
    seen = SeenSerializer()
    new_accounts = serializers.ListField(child=serializers.CharField())
    new_regions = serializers.ListField(child=serializers.CharField())


class InventorySerializer(serializers.ModelSerializer[ImportedInventory]):
    """An inventory that was imported."""

    system = serializers.CharField(source="system.key")
    by = serializers.CharField(source="by.name")

    class Meta:
        model = ImportedInventory
        fields = ["uuid", "system", "source", "file_name", "sha256", "at", "by"]


class DriftSerializer(serializers.Serializer[Any]):
    """An inventory against the services in use."""

    inventory = InventorySerializer()
    is_new = serializers.BooleanField(help_text="false: imported before")
    proposals = ProposalSerializer(many=True)
    recorded = RecordedSerializer(many=True)
    silent = serializers.DictField(
        child=SeenSerializer(), help_text="services that no fact is about"
    )
    gone = serializers.ListField(
        child=serializers.CharField(), help_text="variants recorded and not seen"
    )


class InventoryViewSet(Door, viewsets.ViewSet):
    """A system's inventory."""

    parser_classes = [FileParser]

    @extend_schema(responses=DriftSerializer, operation_id="systems_inventory")
    def retrieve(self, request: Request, key: str) -> Response:
        """Show the newest inventory against the services in use today."""
        system = _system(request, key)
        found = newest_inventory(system)
        if found is None:
            raise NotFound
        return Response(_told(system, found, is_new=False))

    @extend_schema(
        operation_id="systems_inventory_import",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: DriftSerializer, 200: DriftSerializer},
        parameters=[
            OpenApiParameter("file_name", OpenApiTypes.STR),
            OpenApiParameter(
                "dry_run", OpenApiTypes.BOOL, description="Say what would change."
            ),
        ],
    )
    def create(self, request: Request, key: str) -> Response:
        """Import an inventory. The same file again changes nothing."""
        given = request.query_params
        unknown = sorted(set(given) - {"file_name", "dry_run"})
        if unknown:
            raise ValidationError(
                {name: ["There is no such parameter."] for name in unknown}
            )
        if given.get("dry_run", "false") not in {"true", "false"}:
            raise ValidationError({"dry_run": ["It must be true or false."]})
        dry_run = given.get("dry_run") == "true"
        system, data = _system(request, key), body_of(request)
        name = given.get("file_name", "")[:255] or "inventory"
        source, sightings = importer.read(data, file=name)
        with transaction.atomic():
            row, is_new = inventories.import_inventory(
                system=system,
                found=Found(source, name, sha256_of(data), sightings),
                by=acting_user(request),
                at=now(),
            )
            told = _told(system, row, is_new=is_new)
            transaction.set_rollback(dry_run)
        written = is_new and not dry_run
        return Response(
            told, status=status.HTTP_201_CREATED if written else status.HTTP_200_OK
        )


def _system(request: Request, key: str) -> System:
    rows = System.objects.visible_to(acting_user(request)).select_related("owner_team")
    return get_object_or_404(rows, key=key)


def _told(system: System, found: ImportedInventory, *, is_new: bool) -> Any:
    at = now()
    moment = Moment(as_of=at, on=clock.day(at))
    drift = drift_of(system, sightings_of(found), moment=moment)
    return DriftSerializer(
        {
            "inventory": found,
            "is_new": is_new,
            "proposals": drift.proposals,
            "recorded": drift.recorded,
            "silent": dict(drift.silent),
            "gone": drift.gone,
        }
    ).data
