"""What a verdict on evidence does to the reviews that it is offered for."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from controls.choices import ReviewOutcome
from controls.models import Review, User
from controls.services import reviews
from controls.services.audit import audited
from evidence.choices import VerdictState
from evidence.models import Evidence, EvidenceLink, EvidenceVersion
from evidence.rules.acceptance import OFFERED


@audited
def complete_proven(
    *, evidence: Evidence, revision: EvidenceVersion, by: User, at: datetime
) -> list[Review]:
    """Complete the open reviews that newly accepted evidence proves; return them.

    Where a review of the same day opened again since, the newer attempt is completed. Each
    is recorded by audit.record().
    """
    linked = _linked(evidence).filter(
        schedule=OuterRef("schedule"), due_on=OuterRef("due_on")
    )
    done_on = revision.activity_until or revision.collected_on
    waiting = _whole(Review.objects.open().filter(Exists(linked)))
    for review in waiting:
        reviews.complete_by_proof(
            review=review,
            done_on=done_on,
            remark=f"Proved by {evidence.reference}, {revision}.",
            by=by,
            at=at,
        )
    return waiting


@audited
def reopen_unproven(
    *, evidence: Evidence, before: str, reason: str, by: User, at: datetime
) -> list[Review]:
    """Open again the reviews that were completed and lost their proof; return them.

    `before` is where the evidence stood. What was accepted is replaced by accepted evidence
    only; what was handed in, by any that is still put forward. A review whose schedule or
    duty has ended stays as it is. Each is recorded by audit.record().
    """
    enough = {VerdictState.ACCEPTED} if before == VerdictState.ACCEPTED else OFFERED
    proof = EvidenceLink.objects.open().filter(
        review=OuterRef("pk"), evidence__latest_verdict__state__in=enough
    )
    later = Review.objects.filter(
        schedule=OuterRef("schedule"),
        due_on=OuterRef("due_on"),
        attempt__gt=OuterRef("attempt"),
    )
    completed = _linked(evidence).filter(
        outcome=ReviewOutcome.SATISFIED,
        schedule__ended_at__isnull=True,
        schedule__duty__ended_at__isnull=True,
    )
    lost = _whole(completed.filter(~Exists(proof), ~Exists(later)))
    for review in lost:
        reviews.reopen(review=review, reason=reason, by=by, at=at)
    return lost


def _linked(evidence: Evidence) -> QuerySet[Review]:
    links = EvidenceLink.objects.open().filter(evidence=evidence, review__isnull=False)
    return Review.objects.filter(pk__in=links.values("review"))


def _whole(rows: QuerySet[Review]) -> list[Review]:
    """Return the reviews with what the services of reviews read of them."""
    related = "schedule__duty__responsibility__system__owner_team"
    return list(rows.select_related(related).order_by("pk"))
