"""The Appendix J workbook in the shapes in which it is published."""

import pytest

from controls.choices import MatrixDoubt
from controls.errors import InvalidInputError
from controls.importers import appendix_j
from controls.importers.sheets import Line

STATUSES = [
    "Implemented",
    "Partially Implemented",
    "Planned",
    "Alternative Implementation",
    "N/A",
]
ORIGINATIONS = [
    "Service Provider Corporate",
    "Service Provider System Specific",
    "Service Provider Hybrid (Corporate and System Specific)",
    "Configured by Customer (Customer System Specific)",
    "Provided by Customer (Customer System Specific)",
    "Shared (Service Provider and Customer Responsibility)",
    "Inherited from Pre-Existing  Authorization",
]
WORDS = ["Control ID", "Can Be Inherited from CSP", "Specific Responsibilities"]


def line(number, *texts, start="A"):
    cells = {chr(ord(start) + place): text for place, text in enumerate(texts) if text}
    return Line(number, cells)


def cis(*rows, first=4):
    heads = [
        line(1, "FedRAMP Moderate CIS"),
        line(2, "Control ID", "Implementation Status"),
        line(3, *STATUSES, *ORIGINATIONS, start="B"),
    ]
    return [*heads, *(Line(first + n, row) for n, row in enumerate(rows))]


def crm(*rows, head=3):
    return [
        line(head, *WORDS),
        *(line(head + 1 + n, *row) for n, row in enumerate(rows)),
    ]


def book(cis_rows, crm_rows, *, name="Moderate", head=4):
    return {
        "Instructions": [line(1, "Read me")],
        f"{name} CIS Worksheet".strip(): cis(*cis_rows),
        f"{name} CRM Worksheet".strip(): crm(*crm_rows, head=head),
        "Example CRM Worksheet Responses": crm(("AC-2(a)", "Partial", "An example")),
    }


def test_a_row_is_read_from_both_sheets():
    sheets = book(
        [{"A": "AC-2(a)", "B": "X", "L": "X", "M": "x"}],
        [("AC-2(a)", "Partial", "You manage your own accounts.")],
    )

    (row,) = appendix_j.read(sheets, file="m.xlsx").rows

    assert row.statuses == ("implemented",)
    assert row.originations == ("shared", "inherited")
    assert (row.inheritable, row.text) == ("partial", "You manage your own accounts.")
    assert row.doubts == ()
    assert row.cells["Moderate CIS Worksheet"]["M"] == "x"
    assert row.cells["Moderate CRM Worksheet"]["row"] == 5


@pytest.mark.parametrize("head", [3, 4, 7])
def test_the_headers_may_stand_in_any_of_the_first_rows(head):
    sheets = book([{"A": "AC-3", "B": "X", "G": "X"}], [("AC-03", "Yes", "")], head=head)

    (row,) = appendix_j.read(sheets, file="m.xlsx").rows

    assert row.inheritable == "yes"


def test_an_older_workbook_names_its_sheets_and_its_provider_as_it_likes():
    sheets = book([{"A": "AC-01 (a)", "B": "X", "G": "X"}], [("AC-01 (a)", "No", "Why")])
    renamed = {
        "CIS Worksheet": sheets["Moderate CIS Worksheet"],
        "PaaS CRM": sheets["Moderate CRM Worksheet"],
    }
    renamed["CIS Worksheet"][2].cells["G"] = "Service Provider Corporate (GSA/18F)"

    parsed = appendix_j.read(renamed, file="m.xlsx")

    assert parsed.rows[0].originations == ("sp-corporate",)
    assert parsed.columns["CIS Worksheet"]["G"] == "Service Provider Corporate (GSA/18F)"


def test_columns_are_found_where_they_have_moved():
    sheets = book([], [("AC-3", "Yes", "")])
    moved = [
        line(1, "Control ID", "Notes", "Shared", "Implemented"),
        line(2, "AC-3", "a word", "X", "X"),
    ]
    sheets["Moderate CIS Worksheet"] = moved

    (row,) = appendix_j.read(sheets, file="m.xlsx").rows

    assert (row.statuses, row.originations) == (("implemented",), ("shared",))
    assert row.cells["Moderate CIS Worksheet"]["B"] == "a word"


def test_no_row_of_either_sheet_is_lost():
    sheets = book(
        [
            {"A": "AC-3", "B": "X", "G": "X"},
            {"A": "AC-3", "B": "X", "H": "X"},
            {"B": "X"},
            {"A": "AC-9", "B": "X", "G": "X"},
        ],
        [("AC-3", "Yes", ""), ("AC-3", "No", "Twice"), ("AC-8", "No", "Only here")],
    )

    rows = appendix_j.read(sheets, file="m.xlsx").rows

    assert [(row.printed_id, row.inheritable) for row in rows] == [
        ("AC-3", "yes"),
        ("AC-3", "no"),
        ("", ""),
        ("AC-9", ""),
        ("AC-8", "no"),
    ]
    assert rows[3].doubts == rows[4].doubts == (MatrixDoubt.SHEET_DISAGREES,)


def test_a_mark_that_is_not_one_is_doubted_and_kept():
    sheets = book(
        [{"A": "AC-3", "B": "maybe", "G": "X"}], [("AC-3", "Mostly", "Half of it")]
    )

    (row,) = appendix_j.read(sheets, file="m.xlsx").rows

    assert row.doubts == (MatrixDoubt.VALUE_UNKNOWN,)
    assert row.statuses == ()
    assert row.cells["Moderate CIS Worksheet"]["B"] == "maybe"


def test_the_baseline_that_is_filled_in_is_taken():
    sheets = book([{"A": "AC-3", "B": "X"}], [("AC-3", "Yes", "")])
    sheets |= book([{"A": "AC-3"}], [("AC-3", "", "")], name="High")

    assert len(appendix_j.read(sheets, file="m.xlsx").rows) == 1
    assert appendix_j.read(sheets, file="m.xlsx", baseline="High").rows[0].statuses == ()


def refusal(sheets, **wanted):
    with pytest.raises(InvalidInputError) as refused:
        appendix_j.read(sheets, file="m.xlsx", **wanted)
    return f"{refused.value.place}: {refused.value.message}"


def test_two_baselines_that_are_filled_in_must_be_told_apart():
    sheets = book([{"A": "AC-3", "B": "X"}], []) | book(
        [{"A": "AC-3", "B": "X"}], [], name="High"
    )

    assert "name one of moderate, high" in refusal(sheets)
    assert "there are: high, moderate" in refusal(sheets, baseline="Extreme")


def test_a_missing_sheet_is_named_with_those_that_are_there():
    told = refusal({"Sheet1": [line(1, "Control ID")]})

    assert told == "m.xlsx: No sheet is a CIS worksheet; there are 'Sheet1'."


def test_a_missing_header_is_named_with_its_sheet_and_row():
    sheets = book([{"A": "AC-3", "B": "X"}], [("AC-3", "Yes", "")])
    del sheets["Moderate CIS Worksheet"][2]

    told = refusal(sheets)

    assert told.startswith("m.xlsx, sheet 'Moderate CIS Worksheet', row 2: No column of")


def test_a_crm_sheet_without_its_headers_is_named():
    sheets = book([{"A": "AC-3", "B": "X"}], [])
    sheets["Moderate CRM Worksheet"] = [line(4, "Control ID", "Notes")]

    told = refusal(sheets)

    assert told == (
        "m.xlsx, sheet 'Moderate CRM Worksheet', row 4: "
        "No column is headed 'can be inherited'."
    )
