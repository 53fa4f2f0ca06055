"""Parameters in a text, readable, with what profiles set."""

import pytest

from controls.rules import parameters
from controls.rules.parameters import readable

PARAMS = {
    "p1": parameters.assignment("frequency"),
    "p2": parameters.selection(["weekly", "every {{ insert: param, p1 }}"], several=True),
    "p3": "12 months",
    "p4": parameters.gathering(parameters.assignment("personnel"), ["p4.a", "p4.b"]),
    "old": parameters.alias("p1"),
    "loop": "again {{ insert: param, loop }}",
}


def read(prose, **settings):
    return readable(prose, PARAMS, settings)


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("p1", "[Assignment: organization-defined frequency]"),
        (
            "p2",
            "[Selection (one or more): weekly; every "
            "[Assignment: organization-defined frequency]]",
        ),
        ("p3", "[12 months]"),
        ("p4", "[Assignment: organization-defined personnel]"),
        ("old", "[Assignment: organization-defined frequency]"),
        ("nowhere", "[nowhere]"),
        ("loop", "[again [loop]]"),
    ],
)
def test_a_parameter_reads_as_what_it_stands_for(parameter, said):
    assert read(f"Do it {{{{ insert: param, {parameter} }}}} .") == f"Do it {said}."


@pytest.mark.parametrize("label", ["organization-defined events", "organisational rules"])
def test_a_label_that_says_whose_it_is_stays(label):
    assert parameters.assignment(label) == f"Assignment: {label}"


def test_a_value_stands_in_place_of_the_parameter_and_within_others():
    text = "{{ insert: param, p1 }} or {{ insert: param, p2 }}"

    assert read(text, p1={"values": ["daily"]}) == (
        "[daily] or [Selection (one or more): weekly; every [daily]]"
    )


def test_a_constraint_stands_beside_the_parameter():
    assert read("{{ insert: param, p1 }}", p1={"constraints": ["at least annually"]}) == (
        "[Assignment: organization-defined frequency: at least annually]"
    )


def test_another_label_stands_in_place_of_the_first():
    assert read("{{ insert: param, p1 }}", p1={"label": "cycle"}) == (
        "[Assignment: organization-defined cycle]"
    )


def test_what_is_set_for_parts_stands_beside_what_gathers_them():
    settings = {"p4.a": {"values": ["the CISO"]}, "p4.b": {"constraints": ["all users"]}}

    assert readable("{{ insert: param, p4 }}", PARAMS, settings) == (
        "[Assignment: organization-defined personnel: the CISO; all users]"
    )


def test_what_is_set_for_an_older_id_is_set_for_the_newer():
    settings = parameters.unaliased({"old": {"values": ["daily"]}}, PARAMS)

    assert readable("{{ insert: param, p1 }}", PARAMS, settings) == "[daily]"


def test_two_profiles_that_set_a_parameter_differently_are_both_shown():
    both = parameters.merged(
        [{"p1": {"values": ["daily"], "label": "x"}}, {"p1": {"values": ["weekly"]}}, {}]
    )

    assert both == {"p1": {"values": ["daily", "weekly"], "label": "x"}}


def test_of_a_profile_and_the_one_it_stands_on_the_last_wins():
    assert parameters.overlaid([{"a": {"values": ["1"]}}, {"a": {"values": ["2"]}}]) == {
        "a": {"values": ["2"]}
    }


def test_a_text_that_doubles_itself_stops_soon():
    bomb = {f"b{n}": f"{{{{ insert: param, b{n + 1} }}}} " * 8 + "x" for n in range(40)}

    assert len(readable("{{ insert: param, b0 }}", bomb, {})) < 20_000
