"""Reads a CSV table and collects what is wrong with it, row by row. Never writes.

A row is counted as a spreadsheet counts it: the header is row 1. Delimiters are told from
the header. The apostrophe that registers put before what a spreadsheet would take for a
formula is taken off; one that belongs to a name stays.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO

from controls.errors import Fault, InvalidFileError, TooLargeError
from controls.rules.cells import restore

LARGEST = 4 * 1024 * 1024
"""Bytes. A preview posts the text again in a form, of which SRM takes 5 MB."""

MOST_ROWS = 20_000
"""Below the header. Twice the people of the largest roster that SRM is measured with."""

MOST_FAULTS = 200
"""Told at once; of the rest, how many they are."""

DELIMITERS = (",", ";", "\t")
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, line breaks among them, and those that turn text around."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have; `longest` counts the characters of a cell."""

    name: str
    longest: int
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its number and its cells by column."""

    row: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell; an absent column is an empty one."""
        return self.cells.get(column, "")

    def __contains__(self, column: str) -> bool:
        """Say whether the file has the column."""
        return column in self.cells


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that taking the file would change, as people read it."""

    field: str
    old: str
    new: str


class Faults:
    """What is wrong with a file, collected so that all of it can be told at once."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._order = {column.name: place for place, column in enumerate(columns, 1)}
        self._found: list[tuple[int, int, str, str]] = []
        self._cells: set[tuple[int, str]] = set()

    def add(self, row: int, column: str, detail: str) -> None:
        """Note what is wrong in a cell, or in a whole row where the column is empty."""
        self._found.append((row, self._order.get(column, 0), column, detail))
        self._cells.add((row, column))

    def known(self, row: int, column: str) -> bool:
        """Say whether something is wrong with the cell."""
        return (row, column) in self._cells

    def copy(self) -> Faults:
        """Return the same faults, to go on from."""
        made = Faults(())
        made._order = self._order
        made._found, made._cells = list(self._found), set(self._cells)
        return made

    def check(self, name: str) -> None:
        """Raise InvalidFileError with everything that was noted, by row, if anything."""
        if self._found:
            told = [
                Fault(f"row {row}, {column}" if column else f"row {row}", detail)
                for row, _, column, detail in sorted(self._found)
            ]
            raise refusal(name, told)


def refusal(name: str, faults: Sequence[Fault]) -> InvalidFileError:
    """Return the error that tells the first faults and how many more there are."""
    count = f"{len(faults)} things are" if len(faults) > 1 else "1 thing is"
    return InvalidFileError(
        f"{name}: {count} wrong, so nothing of the file is taken.",
        faults=faults[:MOST_FAULTS],
        left_out=max(0, len(faults) - MOST_FAULTS),
    )


def read_table(
    file: IO[bytes], *, name: str, columns: Sequence[Column], faults: Faults
) -> list[Line]:
    """Return the rows of a table; what is wrong with single rows goes into `faults`.

    Raises TooLargeError, and InvalidFileError where the file cannot be read as such a
    table.
    """
    text = _text(file, name)
    delimiter = _delimiter(text, columns)
    records = _records(text, delimiter, faults)
    header = _header(next(records, (1, []))[1], name, columns)
    lines = []
    for row, cells in records:
        if row > MOST_ROWS + 1:
            told = f"The file has more than {MOST_ROWS:,} rows. Split it."
            raise refusal(name, [Fault(f"row {row}", told)])
        if any(cells):
            line = _line(row, cells, header, columns, faults)
            if line is not None:
                lines.append(line)
    if not lines:
        faults.check(name)
        raise refusal(name, [Fault("row 2", "The file has no rows below its header.")])
    return lines


def day(line: Line, column: str, faults: Faults) -> date | None:
    """Return the date in a cell; None where it is empty or none, which is then noted."""
    text = line[column]
    if not text:
        return None
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    faults.add(line.row, column, f"{text[:40]!r} is not a date like 2026-03-31.")
    return None


def text_of(value: date | None) -> str:
    """Return a date as people read it in a difference; nothing for none."""
    return str(value) if value else ""


def needed(line: Line, columns: Sequence[Column], faults: Faults) -> None:
    """Note every required cell that is empty, unless it was noted why it cannot be read."""
    for column in columns:
        empty = column.is_required and not line[column.name]
        if empty and not faults.known(line.row, column.name):
            faults.add(line.row, column.name, "The cell is empty.")


def _text(file: IO[bytes], name: str) -> str:
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise TooLargeError(
            f"{name} is larger than {LARGEST // 1024 // 1024} MB. Split it."
        )
    if not raw.strip():
        raise refusal(name, [Fault("row 1", "The file is empty.")])
    if raw.startswith(UTF_16):
        told = "The file is UTF-16. Save it as CSV in UTF-8."
        raise refusal(name, [Fault("row 1", told)])
    if b"\x00" in raw:
        at = raw.index(b"\x00")
        told = f"Byte {at} is NUL: this is not a text. Save it as CSV in UTF-8."
        raise refusal(name, [Fault(f"row {_row_of(raw, at)}", told)])
    marked = len(BOM) if raw.startswith(BOM) else 0
    try:
        return raw[marked:].decode("utf-8")
    except UnicodeDecodeError as error:
        at = marked + error.start
        told = (
            f"Byte {at} is not UTF-8: the file has another encoding, such as "
            "Windows-1252. Save it as CSV in UTF-8."
        )
        raise refusal(name, [Fault(f"row {_row_of(raw, at)}", told)]) from None


def _row_of(raw: bytes, at: int) -> int:
    return raw.count(b"\n", 0, at) + 1


def _delimiter(text: str, columns: Sequence[Column]) -> str:
    """Return the delimiter under which the first line names most of our columns."""
    first = io.StringIO(text, newline="").readline()
    known = {column.name for column in columns}

    def named(delimiter: str) -> int:
        try:
            cells = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            return 0
        return sum(_plain(cell).lower() in known for cell in cells)

    return max(DELIMITERS, key=named)


def _records(text: str, delimiter: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its number. Quoting that does not add up ends the file there."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            faults.add(row, "", f"The quoting is wrong from here on: {error}.")
            return
        if cells is None:
            return
        yield row, [_plain(cell) for cell in cells]


def _plain(cell: str) -> str:
    """Return what a cell says: without the apostrophe that a register put before it."""
    return restore(cell.strip()).strip()


def _header(cells: Sequence[str], name: str, columns: Sequence[Column]) -> list[str]:
    """Return the names of the columns, in the file's order. Raises InvalidFileError."""
    header = [cell.lower() for cell in cells]
    known = [column.name for column in columns]
    told = []
    for place, found in enumerate(header, 1):
        if not found:
            told.append(f"Column {place} has no name.")
        elif found not in known:
            told.append(
                f"There is no column {cells[place - 1][:60]!r}. Known: {', '.join(known)}."
            )
        elif header.index(found) + 1 != place:
            told.append(
                f"The column {found} stands twice: it is column "
                f"{header.index(found) + 1} and column {place}."
            )
    told += [
        f"The column {column.name} is missing."
        for column in columns
        if column.is_required and column.name not in header
    ]
    if told:
        raise refusal(name, [Fault("row 1", detail) for detail in told])
    return header


def _line(
    row: int,
    cells: Sequence[str],
    header: Sequence[str],
    columns: Sequence[Column],
    faults: Faults,
) -> Line | None:
    if len(cells) != len(header):
        told = f"The row has {len(cells)} cells, the header {len(header)}."
        faults.add(row, "", told)
        return None
    given = dict(zip(header, cells, strict=True))
    for column in columns:
        cell = given.get(column.name, "")
        if len(cell) > column.longest:
            faults.add(row, column.name, f"Longer than {column.longest} characters.")
            given[column.name] = ""
        elif UNSEEN.search(cell):
            told = "The cell holds a line break or another character that is not seen."
            faults.add(row, column.name, told)
            given[column.name] = ""
    return Line(row, given)
