"""The workflow of evidence: which state follows which, and who may not judge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from controls.errors import InvalidInputError, SeparationOfDutiesError, TransitionError
from evidence.choices import VerdictState

S = VerdictState

TRANSITIONS: Mapping[str, frozenset[str]] = {
    # To itself: a wrong file is replaced before anybody has judged it.
    S.SUBMITTED: frozenset({S.ACCEPTED, S.REJECTED, S.WITHDRAWN, S.SUBMITTED}),
    S.REJECTED: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.ACCEPTED: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.WITHDRAWN: frozenset(),
}
"""`submitted` is reached by a new revision only."""

OFFERED = frozenset({S.SUBMITTED, S.ACCEPTED})
"""States in which evidence is put forward as proof."""


def check_transition(*, state: str, to: str) -> None:
    """Raise TransitionError unless evidence in `state` may become `to`."""
    if to in TRANSITIONS[state]:
        return
    told = f"This evidence is {S(state).label.lower()}"
    if not TRANSITIONS[state]:
        raise TransitionError(f"{told}: nothing follows. Hand in another piece.")
    way = ", ".join(sorted(S(token).label.lower() for token in TRANSITIONS[state]))
    raise TransitionError(f"{told}; from there it can become: {way}.")


def check_maker_is_not_checker(*, makers: frozenset[int], checker: int) -> None:
    """Raise SeparationOfDutiesError where the checker handed in what is to be judged."""
    if checker in makers:
        raise SeparationOfDutiesError(
            "You handed this evidence in yourself. A second person must judge it."
        )


def check_remark(*, to: str, remark: str) -> None:
    """Raise InvalidInputError where a refusal gives no reason."""
    why = {S.REJECTED: "Say why you reject it.", S.WITHDRAWN: "Say why it is withdrawn."}
    if to in why and not remark.strip():
        raise InvalidInputError(why[S(to)], place="remark")


def check_days(
    *,
    collected_on: date,
    activity_from: date | None,
    activity_until: date | None,
    expires_on: date | None,
    today: date,
) -> None:
    """Raise InvalidInputError, naming the field, unless the days can be true together."""
    if collected_on > today:
        raise InvalidInputError("It cannot be collected after today.", place="collected_on")
    if activity_until and activity_until > today:
        raise InvalidInputError(
            "The work cannot be done after today.", place="activity_until"
        )
    if activity_from and activity_until is None:
        raise InvalidInputError("Say until when, too.", place="activity_until")
    if activity_from and activity_until and activity_until < activity_from:
        raise InvalidInputError(
            "The work cannot end before it began.", place="activity_until"
        )
    if expires_on and expires_on < collected_on:
        raise InvalidInputError(
            "It cannot expire before it was collected.", place="expires_on"
        )
