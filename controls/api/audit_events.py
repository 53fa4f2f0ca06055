"""The audit trail, read."""

from __future__ import annotations

from django_filters import rest_framework as filters
from rest_framework import serializers

from controls.api.base import ReadOnlyViewSet
from controls.api.pagination import NewestFirst
from controls.models import AuditEvent


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    """One past fact."""

    class Meta:
        model = AuditEvent
        fields = [
            "seq",
            "uuid",
            "at",
            "actor_uuid",
            "verb",
            "target_type",
            "target_uuid",
            "target_label",
            "system_uuid",
            "team_uuid",
            "before",
            "after",
            "request_id",
            "previous_hash",
            "hash",
        ]


class AuditEventFilter(filters.FilterSet):
    """Filters of audit events."""

    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")
    target = filters.UUIDFilter(field_name="target_uuid")
    system = filters.UUIDFilter(field_name="system_uuid")
    actor = filters.UUIDFilter(field_name="actor_uuid")

    class Meta:
        model = AuditEvent
        fields = ["verb", "target_type"]


class AuditEventViewSet(ReadOnlyViewSet[AuditEvent]):
    """Who did what, when, on what; newest first."""

    model = AuditEvent
    serializer_class = AuditEventSerializer
    lookup_field = "uuid"
    filterset_class = AuditEventFilter
    pagination_class = NewestFirst
