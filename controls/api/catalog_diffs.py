"""What differs between two editions of a catalog."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from controls.models import Catalog
from controls.queries import editions
from controls.rules.editions import Face

WITH = OpenApiParameter(
    "with",
    OpenApiTypes.UUID,
    required=True,
    description="The catalog to compare with, such as an older edition.",
)


class FaceSerializer(serializers.Serializer[Any]):
    """A control; its title is empty where it may not be shipped."""

    control_id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField()


class RetitledSerializer(FaceSerializer):
    """A control whose title differs."""

    before = serializers.CharField()


class RewordedSerializer(FaceSerializer):
    """A control whose text differs."""

    parts = serializers.ListField(child=serializers.CharField())


class EditionSerializer(serializers.Serializer[Any]):
    """An edition."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    version = serializers.CharField()
    title = serializers.CharField()


class DifferenceSerializer(serializers.Serializer[Any]):
    """What differs from `before` to `after`."""

    before = EditionSerializer()
    after = EditionSerializer()
    counts = serializers.DictField(child=serializers.IntegerField())
    same = serializers.IntegerField(help_text="controls in force that are equal")
    added = FaceSerializer(many=True)
    removed = FaceSerializer(many=True)
    withdrawn = FaceSerializer(many=True)
    reinstated = FaceSerializer(many=True)
    retitled = RetitledSerializer(many=True)
    reworded = RewordedSerializer(many=True)


def asked(request: Request, visible: QuerySet[Catalog]) -> Catalog:
    """Return the catalog that `with` names. Raises ValidationError."""
    unknown = sorted(set(request.query_params) - {"with"})
    if unknown:
        raise ValidationError({name: ["There is no such parameter."] for name in unknown})
    named = request.query_params.get("with", "")
    if not named:
        raise ValidationError({"with": ["Name the catalog to compare with, by its uuid."]})
    try:
        found = visible.filter(uuid=uuid.UUID(named)).first()
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({"with": [f"There is no catalog {named[:60]!r}."]})
    return found


def shown(before: Catalog, after: Catalog) -> dict[str, Any]:
    """Return what DifferenceSerializer describes."""
    found = editions.difference(before, after)
    then, now = before.text_shippable, after.text_shippable
    return {
        "before": EditionSerializer(before).data,
        "after": EditionSerializer(after).data,
        "counts": found.counts,
        "same": found.same,
        "added": [_face(face, now) for face in found.added],
        "removed": [_face(face, then) for face in found.removed],
        "withdrawn": [_face(face, now) for face in found.withdrawn],
        "reinstated": [_face(face, now) for face in found.reinstated],
        "retitled": [
            {**_face(item.face, now), "before": item.before if then else ""}
            for item in found.retitled
        ],
        "reworded": [
            {**_face(item.face, now), "parts": list(item.parts)} for item in found.reworded
        ],
    }


def _face(face: Face, may_ship: bool) -> dict[str, str]:  # noqa: FBT001 - of two catalogs
    return {
        "control_id": face.control_id,
        "label": face.label,
        "title": face.title if may_ship else "",
    }
