"""Reads CSV files and XLSX workbooks that people upload into sheets of numbered lines.

Never writes, and calculates nothing. Rows and columns are named as the spreadsheet names
them, so that a message leads to the cell.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from controls.errors import InvalidInputError
from controls.importers.sheets import Book, Gatherer, Line, Sheet, place_of
from controls.importers.workbooks import is_workbook, parse_workbook

__all__ = ["CSV_SHEET", "Line", "Sheets", "parse_book", "place_of", "read", "read_book"]

LARGEST = 25 * 1024 * 1024
"""Bytes of the file as it comes. FedRAMP's own workbook has 0.5 MB."""

LONGEST_CELL = 100_000
"""Characters. A spreadsheet program stops at 32,767."""

DELIMITERS = (",", ";", "\t")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Sheets = Mapping[str, Sequence[Line]]
"""Sheet name → its lines, in the order of the file."""

CSV_SHEET = ""
"""What the one sheet of a CSV file is called."""


def read_book(path: Path) -> Book:
    """Return the sheets of a CSV file or XLSX workbook.

    Raises InvalidInputError naming the file, and sheet, row and column where there is one.
    """
    try:
        with path.open("rb") as file:
            return parse_book(file, name=path.name)
    except OSError as error:
        raise InvalidInputError(
            f"{path.name}: {error.strerror}.", place=path.name
        ) from None


def parse_book(file: IO[bytes], *, name: str) -> Book:
    """Return the sheets of an open file; what it is, it says itself. Raises likewise."""
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise InvalidInputError(
            f"{name}: is larger than {LARGEST // 1024 // 1024} MB. Split it.", place=name
        )
    if not raw.strip():
        raise InvalidInputError(f"{name}: is empty.", place=name)
    return parse_workbook(raw, name=name) if is_workbook(raw) else _csv(raw, name)


def read(data: bytes, *, file: str) -> Sheets:
    """Return the lines of all sheets, for a reader that finds its columns itself.

    Raises InvalidInputError as `parse_book` does, and for a formula without a stored
    result, wherever it stands.
    """
    book = parse_book(io.BytesIO(data), name=file)
    for sheet in book.sheets.values():
        for row, column in sheet.uncalculated:
            raise uncalculated(book.file, sheet.name, row, column)
    return {name: sheet.lines for name, sheet in book.sheets.items()}


def uncalculated(file: str, sheet: str, row: int, column: str) -> InvalidInputError:
    """Return the error for a cell whose value nobody has worked out."""
    place = place_of(file, sheet, row, column)
    return InvalidInputError(
        f"{place}: holds a formula without a stored result. Open the workbook and save it, "
        "or put the value in.",
        place=place,
    )


def _csv(raw: bytes, name: str) -> Book:
    text = _decoded(raw, name)
    gatherer = Gatherer(name)
    # The library's limit is one for the whole process; it is never anything else.
    csv.field_size_limit(LONGEST_CELL)
    records = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True
    )
    lines = []
    number = 0
    while True:
        number += 1
        try:
            values = next(records, None)
        except csv.Error as error:
            place = place_of(name, CSV_SHEET, number)
            raise InvalidInputError(
                f"{place}: the quoting is wrong: {error}.", place=place
            ) from None
        if values is None:
            break
        line = gatherer.line(CSV_SHEET, number, values)
        if line is not None:
            lines.append(line)
    sheet = Sheet(CSV_SHEET, lines)
    return Book(name, hashlib.sha256(raw).hexdigest(), {CSV_SHEET: sheet})


def _decoded(raw: bytes, name: str) -> str:
    if raw.startswith(UTF_16):
        raise InvalidInputError(f"{name}: is UTF-16. Save it as CSV in UTF-8.", place=name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = place_of(name, CSV_SHEET, raw.count(b"\n", 0, error.start) + 1)
        raise InvalidInputError(
            f"{place}: byte {error.start} is not UTF-8. Save it as CSV in UTF-8.",
            place=place,
        ) from None


def _delimiter(text: str) -> str:
    """Return the delimiter that the first line has most of."""
    first = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=first.count)
