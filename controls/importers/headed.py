"""Finds the columns of a table by their headers, and tells of all faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controls.errors import Fault, InvalidFileError, InvalidInputError
from controls.importers.sheets import Area, Book, Line, Sheet, number_of, place_of
from controls.importers.tables import uncalculated

DEEPEST_HEADER = 20
"""Titles, notes and two lines of headers stand above the rows of published workbooks."""

MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have. `names` are its headers in small letters."""

    names: tuple[str, ...]
    is_required: bool = False

    @property
    def name(self) -> str:
        """Return the name that messages use."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose columns are known: `letters` are column name → letter."""

    file: str
    sheet: Sheet
    top: int
    letters: dict[str, str]

    def lines(self) -> Iterator[Line]:
        """Yield the rows below the header that have something in a known column."""
        known = set(self.letters.values())
        for line in self.sheet.lines:
            if line.number > self.top and known & line.cells.keys():
                yield line

    def text(self, line: Line, name: str) -> str:
        """Return a cell with single spaces between its words; empty without the column."""
        return " ".join(line.cells.get(self.letters.get(name, ""), "").split())

    def block(self, line: Line, name: str) -> str:
        """Return a cell with its line breaks."""
        return line.cells.get(self.letters.get(name, ""), "").strip()

    def place(self, line: Line, name: str = "") -> str:
        """Return a cell's place as messages name it."""
        return place_of(self.file, self.sheet.name, line.number, self.letters.get(name, ""))


class Faults:
    """What is wrong with a file, collected so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, place: str, detail: str) -> None:
        """Note what is wrong, and where."""
        self._found.append(Fault(place, detail))

    def check(self) -> None:
        """Raise InvalidFileError with everything that was noted, if anything."""
        if not self._found:
            return
        first = self._found[0]
        rest = len(self._found) - 1
        more = f" {rest:,} more {'things are' if rest > 1 else 'thing is'} wrong."
        raise InvalidFileError(
            f"{first}{more if rest else ''} Nothing of the file is taken.",
            faults=self._found[:MOST_FAULTS],
            left_out=max(0, len(self._found) - MOST_FAULTS),
        )


def find_table(book: Book, columns: Sequence[Column], *, sheet: str = "") -> Table:
    """Return the table with these columns: in the sheet of that name, else in the first
    that has them.

    Headers are found by their names, in whatever order and below whatever titles.
    Raises InvalidInputError naming sheet, row and what is missing, and what is there.
    """
    if sheet:
        return _table(book, book.sheet(sheet), columns)
    refusals = []
    for found in book.sheets.values():
        top, letters = _header(found, columns)
        missing = _missing(letters, columns)
        if missing is None:
            return _table(book, found, columns)
        refusals.append(_refusal(book, found, top, missing))
    if not refusals:
        raise InvalidInputError(f"{book.file}: has no sheet.", place=book.file)
    raise refusals[0]


def _table(book: Book, sheet: Sheet, columns: Sequence[Column]) -> Table:
    top, letters = _header(sheet, columns)
    missing = _missing(letters, columns)
    if missing is not None:
        raise _refusal(book, sheet, top, missing)
    table = Table(book.file, sheet, top.number, letters)
    _check_header(table, top, columns)
    _check_cells(table)
    return table


def _header(sheet: Sheet, columns: Sequence[Column]) -> tuple[Line, dict[str, str]]:
    """Return the row that names most columns, and where they are."""
    best: dict[str, str] = {}
    top = next(iter(sheet.lines), Line(1, {}))
    for line in sheet.lines:
        if line.number > DEEPEST_HEADER:
            break
        found = _letters(line, columns)
        if len(found) > len(best):
            best, top = found, line
    return top, best


def _missing(letters: dict[str, str], columns: Sequence[Column]) -> Column | None:
    return next((c for c in columns if c.is_required and c.name not in letters), None)


def _refusal(book: Book, sheet: Sheet, top: Line, missing: Column) -> InvalidInputError:
    place = place_of(book.file, sheet.name, top.number)
    there = ", ".join(repr(text.strip()[:40]) for text in top.cells.values())
    return InvalidInputError(
        f"{place}: no column is headed {' or '.join(map(repr, missing.names))}. "
        f"There are: {there or 'none'}.",
        place=place,
    )


def _letters(line: Line, columns: Sequence[Column]) -> dict[str, str]:
    cells = reversed(list(line.cells.items()))
    headers = {_squeezed(text): letter for letter, text in cells}
    found = {}
    for column in columns:
        name = next((name for name in column.names if name in headers), None)
        if name is not None:
            found[column.name] = headers[name]
    return found


def _squeezed(text: str) -> str:
    return " ".join(text.replace("_", " ").lower().split())


def _check_header(table: Table, top: Line, columns: Sequence[Column]) -> None:
    for column in columns:
        chosen = table.letters.get(column.name)
        for letter, text in top.cells.items():
            if chosen and letter != chosen and _squeezed(text) in column.names:
                place = place_of(table.file, table.sheet.name, top.number, letter)
                raise InvalidInputError(
                    f"{place}: {text.strip()!r} is the column {column.name} again, "
                    f"after column {chosen}.",
                    place=place,
                )


def _check_cells(table: Table) -> None:
    """Raise InvalidInputError where a row's value cannot be known: merged cells below the
    header, and formulas without a stored result.
    """
    used = {number_of(letter): letter for letter in table.letters.values()}
    for area in table.sheet.merged:
        column = _touched(area, used) if area.first_row > table.top else ""
        if column:
            place = place_of(table.file, table.sheet.name, area.first_row, column)
            raise InvalidInputError(
                f"{place}: the cells {area.printed} are merged, so that it is not known "
                "which row they tell of. Unmerge them.",
                place=place,
            )
    for row, column in table.sheet.uncalculated:
        if row > table.top and column in used.values():
            raise uncalculated(table.file, table.sheet.name, row, column)


def _touched(area: Area, used: dict[int, str]) -> str:
    """Return the first column in use that the area covers, empty for none."""
    reach = range(area.first_column, area.last_column + 1)
    return next((letter for number, letter in used.items() if number in reach), "")
