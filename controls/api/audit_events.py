"""The audit trail, read."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import serializers

from controls.api import filters
from controls.api.base import ReadOnlyViewSet, acting_user
from controls.api.pagination import NewestFirst
from controls.choices import AuditVerb
from controls.models import AuditEvent, System


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
    target_type = filters.CharFilter()
    system = filters.CharFilter(method="of_system", help_text="key of the system")
    actor = filters.UUIDFilter(field_name="actor_uuid")
    verb = filters.ChoiceFilter(choices=AuditVerb.choices)

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def of_system(
        self, rows: QuerySet[AuditEvent], _name: str, key: str
    ) -> QuerySet[AuditEvent]:
        """Return the events about one system; none where it may not be seen."""
        systems = System.objects.visible_to(acting_user(self.request)).filter(key=key)
        return rows.filter(system_uuid__in=systems.values("uuid"))


class AuditEventViewSet(ReadOnlyViewSet[AuditEvent]):
    """Who did what, when, on what; newest first."""

    model = AuditEvent
    serializer_class = AuditEventSerializer
    lookup_field = "uuid"
    filterset_class = AuditEventFilter
    pagination_class = NewestFirst
