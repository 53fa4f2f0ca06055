"""Artifacts: the files of evidence, by their hash."""

from __future__ import annotations

from controls.api import filters
from controls.api.base import ReadOnlyViewSet
from controls.api.pagination import NewestFirst
from evidence.api.shapes import ArtifactSerializer
from evidence.models import Artifact


class ArtifactFilter(filters.FilterSet):
    """Filters of artifacts."""

    sha256 = filters.CharFilter()

    class Meta:
        model = Artifact
        fields: list[str] = []


class ArtifactViewSet(ReadOnlyViewSet[Artifact]):
    """Files of the evidence that one may see. They are downloaded with the evidence."""

    model = Artifact
    serializer_class = ArtifactSerializer
    lookup_field = "uuid"
    filterset_class = ArtifactFilter
    pagination_class = NewestFirst
