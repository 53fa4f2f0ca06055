"""The audit trail: one past fact a row, each sealed by the hash of the one before."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from controls.choices import AuditVerb, OrganizationRoleName
from controls.models.append_only import AppendOnlyQuerySet
from controls.models.people import OrganizationRole, Team, User
from controls.models.systems import System
from controls.rules.hashing import stamp


class AuditEventQuerySet(AppendOnlyQuerySet["AuditEvent"]):
    """Questions about audit events."""

    def visible_to(self, user: User) -> AuditEventQuerySet:
        """All for administrators and the GRC lead; else those of visible systems and of
        one's teams.
        """
        if user.sees_everything():
            return self
        systems = System.objects.visible_to(user).values("uuid")
        scope = Q(system_uuid__in=systems)
        auditor = OrganizationRole.objects.held_by(user).filter(
            role=OrganizationRoleName.AUDITOR
        )
        if not auditor.exists():
            scope |= Q(
                team_uuid__in=Team.objects.visible_to(user).values("uuid"),
                system_uuid__isnull=True,
            )
        return self.filter(scope)


AuditEventManager = models.Manager.from_queryset(AuditEventQuerySet)


class AuditEvent(models.Model):
    """Who did what to which object, when, and how it looked before and after. Append-only.

    No foreign keys: the record must outlive its subject and never stand in the way of live
    data. People are named by uuid, so that a deletion duty never breaks the chain.
    """

    seq = models.BigIntegerField(primary_key=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    actor_uuid = models.UUIDField()
    verb = models.CharField(max_length=40, choices=AuditVerb.choices)
    target_type = models.CharField(max_length=40)
    target_uuid = models.UUIDField()
    target_label = models.CharField(max_length=200, blank=True)
    system_uuid = models.UUIDField(null=True, blank=True)
    team_uuid = models.UUIDField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = AuditEventManager()

    class Meta:
        indexes = [
            models.Index(fields=["target_uuid", "-seq"], name="auditevent_target"),
            models.Index(fields=["system_uuid", "-seq"], name="auditevent_system"),
            models.Index(fields=["actor_uuid", "-seq"], name="auditevent_actor"),
            # What happened since a moment, and as of one.
            models.Index(fields=["at"], name="auditevent_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.verb} {self.target_label}".strip()

    def content(self) -> dict[str, Any]:
        """Return what the hash covers, but for the hash before it."""
        return {
            "seq": self.seq,
            "uuid": str(self.uuid),
            "at": stamp(self.at),
            "actor": str(self.actor_uuid),
            "verb": self.verb,
            "target_type": self.target_type,
            "target": str(self.target_uuid),
            "target_label": self.target_label,
            "system": str(self.system_uuid) if self.system_uuid else None,
            "team": str(self.team_uuid) if self.team_uuid else None,
            "before": self.before,
            "after": self.after,
            "request_id": self.request_id,
        }


class AuditHead(models.Model):
    """The one row that every writer locks, for the next number and the hash to build on."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audithead_only_one")]

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"
