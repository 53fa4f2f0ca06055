"""Reads XLSX workbooks that people upload, and nothing that could hurt. Never writes.

The package is looked at before it is opened: how many files, how large, which kind, and
that no XML declares a document type, which Office never writes. Of formulas only the stored
result is read; SRM calculates nothing.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from controls.errors import InvalidInputError
from controls.importers.sheets import Area, Book, Gatherer, Line, Sheet, letter, number_of

ZIP = b"PK"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a Compound File begins: an old workbook, or a new one under a password."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

MOST_FILES = 1_000
LARGEST_WHOLE = 150 * 1024 * 1024
"""Bytes, unpacked. FedRAMP's own workbook of 8 large sheets unpacks to 4 MB."""
LARGEST_OTHER = 16 * 1024 * 1024
"""Bytes of a part that is neither a sheet nor the table of texts: it is read as a whole."""
MOST_CELLS = 5_000_000
STREAMED = re.compile(r"(worksheets/[^/]+|sharedStrings)\.xml$", re.IGNORECASE)
XML = (".xml", ".rels", ".vml")
RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
BROKEN = (
    AttributeError,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What openpyxl and zipfile let through where a package is not what it should be."""


class _Found(Exception):  # noqa: N818 - not an error: stops the parser
    """The first element has come."""


def is_workbook(raw: bytes) -> bool:
    """Say whether a file is a package or an old workbook, by how it begins."""
    return raw.startswith((ZIP, OLE))


def parse_workbook(raw: bytes, *, name: str) -> Book:
    """Return the sheets of a workbook.

    Raises InvalidInputError naming the file, and sheet, row and column where there is one.
    """
    if raw.startswith(OLE):
        raise _refused(name, _why_ole(raw))
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            _check(package, name)
            sheets = _sheets(package, raw, name)
    except BROKEN as error:
        raise _refused(
            name, f"is not a whole XLSX workbook ({type(error).__name__})."
        ) from None
    return Book(name, hashlib.sha256(raw).hexdigest(), sheets)


def _refused(name: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"{name}: {why}", place=name)


def _why_ole(raw: bytes) -> str:
    if ENCRYPTED in raw:
        return "is protected by a password. Save a copy without one."
    return "is an old XLS workbook. Save it as XLSX or CSV."


def _check(package: zipfile.ZipFile, name: str) -> None:
    """Raise InvalidInputError where the package is not harmless, before it is unpacked.

    `zipfile` unpacks no more of a file than its directory says.
    """
    files = package.infolist()
    if len(files) > MOST_FILES:
        raise _refused(name, f"holds {len(files):,} files; no workbook does.")
    whole = sum(file.file_size for file in files)
    if whole > LARGEST_WHOLE:
        raise _refused(
            name,
            f"unpacks to {whole // 1024 // 1024:,} MB; "
            f"at most {LARGEST_WHOLE // 1024 // 1024} MB are read.",
        )
    for file in files:
        if file.flag_bits & 0x1:
            raise _refused(name, "is protected by a password. Save a copy without one.")
        if file.file_size > LARGEST_OTHER and not STREAMED.search(file.filename):
            raise _refused(
                name,
                f"holds {file.filename[:80]!r} of {file.file_size // 1024 // 1024} MB; "
                "no workbook does.",
            )
        if file.filename.lower().endswith(XML):
            _check_xml(package, file, name)


def _check_xml(package: zipfile.ZipFile, file: zipfile.ZipInfo, name: str) -> None:
    """Raise InvalidInputError where a part declares a document type, which could expand."""

    def refuse(*_: Any) -> None:
        raise _refused(
            name, f"{file.filename[:80]!r} declares a document type; no workbook does."
        )

    def stop(*_: Any) -> None:
        raise _Found

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        with package.open(file) as part:
            parser.ParseFile(part)
    except _Found:
        return


def _sheets(package: zipfile.ZipFile, raw: bytes, name: str) -> dict[str, Sheet]:
    gatherer = Gatherer(name)
    with warnings.catch_warnings():
        # What openpyxl does not keep, such as validations, is not what is read here.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(
            io.BytesIO(raw), read_only=True, data_only=True, keep_links=False
        )
        try:
            return {
                sheet.title: _sheet(package, sheet, gatherer, name)
                for sheet in book.worksheets
            }
        finally:
            book.close()


def _sheet(package: zipfile.ZipFile, sheet: Any, gatherer: Gatherer, name: str) -> Sheet:
    lines = tuple(_lines(sheet, gatherer, name))
    shape = _shape(package, sheet)
    return Sheet(sheet.title, lines, tuple(shape.merged), tuple(shape.uncalculated))


def _lines(sheet: Any, gatherer: Gatherer, name: str) -> Iterator[Line]:
    # The size that the file claims is not to be trusted: rows would be filled up to it.
    sheet.reset_dimensions()
    cells = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells += len(row)
        if cells > MOST_CELLS:
            raise _refused(
                name, f"sheet {sheet.title!r} has more than {MOST_CELLS:,} cells."
            )
        line = gatherer.line(sheet.title, number, [_text(value) for value in row])
        if line is not None:
            yield line


def _text(value: Any) -> str:
    """Return what a cell shows: whole numbers without a point, dates as 2026-03-31."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


class _Shape:
    """Listens to a sheet's XML for what openpyxl does not tell while it streams."""

    def __init__(self) -> None:
        self.merged: list[Area] = []
        self.uncalculated: list[tuple[int, str]] = []
        self._cell = ""
        self._formula = self._value = self._inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Note where a cell begins and what it has."""
        name = tag.rpartition(":")[2]
        if name == "c":
            self._cell = attributes.get("r", "")
            # The result of a formula that gives text may be no text.
            self._value = attributes.get("t") == "str"
            self._formula = False
        elif name == "f":
            self._formula = True
        elif name == "v":
            self._inside = True
        elif name == "mergeCell":
            area = _area(attributes.get("ref", ""))
            if area is not None:
                self.merged.append(area)

    def text(self, _: str) -> None:
        """Note that a cell has a value."""
        self._value = self._value or self._inside

    def end(self, tag: str) -> None:
        """Note a formula that has no result."""
        name = tag.rpartition(":")[2]
        if name == "v":
            self._inside = False
        elif name == "c" and self._formula and not self._value:
            at = _area(self._cell)
            if at is not None:
                self.uncalculated.append((at.first_row, letter(at.first_column)))


def _shape(package: zipfile.ZipFile, sheet: Any) -> _Shape:
    shape = _Shape()
    parser = expat.ParserCreate()
    parser.StartElementHandler = shape.start
    parser.CharacterDataHandler = shape.text
    parser.EndElementHandler = shape.end
    # openpyxl tells in no other way which part of the package a sheet is.
    path = sheet._worksheet_path  # noqa: SLF001
    with package.open(path.lstrip("/")) as part:
        parser.ParseFile(part)
    return shape


def _area(ref: str) -> Area | None:
    found = RANGE.fullmatch(ref)
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    return Area(
        ref,
        int(top),
        int(bottom or top),
        number_of(left),
        number_of(right or left),
    )
