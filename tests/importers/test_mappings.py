"""Reading crosswalks, OSCAL and tables: what they give, and how bad ones are refused."""

import io
import json

import jsonschema_rs
import pytest

from controls.errors import InvalidFileError, InvalidInputError
from controls.importers.oscal_mappings import parse_mappings, relation_of_each
from controls.importers.tabular_mappings import parse_table
from tests.importers.documents import as_bytes
from tests.importers.oscal_documents import a_map, a_mapping
from tests.importers.test_oscal_profiles import DATA
from tests.importers.workbooks import a_workbook

SCHEMA = DATA / "oscal-schemas-1.2.1" / "oscal_mapping_schema.json"
HEADER = ["source catalog", "source id", "relation", "target catalog", "target id", "grade"]


def oscal(document):
    return parse_mappings(io.BytesIO(as_bytes(document)), name="m.json")


def csv(*rows):
    text = "\n".join(",".join(row) for row in (HEADER, *rows))
    return parse_table(io.BytesIO(text.encode()), name="m.csv")


def told(found):
    return [
        (p.source.printed_id, p.relation, p.target.printed_id, p.grade) for p in found.pairs
    ]


def refusal(call, *args):
    with pytest.raises(InvalidInputError) as caught:
        call(*args)
    return caught.value


@pytest.mark.skipif(not SCHEMA.is_file(), reason="NIST's schemas are not here")
@pytest.mark.parametrize(
    "document",
    [a_mapping(), a_mapping(a_map(["a-1_smt.a"], ["b-1", "b-2"], "superset-of"))],
    ids=["one", "several"],
)
def test_our_small_collections_are_some_by_the_official_schema(document):
    validator = jsonschema_rs.Draft7Validator(json.loads(SCHEMA.read_text()))

    assert list(validator.iter_errors(document)) == []


def test_a_collection_gives_pairs_with_relation_and_grade():
    found = oscal(a_mapping())

    assert found.title == "One to two"
    assert told(found) == [("a-1", "equal-to", "b-1", "D")]
    assert found.pairs[0].source.catalog.words == ("one.json",)
    assert found.pairs[0].target.place == (
        "m.json: mapping-collection.mappings[0].maps[0].targets[0].id-ref"
    )


def test_statements_are_marked():
    (pair,) = oscal(a_mapping(a_map(["a-1_smt.a"], ["b-1"]))).pairs

    assert (pair.source.is_statement, pair.target.is_statement) == (True, False)


@pytest.mark.parametrize(
    ("relation", "sources", "targets", "each"),
    [
        ("equal-to", 1, 1, "equal-to"),
        ("equal-to", 2, 1, "subset-of"),
        ("equivalent-to", 1, 2, "superset-of"),
        ("equal-to", 2, 2, "intersects-with"),
        ("subset-of", 2, 1, "subset-of"),
        ("subset-of", 1, 2, "intersects-with"),
        ("superset-of", 1, 2, "superset-of"),
        ("superset-of", 2, 1, "intersects-with"),
        ("intersects-with", 3, 3, "intersects-with"),
        ("no-relationship", 3, 3, "no-relationship"),
    ],
)
def test_what_sets_have_in_common_says_what_each_pair_has(relation, sources, targets, each):
    assert relation_of_each(relation, sources=sources, targets=targets) == each


def test_sets_are_mapped_each_to_each():
    found = oscal(a_mapping(a_map(["a-1", "a-2"], ["b-1", "b-2"], "intersects-with")))

    assert [(s, t) for s, _, t, _ in told(found)] == [
        *(("a-1", "b-1"), ("a-1", "b-2"), ("a-2", "b-1"), ("a-2", "b-2"))
    ]


@pytest.mark.parametrize(
    ("more", "grade"),
    [
        ({}, "D"),
        ({"method": "automation"}, "E"),
        ({"confidence-score": {"category": "weak"}}, "W"),
        ({"confidence-score": {"category": "sure"}, "method": "automation"}, "E"),
        ({"confidence-score": {"percentage": 0.2}}, "D"),
    ],
)
def test_a_grade_is_what_the_collection_says_of_itself(more, grade):
    assert told(oscal(a_mapping(**more)))[0][3] == grade


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"catalog": {}}, "is not an OSCAL mapping collection: it holds catalog"),
        (a_mapping(a_map(["a"], ["b"], "alike")), "relationship: 'alike' is not known"),
        (a_mapping(a_map([], ["b"])), "maps[0].sources: is missing"),
        (a_mapping(a_map(["a" * 9] * 500, ["b"] * 500)), "maps more than 200,000 pairs"),
        (a_mapping(maps=[]), "mappings: map nothing"),
    ],
    ids=["catalog", "relation", "no source", "many", "nothing"],
)
def test_what_is_wrong_with_a_collection_is_named_with_its_place(document, said):
    assert said in refusal(oscal, document).message


def test_a_table_gives_pairs_whatever_the_spelling():
    found = csv(
        ["one", "A-1", "Equal to", "two", "B.1", "D"],
        ["one", "A-2", "subset-of", "two", "B.1", "Weak"],
        ["one", "A-3", "", "two", "B.1", ""],
    )

    assert told(found) == [
        ("A-1", "equal-to", "B.1", "D"),
        ("A-2", "subset-of", "B.1", "W"),
        ("A-3", "intersects-with", "B.1", "E"),
    ]
    assert found.pairs[1].place == "m.csv, row 3"


def test_a_workbook_serves_as_well():
    raw = a_workbook({"Map": [HEADER, ["one", "A-1", "equal", "two", "B.1", "D"]]})

    found = parse_table(io.BytesIO(raw), name="m.xlsx")

    assert found.pairs[0].source.place == "m.xlsx, sheet 'Map', row 2, column B"


def test_bad_rows_are_named_with_their_columns_all_at_once():
    error = refusal(
        csv,
        ["one", "", "equal-to", "two", "b-1", "D"],
        ["one", "a-1", "alike", "two", "b-1", "D"],
        ["one", "a-1", "equal-to", "two", "b-1", "X"],
    )

    assert isinstance(error, InvalidFileError)
    assert [fault.place for fault in error.faults] == [
        "m.csv, row 2, column B",
        "m.csv, row 3, column C",
        "m.csv, row 4, column F",
    ]


def test_a_table_without_rows_is_refused():
    assert "no row stands below the header" in refusal(csv).message
