"""Reads a provider's matrix from whatever file it comes in: finds the layout itself."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from controls.errors import InvalidInputError
from controls.importers import appendix_j, caiq, matrix_tables, oscal_ssps
from controls.importers.matrix_rows import ParsedMatrix
from controls.importers.sheets import Book
from controls.importers.tables import parse_book

LARGEST = 20 * 1024 * 1024
JSON = (b"{", b"\xef\xbb\xbf{")


@dataclass(frozen=True, slots=True)
class Hints:
    """What a person says of a file where it does not say it itself."""

    baseline: str = ""
    """Of an Appendix J workbook with several: `Moderate`."""
    sheet: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What → header of a plain table, as a person says now."""
    remembered: Mapping[str, str] = field(default_factory=dict)
    """The same, as the provider's last table had them; where a header is gone, it is not
    looked for.
    """


def sha256_of(data: bytes) -> str:
    """Return the hash that tells a file from another one."""
    return hashlib.sha256(data).hexdigest()


def read(data: bytes, *, file: str, hints: Hints) -> ParsedMatrix:
    """Return the rows of a provider's file.

    Raises InvalidInputError naming file, sheet, row and column, and what could be mapped.
    """
    if len(data) > LARGEST:
        raise InvalidInputError(
            f"The file has more than {LARGEST // 1024 // 1024} MB.", place=file
        )
    if data.lstrip()[:4].startswith(JSON):
        return oscal_ssps.read(data, file=file)
    book = parse_book(io.BytesIO(data), name=file)
    sheets = {name: sheet.lines for name, sheet in book.sheets.items()}
    if not hints.sheet and appendix_j.is_appendix_j(sheets):
        return appendix_j.read(sheets, file=file, baseline=hints.baseline)
    if not hints.sheet and (found := caiq.sheet_of(sheets)):
        return caiq.read(sheets[found], sheet=found, place=f"{file}, sheet {found!r}")
    return _table(book, file, hints)


def _table(book: Book, file: str, hints: Hints) -> ParsedMatrix:
    name = hints.sheet or _only_sheet(book, file)
    sheet = book.sheet(name)
    place = f"{file}, sheet {name!r}" if name else file
    columns = {
        **matrix_tables.guess(sheet.lines),
        **matrix_tables.present(sheet.lines, hints.remembered),
        **hints.columns,
    }
    return matrix_tables.read(sheet.lines, sheet=name, place=place, mapping=columns)


def _only_sheet(book: Book, file: str) -> str:
    filled = [name for name, sheet in book.sheets.items() if len(sheet.lines) > 1]
    if len(filled) == 1:
        return filled[0]
    names = ", ".join(map(repr, filled or book.sheets))
    raise InvalidInputError(
        f"It is neither an Appendix J workbook nor a CAIQ. Name the sheet: {names}.",
        place=file,
    )
