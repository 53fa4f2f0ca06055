"""What hangs on one responsibility at a moment: its duties with their claims and reviews,
and the evidence that is offered for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controls.choices import ClaimStance
from controls.models import Duty, DutyClaim, Responsibility, Review, User
from controls.rules.moments import Moment
from evidence.models import EvidenceLink, EvidenceVerdict


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A duty, who claims and who disputes it, and the review of it that is due next."""

    duty: Duty
    claims: Sequence[DutyClaim]
    disputes: Sequence[DutyClaim]
    next: Review | None


@dataclass(frozen=True, slots=True)
class ProofLine:
    """A piece that is offered, for what, and where it stood."""

    link: EvidenceLink
    state: str


@dataclass(frozen=True, slots=True)
class Around:
    """Duties and proof of one responsibility."""

    duties: Sequence[DutyLine]
    proof: Sequence[ProofLine]


def around(*, responsibility: Responsibility, user: User, moment: Moment) -> Around:
    """Return what hangs on the responsibility, as far as the person sees it. Five queries
    at most.
    """
    on, as_of = moment.on, moment.as_of
    duties = list(
        Duty.objects.visible_to(user)
        .in_force(on=on, as_of=as_of)
        .filter(responsibility=responsibility)
        .order_by("pk")
    )
    return Around(
        duties=_lines(duties, moment) if duties else (),
        proof=_proof(responsibility, user, moment),
    )


def _lines(duties: Sequence[Duty], moment: Moment) -> list[DutyLine]:
    on, as_of = moment.on, moment.as_of
    claims = list(
        DutyClaim.objects.in_force(on=on, as_of=as_of)
        .filter(duty__in=duties)
        .select_related("team")
        .order_by("team__name")
    )
    following: dict[int, Review] = {}
    for review in (
        Review.objects.open_at(on=on, as_of=as_of)
        .filter(schedule__duty__in=duties)
        .select_related("schedule")
        .order_by("due_on", "pk")
    ):
        following.setdefault(review.schedule.duty_id, review)
    said = {stance: [c for c in claims if c.stance == stance] for stance in ClaimStance}
    return [
        DutyLine(
            duty=duty,
            claims=[c for c in said[ClaimStance.CLAIMS] if c.duty_id == duty.pk],
            disputes=[c for c in said[ClaimStance.DISPUTES] if c.duty_id == duty.pk],
            next=following.get(duty.pk),
        )
        for duty in duties
    ]


def _proof(
    responsibility: Responsibility, user: User, moment: Moment
) -> Sequence[ProofLine]:
    links = list(
        EvidenceLink.objects.visible_to(user)
        .believed(as_of=moment.as_of)
        .filter(responsibility=responsibility)
        .select_related("evidence__latest_version", "review__schedule", "duty")
        .order_by("-evidence", "pk")
    )
    if not links:
        return ()
    states = dict(
        EvidenceVerdict.objects.filter(evidence__in={link.evidence_id for link in links})
        .believed(as_of=moment.as_of)
        .values_list("evidence", "state")
    )
    return [ProofLine(link, states.get(link.evidence_id, "")) for link in links]
