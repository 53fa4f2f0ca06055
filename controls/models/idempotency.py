"""Answers kept for clients that repeat a create because they never saw the first answer."""

from __future__ import annotations

from django.db import models

from controls.models.people import User


class IdempotencyRecord(models.Model):
    """What was answered to a key of one person.

    The same body gets the same answer; another, a conflict.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=100)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], name="idempotencyrecord_key_of_user"
            ),
        ]

    def __str__(self) -> str:
        return self.key
