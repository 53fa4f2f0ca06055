"""What a file of tables is read into: sheets of numbered lines of texts, as entered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controls.errors import InvalidInputError

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, and halves of a character: no database holds them."""

MOST_ROWS = 50_000
"""Rows with something in them, over all sheets. The largest matrix that SRM knows, every
provider's answer to FedRAMP High, has 791.
"""

MOST_COLUMNS = 200
"""The widest sheet that SRM knows has 31."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet: its number as the program shows it, and column letter → text as
    entered. Cells that hold nothing but spaces are left out.
    """

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Area:
    """Cells that are merged: their range as printed, and its corners from 1 on."""

    printed: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet. `uncalculated` holds row and column of formulas without a stored result."""

    name: str
    lines: Sequence[Line]
    merged: Sequence[Area] = ()
    uncalculated: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """A file of tables. A CSV file is a book of one sheet without a name."""

    file: str
    sha256: str
    sheets: Mapping[str, Sheet]

    def sheet(self, name: str) -> Sheet:
        """Return the sheet of this name. Raises InvalidInputError naming those there."""
        found = self.sheets.get(name)
        if found is None:
            there = ", ".join(map(repr, self.sheets)) or "none"
            raise InvalidInputError(
                f"{self.file}: has no sheet {name!r}. There are: {there}.", place=self.file
            )
        return found


class Gatherer:
    """Takes the rows of a file one by one and refuses one too many or too wide."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._rows = 0

    def line(self, sheet: str, number: int, values: Sequence[str]) -> Line | None:
        """Return the row, None for one without a text. Raises InvalidInputError."""
        cells = {
            letter(position): text
            for position, text in enumerate(values, start=1)
            if text and not text.isspace()
        }
        if not cells:
            return None
        self._rows += 1
        place = place_of(self._file, sheet, number)
        if self._rows > MOST_ROWS:
            raise InvalidInputError(
                f"{place}: the file has more than {MOST_ROWS:,} rows. Split it.",
                place=place,
            )
        last = next(reversed(cells))
        if len(last) > 1 and number_of(last) > MOST_COLUMNS:
            raise InvalidInputError(
                f"{place}, column {last}: there are more than {MOST_COLUMNS} columns.",
                place=place,
            )
        for where, text in cells.items():
            if UNSTORABLE.search(text):
                raise InvalidInputError(
                    f"{place}, column {where}: holds a character that is not text.",
                    place=place,
                )
        return Line(number, cells)


def place_of(file: str, sheet: str, row: int, column: str = "") -> str:
    """Return a place as messages name it: `a.xlsx, sheet 'One', row 7, column C`."""
    named = [file]
    if sheet:
        named.append(f"sheet {sheet!r}")
    named.append(f"row {row}")
    if column:
        named.append(f"column {column}")
    return ", ".join(named)


def letter(column: int) -> str:
    """Return a column's letter, 1 is A and 27 is AA."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def number_of(letters: str) -> int:
    """Return a column's number, A is 1 and AA is 27."""
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - ord("A") + 1
    return number
