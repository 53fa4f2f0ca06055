"""Reading a CSV table: what counts as one, and how it says what is wrong."""

import io

import pytest

from controls.errors import InvalidFileError, TooLargeError
from controls.rules.cells import defuse
from evidence.importers import tables
from evidence.importers.tables import Column, Faults, day, needed, read_table

COLUMNS = (
    Column("email", 40, is_required=True),
    Column("name", 20, is_required=True),
    Column("born_on", 10),
)


def read(content):
    """The cells of each row, once everything that is wrong was told."""
    raw = content if isinstance(content, bytes) else content.encode()
    faults = Faults(COLUMNS)
    lines = read_table(io.BytesIO(raw), name="people.csv", columns=COLUMNS, faults=faults)
    for line in lines:
        needed(line, COLUMNS, faults)
        day(line, "born_on", faults)
    faults.check("people.csv")
    return [(line.row, line["email"], line["name"]) for line in lines]


def told(content):
    """What is wrong, as a person reads it."""
    with pytest.raises(InvalidFileError) as caught:
        read(content)
    return [str(fault) for fault in caught.value.faults]


GOOD = [(2, "kim@example.com", "Kim"), (3, "lee@example.com", "Lee")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_table_is_read_with_any_delimiter_line_end_and_mark(delimiter, end, bom):
    rows = ["email,name", "kim@example.com,Kim", "lee@example.com,Lee"]
    text = end.join(rows).replace(",", delimiter)

    assert read(bom + text.encode()) == GOOD


def test_columns_may_come_in_any_order_and_spelling_and_cells_may_be_quoted():
    text = ' Name ,EMAIL\n"Kim, the first",kim@example.com\n\n"Lee",lee@example.com\n'

    assert read(text) == [
        (2, "kim@example.com", "Kim, the first"),
        (4, "lee@example.com", "Lee"),
    ]


@pytest.mark.parametrize("name", ["=1+1", "+49", "-x", "@x", "'t Hooft", "O'Brien", "|x"])
def test_what_a_register_defused_comes_back_unchanged(name):
    text = f"email,name\nkim@example.com,{defuse(name)}\n"

    assert read(text) == [(2, "kim@example.com", name)]


def test_an_apostrophe_that_belongs_to_a_name_stays():
    assert read("email,name\nkim@example.com,'t Hooft\n")[0][2] == "'t Hooft"


def test_everything_that_is_wrong_is_told_by_row_and_column():
    text = "\n".join(
        (
            "email,name,born_on",
            "kim@example.com,Kim,31.12.1990",
            ",Lee,1990-02-30",
            "joe@example.com,Joe",
            "ann@example.com," + "A" * 21 + ",",
            'may@example.com,"May\nDay",20200101',
        )
    )

    assert told(text) == [
        "row 2, born_on: '31.12.1990' is not a date like 2026-03-31.",
        "row 3, email: The cell is empty.",
        "row 3, born_on: '1990-02-30' is not a date like 2026-03-31.",
        "row 4: The row has 2 cells, the header 3.",
        "row 5, name: Longer than 20 characters.",
        "row 6, name: The cell holds a line break or another character that is not seen.",
        "row 6, born_on: '20200101' is not a date like 2026-03-31.",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "row 1: The file is empty."),
        (" \n\n", "row 1: The file is empty."),
        ("email,name\n", "row 2: The file has no rows below its header."),
        ("email,name\n,\n", "row 2: The file has no rows below its header."),
        ("email\nkim@example.com\n", "row 1: The column name is missing."),
        (
            "email,name,shoe size\na@b.example,Kim,4\n",
            "row 1: There is no column 'shoe size'. Known: email, name, born_on.",
        ),
        (
            "email,name,Email\na@b.example,Kim,x\n",
            "row 1: The column email stands twice: it is column 1 and column 3.",
        ),
        ("email,name,\na@b.example,Kim,\n", "row 1: Column 3 has no name."),
        (
            'email,name\na@b.example,Kim\nb@b.example,"L"ee\n',
            "row 3: The quoting is wrong from here on: ',' expected after '\"'.",
        ),
        (
            'email,name\na@b.example,"Kim\nb@b.example,Lee\n',
            "row 2: The quoting is wrong from here on: unexpected end of data.",
        ),
    ],
)
def test_what_is_no_such_table_is_refused(text, why):
    assert told(text) == [why]


def test_a_missing_and_an_unknown_column_are_told_at_once():
    assert told("mail,name\na@b.example,Kim\n") == [
        "row 1: There is no column 'mail'. Known: email, name, born_on.",
        "row 1: The column email is missing.",
    ]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (
            "email,name\nkim@example.com,Jörg\n".encode("latin-1"),
            "row 2: Byte 28 is not UTF-8: the file has another encoding, such as "
            "Windows-1252. Save it as CSV in UTF-8.",
        ),
        (
            b"\xef\xbb\xbfemail,name\nkim@example.com,J\xf6rg\n",
            "row 2: Byte 31 is not UTF-8: the file has another encoding, such as "
            "Windows-1252. Save it as CSV in UTF-8.",
        ),
        (
            "email,name\nkim@example.com,Kim\n".encode("utf-16"),
            "row 1: The file is UTF-16. Save it as CSV in UTF-8.",
        ),
        (
            b"email,name\nkim@example.com,K\x00im\n",
            "row 2: Byte 28 is NUL: this is not a text. Save it as CSV in UTF-8.",
        ),
    ],
)
def test_another_encoding_is_refused_naming_byte_and_row(raw, why):
    assert told(raw) == [why]


def test_text_that_is_turned_around_is_refused():
    found = told("email,name\nkim@example.com,\u202eKim\n")

    assert found[0].startswith("row 2, name: The cell holds a line break or another")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(tables, "LARGEST", 30)

    with pytest.raises(TooLargeError, match=r"people\.csv is larger than"):
        read("email,name\n" + "kim@example.com,Kim\n" * 2)


def test_more_rows_than_are_taken_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    row = "kim@example.com,Kim\n"

    assert len(read("email,name\n" + row * 2)) == 2
    assert told("email,name\n" + row * 3) == [
        "row 4: The file has more than 2 rows. Split it."
    ]


def test_two_hundred_things_are_told_and_the_rest_is_counted():
    with pytest.raises(InvalidFileError) as caught:
        read("email,name\n" + "kim@example.com\n" * 250)

    error = caught.value
    assert (len(error.faults), error.left_out) == (200, 50)
    assert error.message == (
        "people.csv: 250 things are wrong, so nothing of the file is taken."
    )


def test_a_row_of_a_file_with_semicolons_may_hold_commas():
    text = "email;name\nkim@example.com;Kim, Lee\n"

    assert read(text) == [(2, "kim@example.com", "Kim, Lee")]
