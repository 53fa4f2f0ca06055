"""Reading a catalog from a table: what it gives, and how a bad one is refused."""

import io

import pytest

from controls.errors import InvalidFileError, InvalidInputError
from controls.importers.tabular_catalogs import Named, is_table, parse_table
from tests.importers.workbooks import a_workbook

NAMED = Named(title="Ours", version="1", publisher="We")
GOOD: list[list[str | None]] = [
    ["id", "title", "parent", "text"],
    ["A.5.1", "Policies", "", "Write them.\nReview them."],
    ["A.5.1.1", " Review ", "A.5.1", ""],
    ["A&A-01", "Audit", None, None],
    ["12.8.5", "Who does what", None, "Keep a matrix."],
]


NOTHING: list[list[str | None]] = []


def csv_of(rows):
    quoted = (",".join(f'"{"" if cell is None else cell}"' for cell in row) for row in rows)
    return "\n".join(quoted).encode()


def parsed(raw, name="ours.csv", named=NAMED, **options):
    return parse_table(io.BytesIO(raw), name=name, named=named, **options)


def refusal(rows, name="ours.csv"):
    with pytest.raises(InvalidInputError) as caught:
        parsed(csv_of(rows), name)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [csv_of(GOOD), a_workbook({"Notes": NOTHING, "Controls": GOOD})],
    ids=["csv", "xlsx"],
)
def test_a_table_gives_controls_with_printed_labels_beside_tokens(raw):
    found = parsed(raw)

    assert (found.title, found.version, found.publisher) == ("Ours", "1", "We")
    assert [(c.control_id, c.label, c.title, c.parent) for c in found.controls] == [
        ("a.5.1", "A.5.1", "Policies", ""),
        ("a.5.1.1", "A.5.1.1", "Review", "a.5.1"),
        ("a-a-01", "A&A-01", "Audit", ""),
        ("_12.8.5", "12.8.5", "Who does what", ""),
    ]
    assert [c.group_id for c in found.controls] == ["a.5", "a.5.1", "a-a", "_12.8"]


def test_a_text_is_a_statement_with_its_line_breaks():
    (part,) = parsed(csv_of(GOOD)).controls[0].parts

    assert (part.part_id, part.name) == ("a.5.1_smt", "statement")
    assert part.prose == "Write them.\nReview them."


def test_without_a_title_the_catalog_is_called_like_the_file():
    assert parsed(csv_of(GOOD), named=Named()).title == "ours"


def test_a_group_that_is_named_stands_for_the_family():
    rows = [["id", "title", "Domain"], ["A&A-01", "Audit", "Audit & Assurance"]]

    (control,) = parsed(csv_of(rows)).controls

    assert (control.group_id, control.group_title) == (
        "audit-assurance",
        "Audit & Assurance",
    )


def test_ids_in_the_form_of_nist_become_nists():
    rows = [["Control ID", "Control Title"], ["AC-02 (01)", "Automated"]]

    assert parsed(csv_of(rows)).controls[0].control_id == "ac-2.1"


@pytest.mark.parametrize(
    ("row", "place", "said"),
    [
        (["", "No id"], "ours.csv, row 6, column A", "the id is missing"),
        (["§§", "Only signs"], "row 6, column A", "'§§' is not an id"),
        (["x" * 81, "Long"], "row 6, column A", "at most 80 characters"),
        (["a.5.1", "Again"], "row 6, column A", "'a.5.1' stands in row 2 already"),
        (["B", "x", "Z.9"], "row 6, column C", "'Z.9' is no id here"),
        (["B", "x", "B"], "row 6, column C", "B stands within itself"),
        (["B", "t" * 301], "row 6, column B", "is longer than 300 characters"),
        (["B", "t", "", "x" * 20_001], "row 6, column D", "longer than 20,000"),
    ],
)
def test_a_bad_row_is_named_with_its_column(row, place, said):
    error = refusal([*GOOD, row])

    assert place in error.message
    assert said in error.message


def test_parents_in_a_circle_are_named_once():
    rows = [["id", "title", "parent"], ["A", "", "B"], ["B", "", "C"], ["C", "", "A"]]

    error = refusal(rows)

    assert isinstance(error, InvalidFileError)
    assert [str(fault) for fault in error.faults] == [
        "ours.csv, row 2, column C: A stands within itself."
    ]


def test_all_bad_rows_are_told_at_once():
    error = refusal([*GOOD, ["", "x"], ["", "y"]])

    assert isinstance(error, InvalidFileError)
    assert len(error.faults) == 2
    assert "1 more thing is wrong" in error.message


def test_a_table_without_rows_or_without_titles_is_refused():
    assert "no row stands below the header" in refusal(GOOD[:1]).message
    assert "no column is headed 'title'" in refusal([["id", "x"], ["A", "b"]]).message


@pytest.mark.parametrize(
    ("name", "told"),
    [("a.csv", True), ("A.XLSX", True), ("a.xls", True), ("a.json", False), ("a", False)],
)
def test_a_table_is_known_by_the_name_of_its_file(tmp_path, name, told):
    assert is_table(tmp_path / name) is told
