"""Reading tables that people upload: what they give, and how a bad file is refused."""

import io
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from controls.errors import InvalidFileError, InvalidInputError
from controls.importers import sheets, workbooks
from controls.importers.headed import Column, Faults, find_table
from controls.importers.sheets import letter, number_of
from controls.importers.tables import parse_book, read_book
from tests.importers.workbooks import a_package, a_workbook, with_part

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
APPENDIX_J = DATA / "fedramp" / "SSP-Appendix-J-CSO-CIS-and-CRM-Workbook.xlsx"
needs_workbook = pytest.mark.skipif(
    not APPENDIX_J.is_file(), reason="FedRAMP's workbook is not here: it is not shipped"
)

ID = Column(("id", "control id"), is_required=True)
TITLE = Column(("title",))
GOOD = [["id", "title"], ["A.5.1", "Policies"], ["A.5.2", "Roles"]]
FIRST = "xl/worksheets/sheet1.xml"


def book(raw, name="file.xlsx"):
    return parse_book(io.BytesIO(raw), name=name)


def csv_book(text):
    return book(text.encode() if isinstance(text, str) else text, "file.csv")


def table(raw, *columns, sheet=""):
    return find_table(book(raw), columns or (ID, TITLE), sheet=sheet)


def read(found, name="id"):
    return [found.text(line, name) for line in found.lines()]


def refusal(call, *args, **options):
    with pytest.raises(InvalidInputError) as caught:
        call(*args, **options)
    return caught.value


def test_a_workbook_gives_its_sheets_with_numbered_rows_as_entered():
    found = book(a_workbook({"One": [["a", None, " b "], [], [None, "c"]], "Two": []}))

    one = found.sheets["One"]
    assert list(found.sheets) == ["One", "Two"]
    assert [(line.number, dict(line.cells)) for line in one.lines] == [
        (1, {"A": "a", "C": " b "}),
        (3, {"B": "c"}),
    ]
    assert found.sheets["Two"].lines == ()
    assert len(found.sha256) == 64


def test_cells_that_are_not_text_read_as_the_program_shows_them():
    day = datetime(2026, 3, 31, tzinfo=UTC).replace(tzinfo=None)
    row = [12, 12.5, 3.0, True, False, day, day.replace(hour=9), date(2026, 4, 1)]

    (line,) = book(a_workbook({"One": [row]})).sheets["One"].lines

    assert list(line.cells.values()) == [
        *("12", "12.5", "3", "TRUE", "FALSE"),
        *("2026-03-31", "2026-03-31T09:00:00", "2026-04-01"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_is_a_book_of_one_sheet_whatever_its_delimiter(delimiter):
    lines = [delimiter.join(row) for row in GOOD]

    found = find_table(csv_book("\ufeff" + "\r\n".join(lines)), [ID, TITLE])

    assert read(found) == ["A.5.1", "A.5.2"]
    assert read(found, "title") == ["Policies", "Roles"]


def test_line_breaks_within_a_cell_belong_to_it_and_count_as_one_row():
    found = find_table(csv_book('id,title\na,"one\ntwo"\nb,\n'), [ID, TITLE])
    first, second = found.lines()

    assert found.block(first, "title") == "one\ntwo"
    assert found.text(first, "title") == "one two"
    assert (first.number, second.number) == (2, 3)


def test_headers_are_found_below_titles_in_any_order_with_stray_spaces():
    rows = [["Our controls"], [], ["Title ", " Control  ID"], ["Policies", " A.5.1 "]]

    found = table(a_workbook({"One": rows}))

    assert (found.top, found.letters) == (3, {"id": "B", "title": "A"})
    assert read(found) == ["A.5.1"]


def test_the_first_sheet_that_has_the_columns_is_taken_unless_one_is_named():
    raw = a_workbook({"Notes": [["Read me"]], "One": GOOD, "Two": [["id"], ["x"]]})

    assert table(raw).sheet.name == "One"
    assert read(table(raw, sheet="Two")) == ["x"]


def test_an_optional_column_that_is_absent_reads_as_empty_cells():
    found = table(a_workbook({"One": [["id"], ["x"]]}))

    assert read(found, "title") == [""]


def test_rows_with_nothing_in_a_known_column_are_not_rows_of_the_table():
    found = table(a_workbook({"One": [*GOOD, [None, None, "note"]]}))

    assert len(list(found.lines())) == 2


def test_a_place_names_file_sheet_row_and_column():
    found = table(a_workbook({"One": GOOD}))
    first = next(iter(found.lines()))

    assert found.place(first, "title") == "file.xlsx, sheet 'One', row 2, column B"


def test_a_sheet_that_is_not_there_is_named_with_those_that_are():
    error = refusal(table, a_workbook({"One": GOOD, "Two": []}), sheet="Three")

    assert error.message == "file.xlsx: has no sheet 'Three'. There are: 'One', 'Two'."


def test_a_missing_column_is_named_with_what_is_there():
    error = refusal(table, a_workbook({"One": [["Requirement", "title"], ["a", "b"]]}))

    assert error.message == (
        "file.xlsx, sheet 'One', row 1: no column is headed 'id' or 'control id'. "
        "There are: 'Requirement', 'title'."
    )


def test_a_header_that_stands_twice_is_named_with_both_columns():
    error = refusal(table, a_workbook({"One": [["id", "title", "Control ID"], ["a"]]}))

    assert "row 1, column C: 'Control ID' is the column id again" in error.message


def merge(cells):
    return lambda workbook: workbook["One"].merge_cells(cells)


def test_merged_cells_below_the_header_are_named():
    error = refusal(table, a_workbook({"One": GOOD}, merge("A2:A3")))

    assert error.place == "file.xlsx, sheet 'One', row 2, column A"
    assert "the cells A2:A3 are merged" in error.message


@pytest.mark.parametrize("cells", ["A1:B1", "D2:E3"])
def test_merged_cells_in_the_header_and_beside_the_table_do_no_harm(cells):
    rows = [["Title of the table"], *GOOD]

    assert len(read(table(a_workbook({"One": rows}, merge(cells))))) == 2


def test_a_formula_that_was_never_calculated_is_named():
    raw = a_workbook({"One": [*GOOD, ["=A2", "x"]]})

    error = refusal(table, raw)

    assert error.place == "file.xlsx, sheet 'One', row 4, column A"
    assert "a formula without a stored result" in error.message


@pytest.mark.parametrize("result", ["A.5.3", ""])
def test_of_a_formula_the_stored_result_is_read_even_an_empty_text(result):
    raw = a_workbook({"One": [*GOOD, ["=A2", "x"]]})

    def calculated(part):
        head, formula, rest = part.partition(b'<c r="A4"><f>A2</f>')
        stored = f'<c r="A4" t="str"><f>A2</f><v>{result}</v></c>'
        assert formula
        return head + stored.encode() + rest.partition(b"</c>")[2]

    assert read(table(with_part(raw, FIRST, calculated)))[-1] == result


def test_a_formula_outside_the_columns_in_use_does_no_harm():
    assert len(read(table(a_workbook({"One": [*GOOD, ["x", "y", "=1+1"]]})))) == 3


def test_a_workbook_under_a_password_says_so():
    raw = workbooks.OLE + b"\x00" * 600 + workbooks.ENCRYPTED

    assert "is protected by a password" in refusal(book, raw).message


def test_an_old_workbook_says_what_to_do():
    raw = workbooks.OLE + b"\x00" * 600

    assert "is an old XLS workbook. Save it as XLSX" in refusal(book, raw).message


def test_a_bomb_is_refused_by_what_its_directory_says():
    half = b"\x00" * (workbooks.LARGEST_WHOLE // 2 + 1)
    raw = a_package({"xl/worksheets/sheet1.xml": half, "xl/sharedStrings.xml": half})

    assert len(raw) < 1_000_000
    assert "file.xlsx: unpacks to 150 MB" in refusal(book, raw).message


def test_a_part_that_is_read_as_a_whole_must_be_small():
    raw = a_package({"xl/styles.xml": b" " * (workbooks.LARGEST_OTHER + 1)})

    assert "holds 'xl/styles.xml' of 16 MB" in refusal(book, raw).message


def test_a_package_of_very_many_files_is_refused():
    raw = a_package({f"f{number}": b"" for number in range(workbooks.MOST_FILES + 1)})

    assert "holds 1,001 files" in refusal(book, raw).message


def test_a_document_type_which_could_expand_is_refused():
    declared = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    raw = with_part(
        a_workbook({"One": GOOD}),
        FIRST,
        lambda part: (
            declared + part.partition(b"?>")[2] if b"?>" in part else (declared + part)
        ),
    )

    assert "declares a document type" in refusal(book, raw).message


@pytest.mark.parametrize(
    "claimed", [b'ref="A1:XFD1048576"', b'ref="A1:A1"'], ids=["vast", "tiny"]
)
def test_the_size_that_a_sheet_claims_is_not_believed(claimed):
    raw = with_part(
        a_workbook({"One": GOOD}), FIRST, lambda part: part.replace(b'ref="A1:B3"', claimed)
    )

    assert read(table(raw)) == ["A.5.1", "A.5.2"]


def test_very_wide_rows_are_counted_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_CELLS", 100)
    rows = [[None] * 60 + ["x"], [None] * 60 + ["x"]]

    assert "more than 100 cells" in refusal(book, a_workbook({"One": rows})).message


def test_too_many_columns_are_named():
    rows = [[None] * sheets.MOST_COLUMNS + ["x"]]

    error = refusal(book, a_workbook({"One": rows}))

    assert "row 1, column GS: there are more than 200 columns" in error.message


def test_a_file_of_100_000_rows_is_refused_with_the_row_that_is_too_many():
    text = "id\n" + "x\n" * 100_000

    error = refusal(csv_book, text)

    assert error.message == (
        "file.csv, row 50001: the file has more than 50,000 rows. Split it."
    )


def test_a_workbook_of_too_many_rows_is_refused_whatever_its_sheets(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)

    error = refusal(book, a_workbook({"One": GOOD, "Two": GOOD}))

    assert "sheet 'Two', row 1: the file has more than 3 rows" in error.message


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        ("id\né".encode("latin-1"), "row 2: byte 3 is not UTF-8"),
        ("id".encode("utf-16"), "is UTF-16"),
        (b'id\n"a', "row 2: the quoting is wrong"),
        (b'id\n"a"b\n', "row 2: the quoting is wrong"),
        (b"id\na\x00b\n", "row 2, column A: holds a character that is not text"),
    ],
)
def test_a_bad_csv_file_is_refused_with_its_row(raw, said):
    assert said in refusal(csv_book, raw).message


def test_a_file_that_is_too_large_is_not_read_to_the_end():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            return b" " * size

    file = Endless()

    error = refusal(parse_book, file, name="huge.csv")

    assert "is larger than 25 MB" in error.message
    assert file.given == 25 * 1024 * 1024 + 1


def test_a_package_that_is_no_workbook_is_refused():
    assert "is not a whole XLSX workbook" in refusal(book, a_package({"a": b""})).message


def test_a_damaged_workbook_is_refused_wherever_it_was_damaged():
    raw = a_workbook({"One": GOOD * 20, "Two": GOOD})
    chance = random.Random(7)  # noqa: S311 - which bytes break does not matter
    refused = 0

    for _ in range(300):
        broken = bytearray(raw)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        cut = bytes(broken[: chance.randint(4, len(raw))])
        for damaged in (bytes(broken), cut):
            try:
                book(damaged)
            except InvalidInputError:
                refused += 1

    assert refused > 400


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(InvalidInputError, match=r"none\.csv: No such file"):
        read_book(tmp_path / "none.csv")


def test_all_faults_are_told_at_once_the_first_in_the_message():
    faults = Faults()
    for row in range(2, 62):
        faults.add(f"file.csv, row {row}", "is wrong.")

    with pytest.raises(InvalidFileError) as caught:
        faults.check()

    assert caught.value.message == (
        "file.csv, row 2: is wrong. 59 more things are wrong. Nothing of the file is taken."
    )
    assert (len(caught.value.faults), caught.value.left_out) == (50, 10)


def test_columns_are_counted_as_the_program_counts_them():
    letters = [letter(number) for number in (1, 26, 27, 52, 53, 702, 703, 16384)]

    assert letters == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]
    assert [number_of(text) for text in letters] == [1, 26, 27, 52, 53, 702, 703, 16384]


@needs_workbook
def test_fedramps_workbook_reads_whole():
    found = read_book(APPENDIX_J)

    assert len(found.sheets) == 12
    crm = find_table(
        found, [Column(("control id",), is_required=True)], sheet=("Moderate CRM Worksheet")
    )
    assert len(list(crm.lines())) == 688


def test_openpyxl_still_tells_which_part_a_sheet_is():
    raw = a_workbook({"One": GOOD})

    opened = openpyxl.load_workbook(io.BytesIO(raw), read_only=True)
    opened.close()

    sheet: Any = opened.worksheets[0]
    assert sheet._worksheet_path.lstrip("/") == FIRST
