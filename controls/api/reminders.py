"""Reminders: who was told of what, when, and by which message."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import serializers

from controls.api import filters
from controls.api.base import ReadOnlyViewSet
from controls.api.pagination import NewestFirst
from controls.choices import MessageState, ReminderChannel, ReminderState
from controls.models import Message, Reminder


class MessageSerializer(serializers.ModelSerializer[Message]):
    """The mail that a reminder goes with."""

    class Meta:
        model = Message
        fields = [
            "uuid",
            "digest_key",
            "state",
            "header_id",
            "subject",
            "attempts",
            "next_attempt_at",
            "last_error",
            "sent_at",
        ]


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """A reminder; `stage_on` before the day of `created_at`: it was made late."""

    recipient = serializers.UUIDField(source="recipient.uuid")
    team = serializers.CharField(source="team.key", default=None)
    message = MessageSerializer(allow_null=True)

    class Meta:
        model = Reminder
        fields = [
            "uuid",
            "subject_type",
            "subject_uuid",
            "occurrence",
            "stage",
            "stage_on",
            "recipient",
            "team",
            "channel",
            "state",
            "why_dropped",
            "created_at",
            "sent_at",
            "message",
        ]


class ReminderFilter(filters.FilterSet):
    """Filters of reminders."""

    state = filters.ChoiceFilter(choices=ReminderState.choices)
    channel = filters.ChoiceFilter(choices=ReminderChannel.choices)
    subject = filters.UUIDFilter(field_name="subject_uuid")
    recipient = filters.UUIDFilter(field_name="recipient__uuid")
    team = filters.CharFilter(field_name="team__key")
    message_state = filters.ChoiceFilter(
        field_name="message__state", choices=MessageState.choices
    )

    class Meta:
        model = Reminder
        fields: list[str] = []


class ReminderViewSet(ReadOnlyViewSet[Reminder]):
    """One's own reminders, newest first; all for administrators and the GRC lead."""

    model = Reminder
    serializer_class = ReminderSerializer
    lookup_field = "uuid"
    filterset_class = ReminderFilter
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Reminder]:
        """Return the reminders with what an answer shows."""
        return self.visible().select_related("recipient", "team", "message")
