"""Who is reminded of what: rows that are unique, grouped into messages that are sent.

The database is the queue. A row is made in the transaction that sees it due; losing or
doubling any message of the broker changes nothing.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from controls.choices import (
    MessageState,
    ReminderChannel,
    ReminderState,
    ReminderSubject,
)
from controls.models.constraints import one_of
from controls.models.people import Team, User


class MessageQuerySet(models.QuerySet["Message"]):
    """Questions about messages."""

    def visible_to(self, user: User) -> MessageQuerySet:
        """All for administrators and the GRC lead; else one's own."""
        return self if user.sees_everything() else self.filter(recipient=user)

    def claimable(self, *, at: datetime) -> MessageQuerySet:
        """Messages that wait for a sender: queued and due, or left by a sender whose lease
        ended.
        """
        waiting = Q(state=MessageState.QUEUED, next_attempt_at__lte=at)
        left = Q(state=MessageState.SENDING, lease_until__lte=at)
        return self.filter(waiting | left)


MessageManager = models.Manager.from_queryset(MessageQuerySet)


class Message(models.Model):
    """What one person is sent at once: a digest a day, or one that broke out of it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="messages")
    channel = models.CharField(max_length=10, choices=ReminderChannel.choices)
    digest_key = models.CharField(max_length=60)
    """The recipient's day, `2026-03-02`; or what made it break out of the digest."""
    state = models.CharField(
        max_length=10, choices=MessageState.choices, default=MessageState.QUEUED
    )
    header_id = models.CharField(max_length=200, blank=True)
    """The Message-ID: it follows from the key, so that a second copy can be told as one."""
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = MessageManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "channel", "digest_key"], name="message_once"
            ),
            one_of("message", "state", MessageState),
            one_of("message", "channel", ReminderChannel),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | (~Q(state=MessageState.SENT) & Q(sent_at__isnull=True)),
                name="message_sent_at_when_sent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=[MessageState.QUEUED, MessageState.SENDING]),
                name="message_to_send",  # asked by every sweep
            ),
        ]

    def __str__(self) -> str:
        return f"Digest of {self.digest_key}"


class ReminderQuerySet(models.QuerySet["Reminder"]):
    """Questions about reminders."""

    def visible_to(self, user: User) -> ReminderQuerySet:
        """All for administrators and the GRC lead; else one's own; of one who acts for one
        team, those about it.
        """
        if user.sees_everything():
            return self
        own = self.filter(recipient=user)
        return own if user.only_team is None else own.filter(team=user.only_team)


ReminderManager = models.Manager.from_queryset(ReminderQuerySet)


class Reminder(models.Model):
    """That a person is told about one occurrence, at one stage, by one channel: once.

    The key has no foreign key, so that whatever is due can be a subject.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject_type = models.CharField(max_length=20, choices=ReminderSubject.choices)
    subject_uuid = models.UUIDField()
    occurrence = models.CharField(max_length=40)
    stage = models.CharField(max_length=20)
    """`lead-7`, `due`, `overdue-14`, `escalation-14` (controls.rules.stages)."""
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reminders")
    channel = models.CharField(max_length=10, choices=ReminderChannel.choices)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="reminders"
    )
    """The team for which the person is told."""
    stage_on = models.DateField()
    """The day on which the stage began: what was made later is late."""
    state = models.CharField(
        max_length=10, choices=ReminderState.choices, default=ReminderState.QUEUED
    )
    why_dropped = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.PROTECT, related_name="reminders"
    )

    objects = ReminderManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "subject_type",
                    "subject_uuid",
                    "occurrence",
                    "stage",
                    "recipient",
                    "channel",
                ],
                name="reminder_once",
            ),
            one_of("reminder", "subject_type", ReminderSubject),
            one_of("reminder", "channel", ReminderChannel),
            one_of("reminder", "state", ReminderState),
            models.CheckConstraint(
                condition=Q(state=ReminderState.SENT, sent_at__isnull=False)
                | (~Q(state=ReminderState.SENT) & Q(sent_at__isnull=True)),
                name="reminder_sent_at_when_sent",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="reminder_of_person"),
            models.Index(
                fields=["id"],
                condition=Q(state=ReminderState.QUEUED),
                name="reminder_queued",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.stage}"
