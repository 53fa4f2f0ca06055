"""The workflow of a decision:

which state follows which, and who may not do what they did themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from controls.choices import Kind, WorkflowState
from controls.errors import InvalidInputError, SeparationOfDutiesError, TransitionError

S = WorkflowState

TRANSITIONS: Mapping[str, frozenset[str]] = {
    S.PROPOSED: frozenset({S.PROPOSED, S.IN_REVIEW}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.RETURNED, S.PROPOSED}),
    S.RETURNED: frozenset({S.PROPOSED, S.IN_REVIEW}),
    S.APPROVED: frozenset({S.PROPOSED}),
}

CUSTOMER_KINDS = frozenset({Kind.SHARED, Kind.CUSTOMER_SPECIFIC})
"""Kinds in which the customer has a duty, and therefore a team that answers for it."""


def check_transition(*, state: str, to: str) -> None:
    """Raise TransitionError unless a decision in `state` may become `to`."""
    if to not in TRANSITIONS[state]:
        way = ", ".join(sorted(S(token).label.lower() for token in TRANSITIONS[state]))
        raise TransitionError(
            f"This decision is {S(state).label.lower()}; from there it can become: {way}."
        )


def check_maker_is_not_checker(*, makers: frozenset[int], checker: int) -> None:
    """Raise SeparationOfDutiesError when the checker made or handed in what is to be
    checked.
    """
    if checker in makers:
        raise SeparationOfDutiesError(
            "You made or submitted this decision yourself. A second person must review it."
        )


def check_decidable(*, kind: str, derived_kind: str, rationale: str) -> None:
    """Raise InvalidInputError unless the kind may be decided with this rationale.

    A kind that differs from the derived one, and *not applicable*, need a reason;
    *undetermined* is a question, never a decision.
    """
    if kind == Kind.UNDETERMINED or kind not in Kind.values:
        raise InvalidInputError(
            "Decide inherited, shared, customer-specific or not-applicable.", place="kind"
        )
    if kind != derived_kind and not rationale.strip():
        raise InvalidInputError(
            f"SRM derived {Kind(derived_kind).label.lower()}. Give the reason for "
            f"{Kind(kind).label.lower()}.",
            place="rationale",
        )
    if kind == Kind.NOT_APPLICABLE and not rationale.strip():
        raise InvalidInputError("Not applicable needs a reason.", place="rationale")


def check_submittable(*, kind: str, has_owner: bool) -> None:
    """Raise InvalidInputError unless somebody answers for the customer's part."""
    if kind in CUSTOMER_KINDS and not has_owner:
        raise InvalidInputError(
            "Name the team that answers for the customer's part before you submit.",
            place="owner_team",
        )
