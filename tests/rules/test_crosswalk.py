"""Ways through mappings, how sure they are, and where mappings contradict one another."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.choices import MappingGrade, MappingRelation
from controls.rules.crosswalk import (
    Graph,
    Pair,
    Way,
    clashes,
    grade_of,
    inverse,
    strongest,
    trace,
    weakest,
)
from controls.rules.explanation import Names, sentences

A, B, C, D = (("one", "a"), ("two", "b"), ("three", "c"), ("four", "d"))
NODES = st.sampled_from([A, B, C, D, ("one", "e"), ("two", "f")])
GRADES = st.sampled_from(MappingGrade.values)
EDGES = st.lists(st.tuples(NODES, NODES, GRADES).filter(lambda edge: edge[0] != edge[1]))


def name(node):
    return node[1].upper()


def pair(source, target, relation, grade="D", place="row 2"):
    return Pair(source, target, relation, grade, place)


def told(pairs, known=()):
    return [f"{clash.place}: {clash.why}" for clash in clashes(pairs, known, told=name)]


def test_grades_are_ordered_by_how_sure_they_are():
    assert weakest(["D", "E", "W"]) == "E"
    assert strongest(["E", "W"]) == "W"


def test_only_containment_is_turned_by_looking_from_the_other_end():
    turned = {relation: inverse(relation) for relation in MappingRelation.values}

    assert turned["subset-of"] == "superset-of"
    assert turned["superset-of"] == "subset-of"
    assert all(inverse(other) == relation for relation, other in turned.items())


def test_mappings_are_walked_in_both_directions():
    graph = Graph.of([(A, B, "D")])

    assert graph.nearest(A, {B}.__contains__) == [Way((B,), "D")]
    assert graph.nearest(B, {A}.__contains__) == [Way((A,), "D")]


def test_the_nearest_ends_count_and_no_farther_ones():
    graph = Graph.of([(A, B, "E"), (A, C, "D"), (C, D, "D")])

    assert graph.nearest(A, {B, D}.__contains__) == [Way((B,), "E")]
    assert set(graph.reached(A, {B, D}, longest=2)) == {B, D}


def test_two_controls_that_map_to_the_same_third_one_are_weakly_related_at_best():
    graph = Graph.of([(A, B, "D"), (B, C, "D"), (A, D, "E"), (D, C, "D")])

    assert graph.reached(A, {C}, longest=2) == {C: Way((B, C), "W")}
    assert Graph.of([(A, B, "E"), (B, C, "D")]).reached(A, {C}, longest=2)[C].grade == "E"


def test_a_way_is_not_longer_than_asked():
    graph = Graph.of([(A, B, "D"), (B, C, "D"), (C, D, "D")])

    assert graph.reached(A, {D}, longest=2) == {}
    assert graph.nearest(A, {D}.__contains__)[0].nodes == (B, C, D)


def test_a_pair_that_is_told_twice_counts_by_its_surest_grade():
    assert Graph.of([(A, B, "E"), (B, A, "D")]).nearest(A, {B}.__contains__) == [
        Way((B,), "D")
    ]


@given(EDGES, st.randoms())
def test_ways_do_not_depend_on_the_order_of_the_mappings(edges, chance):
    shuffled = list(edges)
    chance.shuffle(shuffled)

    for start in (A, B, C):
        one = Graph.of(edges).nearest(start, {D}.__contains__)
        other = Graph.of(shuffled).nearest(start, {D}.__contains__)

        assert one == other


@given(EDGES, st.tuples(NODES, NODES).filter(lambda pair: pair[0] != pair[1]))
def test_another_mapping_never_takes_an_end_away(edges, added):
    before = Graph.of(edges).reached(A, {B, C, D}, longest=3)
    after = Graph.of([*edges, (*added, "D")]).reached(A, {B, C, D}, longest=3)

    assert before.keys() <= after.keys()


@given(EDGES)
def test_a_way_leads_over_mappings_that_are_there_and_is_as_sure_as_the_least(edges):
    known = {frozenset(edge[:2]) for edge in edges}

    for way in Graph.of(edges).reached(A, {B, C, D}, longest=3).values():
        steps = [A, *way.nodes]
        assert all(frozenset(step) in known for step in itertools.pairwise(steps))
        assert len(set(steps)) == len(steps)
        if len(way.nodes) > 1:
            assert way.grade != "D"


def test_layers_are_the_union_over_the_ways_those_of_surer_ways_first():
    ways = [Way((A,), "E"), Way((B,), "D"), Way((C,), "D")]

    found = trace(ways, {A: ["iam", "app"], B: ["app"], C: ["engine"]})

    assert found.layers == ("app", "engine", "iam")
    assert found.ways["app"] == (ways[1], ways[0])


def test_an_explanation_is_as_sure_as_its_least_sure_layer():
    assert grade_of([{"grade": "D"}, {"grade": "W"}, {"layer": "x"}]) == "W"
    assert grade_of([{"layer": "x"}]) == ""


def test_the_way_is_told_as_a_sentence_the_surest_first_with_its_grade():
    rows = [
        {
            "layer": "app",
            "value": "customer",
            "basis": "layer",
            "grade": "D",
            "through": [
                {"labels": ["SA-22"], "grade": "E", "catalog": "x"},
                {"labels": ["A.5.1", "AC-1"], "grade": "W", "catalog": "x"},
                *({"labels": [f"RA-{n}"], "grade": "D", "catalog": "x"} for n in range(8)),
            ],
        }
    ]

    assert sentences("customer-specific", rows, names=Names("AWS", {}))[-1] == (
        "Read through the crosswalk from RA-0, RA-1, RA-2, RA-3, RA-4, RA-5 and 2 more "
        "(published); A.5.1 \N{RIGHTWARDS ARROW} AC-1 (weak); SA-22 (editorial). "
        "Grade: published."
    )


def test_mappings_that_agree_from_both_ends_do_not_clash():
    pairs = [
        pair(A, B, "subset-of"),
        pair(B, A, "superset-of"),
        pair(B, C, "equal-to"),
        pair(C, D, "intersects-with"),
        pair(A, D, "no-relationship"),
    ]

    assert told(pairs) == []


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (pair(A, B, "superset-of", place="row 9"), "row 9: A is superset of (published)"),
        (pair(B, A, "subset-of", place="row 9"), "row 9: B is subset of (published)"),
        (pair(A, B, "subset-of", "E", "row 9"), "row 9: A is subset of (editorial)"),
        (pair(A, B, "no-relationship", place="row 9"), "row 9: A is no relationship"),
    ],
)
def test_a_pair_that_is_told_differently_is_named_with_both_places(again, said):
    (only,) = told([pair(A, B, "subset-of"), again])

    assert only.startswith(said)
    assert "at row 2" in only


def test_subsets_that_go_in_a_circle_are_named():
    pairs = [
        pair(A, B, "subset-of"),
        pair(C, B, "superset-of", place="row 3"),
        pair(C, A, "subset-of", place="row 4"),
    ]

    (only,) = told(pairs)

    assert only == "row 2: subsets go in a circle: A within B within C within A."


def test_a_circle_is_found_through_equal_controls_and_through_what_is_known():
    (only,) = told([pair(A, B, "equal-to")], [pair(B, A, "subset-of", place="")])

    assert "subsets go in a circle: B within B" in only


def test_no_relationship_between_what_others_make_equal_is_named():
    (only,) = told(
        [
            pair(A, B, "equal-to"),
            pair(B, C, "equivalent-to"),
            pair(A, C, "no-relationship", place="row 4"),
        ]
    )

    assert only.startswith("row 4: A and C have no relationship here")


def test_a_long_chain_of_subsets_is_no_circle():
    chain = [("x", f"{number:05}") for number in range(5000)]
    pairs = [pair(one, other, "subset-of") for one, other in itertools.pairwise(chain)]

    assert told(pairs) == []
