"""Completing a review with the evidence that shows it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from controls.choices import ReviewOutcome
from controls.errors import InvalidInputError, NotFoundError
from controls.models import Review, User
from controls.services import reviews
from controls.services.audit import audited
from evidence.models import Evidence, EvidenceLink
from evidence.rules.acceptance import OFFERED
from evidence.services import linking


@dataclass(frozen=True, slots=True)
class Done:
    """What a review found, and what shows it. `done_on` empty: today."""

    outcome: str
    done_on: date | None = None
    remark: str = ""
    proof: Sequence[Evidence] = ()


@audited
def complete(
    *, review: Review, version: int, done: Done, by: User, at: datetime
) -> Review | None:
    """Close a review, offering evidence for it; return the next one, None where none opens.

    *Satisfied* needs at least one piece that is handed in or accepted, named here or linked
    before; *not satisfied* needs a remark. Each is recorded by audit.record().

    Raises NotAllowedError, StaleVersionError, NotFoundError for evidence that the person
    may not see, ConflictError where the review is closed, and InvalidInputError.
    """
    # First, since it asks who may; what fails below takes it back.
    opened = reviews.complete(
        review=review,
        version=version,
        outcome=done.outcome,
        done_on=done.done_on,
        remark=done.remark,
        by=by,
        at=at,
    )
    for piece in _offered(done.proof, by):
        linking.attach(evidence=piece, targets=[review], by=by, at=at)
    if done.outcome == ReviewOutcome.SATISFIED and not _has_proof(review):
        raise InvalidInputError(
            "Name the evidence that shows it: a piece that is handed in or accepted.",
            place="evidence",
        )
    return opened


def _offered(proof: Sequence[Evidence], by: User) -> list[Evidence]:
    named = {piece.pk for piece in proof}
    visible = Evidence.objects.visible_to(by).filter(pk__in=named)
    found = list(visible.select_related("latest_verdict", "latest_version").order_by("pk"))
    if len(found) < len(named):
        raise NotFoundError("There is nothing here that you may see.")
    for piece in found:
        if piece.latest_verdict is None or piece.latest_verdict.state not in OFFERED:
            raise InvalidInputError(
                f"{piece.reference} is not put forward any more: name another piece.",
                place="evidence",
            )
    return found


def _has_proof(review: Review) -> bool:
    links = EvidenceLink.objects.open().filter(review=review)
    return links.filter(evidence__latest_verdict__state__in=OFFERED).exists()
