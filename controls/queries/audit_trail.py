"""Is the audit trail whole? Recomputes every hash from the first event on."""

from __future__ import annotations

from dataclasses import dataclass

from controls.models import AuditEvent, AuditHead
from controls.rules.hashing import GENESIS, seal


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: how many events, and the first thing that is wrong, if any."""

    events: int
    head: str
    broken_at: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Say whether every event follows from the one before and the head agrees."""
        return self.broken_at is None


def verify() -> Report:
    """Return whether the chain holds. Reads in chunks; finds edits, gaps, swaps,
    insertions, a lost tail.

    What rewrote all later hashes too is found only against a head kept elsewhere.
    """
    head = AuditHead.objects.get(pk=1)
    previous, expected = GENESIS, 1
    for event in AuditEvent.objects.order_by("seq").iterator(chunk_size=2000):
        reason = _fault(event, expected, previous)
        if reason:
            return Report(expected - 1, head.hash, broken_at=event.seq, reason=reason)
        previous, expected = event.hash, expected + 1
    if (head.seq, head.hash) != (expected - 1, previous):
        return Report(
            expected - 1,
            head.hash,
            broken_at=expected,
            reason=f"the trail ends at {expected - 1}, its head says {head.seq}",
        )
    return Report(expected - 1, head.hash)


def _fault(event: AuditEvent, expected: int, previous: str) -> str:
    if event.seq != expected:
        return f"event {expected} is missing"
    if event.previous_hash != previous:
        return "it does not build on the event before"
    if seal(event.content(), previous=previous) != event.hash:
        return "its content is not what was sealed"
    return ""
