"""Statements: what they are called, and whose answer holds for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.rules.parts import governing, is_whole, printed

TREE = {
    "ac-2_smt": None,
    "ac-2_smt.a": "ac-2_smt",
    "ac-2_smt.d": "ac-2_smt",
    "ac-2_smt.d.1": "ac-2_smt.d",
    "ac-2_smt.d.2": "ac-2_smt.d",
}


@st.composite
def trees(draw):
    """Statements of which each but the first stands in one before it, or in none."""
    size = draw(st.integers(1, 12))
    parents: dict[str, str | None] = {"s0": None}
    for number in range(1, size):
        above = draw(st.none() | st.integers(0, number - 1))
        parents[f"s{number}"] = None if above is None else f"s{above}"
    apart = draw(st.sets(st.sampled_from(sorted(parents))))
    return parents, apart


@pytest.mark.parametrize(
    ("part_id", "told"),
    [
        ("ac-2_smt.d.1", "d.1."),
        ("ac-2.1_smt.a", "a."),
        ("ac-2_smt", "ac-2_smt"),
        ("GOVERN-1", "GOVERN-1"),
    ],
)
def test_a_statement_is_printed_as_its_tail(part_id, told):
    assert printed(part_id) == told


def test_only_the_outermost_statement_is_all_of_the_control():
    assert [one for one in TREE if is_whole(one)] == ["ac-2_smt"]


def test_without_any_apart_the_control_holds_for_all():
    assert set(governing(TREE, apart=()).values()) == {""}


def test_what_is_apart_holds_for_the_items_within_it():
    found = governing(TREE, apart={"ac-2_smt.d"})

    assert found == {
        "ac-2_smt": "",
        "ac-2_smt.a": "",
        "ac-2_smt.d": "ac-2_smt.d",
        "ac-2_smt.d.1": "ac-2_smt.d",
        "ac-2_smt.d.2": "ac-2_smt.d",
    }


def test_the_nearest_holds():
    found = governing(TREE, apart={"ac-2_smt.d", "ac-2_smt.d.2"})

    assert found["ac-2_smt.d.1"] == "ac-2_smt.d"
    assert found["ac-2_smt.d.2"] == "ac-2_smt.d.2"


def test_statements_that_stand_in_each_other_are_an_error():
    with pytest.raises(ValueError, match="stands in itself"):
        governing({"a": "b", "b": "a"}, apart=())


@given(trees())
def test_every_statement_has_one_answer_and_agrees_with_what_it_stands_in(drawn):
    parents, apart = drawn

    found = governing(parents, apart=apart)

    assert set(found) == set(parents)
    for statement, above in parents.items():
        if statement in apart:
            assert found[statement] == statement
        else:
            assert found[statement] == (found[above] if above else "")


@given(trees())
def test_the_order_of_the_statements_makes_no_difference(drawn):
    parents, apart = drawn
    turned = dict(reversed(parents.items()))

    assert governing(turned, apart=apart) == governing(parents, apart=apart)
