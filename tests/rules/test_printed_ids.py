"""Printed ids of controls and what OSCAL calls them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.rules import printed_ids


@pytest.mark.parametrize(
    ("printed", "control_id", "statement_id"),
    [
        ("AC-1(a)", "ac-1", "ac-1_smt.a"),
        ("AC-01 (a)", "ac-1", "ac-1_smt.a"),
        ("AC-02 (01)", "ac-2.1", "ac-2.1_smt"),
        ("AC-02 (07) (a)", "ac-2.7", "ac-2.7_smt.a"),
        ("AC-2(3)(a)", "ac-2.3", "ac-2.3_smt.a"),
        ("AC-03", "ac-3", "ac-3_smt"),
        ("ac-2 (d)(1)", "ac-2", "ac-2_smt.d.1"),
        ("  SI-2 ( 02 )  ", "si-2.2", "si-2.2_smt"),
        ("AC\u201112", "ac-12", "ac-12_smt"),
        ("SC-7\n(4)\n(c)", "sc-7.4", "sc-7.4_smt.c"),
    ],
)
def test_an_id_is_read_however_it_is_spaced(printed, control_id, statement_id):
    named = printed_ids.read(printed)

    assert named is not None
    assert (named.control_id, named.statement_id) == (control_id, statement_id)


@pytest.mark.parametrize(
    "printed",
    ["", "AC", "AC-", "Control ID", "A.5.1", "12.8.5", "AC-2(1)(2)", "AC-2(a", "AC-1234"],
)
def test_what_is_no_such_id_is_none(printed):
    assert printed_ids.read(printed) is None


@given(
    family=st.text(string.ascii_letters, min_size=2, max_size=2),
    number=st.integers(1, 99),
    enhancement=st.none() | st.integers(1, 40),
    letter=st.none() | st.sampled_from(string.ascii_lowercase),
    gap=st.sampled_from(["", " ", "  "]),
    width=st.integers(1, 3),
)
def test_a_printed_id_comes_back(family, number, enhancement, letter, gap, width):
    printed = f"{family}-{number:0{width}d}"
    expected = f"{family.lower()}-{number}"
    if enhancement:
        printed += f"{gap}({enhancement:0{width}d})"
        expected += f".{enhancement}"
    statement = f"{expected}_smt"
    if letter:
        printed += f"{gap}({letter})"
        statement += f".{letter}"

    named = printed_ids.read(printed)

    assert named is not None
    assert (named.control_id, named.statement_id) == (expected, statement)
