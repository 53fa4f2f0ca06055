"""The workflow, every pair of states."""

import itertools

import pytest

from controls.choices import Kind, WorkflowState
from controls.errors import InvalidInputError, SeparationOfDutiesError, TransitionError
from controls.rules import transitions

ALLOWED = {
    ("proposed", "proposed"),
    ("proposed", "in-review"),
    ("in-review", "approved"),
    ("in-review", "returned"),
    ("in-review", "proposed"),
    ("returned", "proposed"),
    ("returned", "in-review"),
    ("approved", "proposed"),
}


@pytest.mark.parametrize(
    "pair", list(itertools.product(WorkflowState.values, repeat=2)), ids="-".join
)
def test_a_decision_goes_only_the_ways_of_the_table(pair):
    state, to = pair
    if pair in ALLOWED:
        transitions.check_transition(state=state, to=to)
    else:
        with pytest.raises(TransitionError, match="can become"):
            transitions.check_transition(state=state, to=to)


def test_a_maker_is_not_a_checker():
    transitions.check_maker_is_not_checker(makers=frozenset({1, 2}), checker=3)

    with pytest.raises(SeparationOfDutiesError, match="second person"):
        transitions.check_maker_is_not_checker(makers=frozenset({1, 2}), checker=2)


@pytest.mark.parametrize(
    ("kind", "derived", "rationale", "place"),
    [
        (Kind.UNDETERMINED, Kind.UNDETERMINED, "why not", "kind"),
        ("nonsense", Kind.SHARED, "why not", "kind"),
        (Kind.INHERITED, Kind.SHARED, " ", "rationale"),
        (Kind.NOT_APPLICABLE, Kind.NOT_APPLICABLE, "", "rationale"),
    ],
)
def test_a_kind_that_needs_a_reason_is_refused_without(kind, derived, rationale, place):
    with pytest.raises(InvalidInputError) as refused:
        transitions.check_decidable(kind=kind, derived_kind=derived, rationale=rationale)

    assert refused.value.place == place


def test_the_derived_kind_needs_no_reason_and_another_one_does():
    transitions.check_decidable(kind=Kind.SHARED, derived_kind=Kind.SHARED, rationale="")
    transitions.check_decidable(
        kind=Kind.SHARED, derived_kind=Kind.INHERITED, rationale="MSP"
    )


def test_a_customers_part_needs_an_owner_before_review():
    transitions.check_submittable(kind=Kind.INHERITED, has_owner=False)
    transitions.check_submittable(kind=Kind.SHARED, has_owner=True)

    with pytest.raises(InvalidInputError, match="team"):
        transitions.check_submittable(kind=Kind.CUSTOMER_SPECIFIC, has_owner=False)
