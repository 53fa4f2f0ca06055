"""Reads a catalog from a table, CSV or XLSX, and refuses one that does not add up.

For frameworks whose text may not be shipped: a person brings their own copy. Columns: `id`
and `title`, and if there are, `parent`, `group` and `text`. Printed ids stay as labels
beside OSCAL's tokens (`A.5.1`, `12.8.5`, `A&A-01`). Never writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from controls.errors import InvalidInputError
from controls.importers.headed import Column, Faults, Table, find_table
from controls.importers.oscal_catalogs import LONGEST_ID, ParsedCatalog, ParsedControl
from controls.importers.oscal_catalogs import ParsedPart as Part
from controls.importers.sheets import Book, Line
from controls.importers.tables import parse_book, read_book
from controls.knowledge import control_token

COLUMNS = (
    Column(("id", "control id", "requirement", "label"), is_required=True),
    Column(("title", "name", "control title"), is_required=True),
    Column(("parent", "parent id")),
    Column(("group", "family", "domain", "section", "theme")),
    Column(("text", "description", "statement", "specification")),
)
LONGEST_TITLE = 300
LONGEST_TEXT = 20_000
LONGEST_LABEL = 80
TABLES = (".csv", ".xlsx", ".xlsm", ".xls", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Named:
    """What a table does not say itself. `title` empty: the file's name."""

    title: str = ""
    version: str = ""
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A control and where it stands."""

    token: str
    label: str
    parent: str
    line: Line


def is_table(path: Path) -> bool:
    """Say whether a file is a table, by its name."""
    return path.suffix.lower() in TABLES


def read_table(path: Path, *, named: Named, sheet: str = "") -> ParsedCatalog:
    """Return the catalog in a file. Raises InvalidInputError naming sheet, row, column."""
    return catalog_of(read_book(path), named=named, sheet=sheet)


def parse_table(
    file: IO[bytes], *, name: str, named: Named, sheet: str = ""
) -> ParsedCatalog:
    """Return the catalog in an open file. Raises InvalidInputError likewise."""
    return catalog_of(parse_book(file, name=name), named=named, sheet=sheet)


def catalog_of(book: Book, *, named: Named, sheet: str = "") -> ParsedCatalog:
    """Return the catalog in a book of tables. Raises InvalidInputError."""
    table = find_table(book, COLUMNS, sheet=sheet)
    faults = Faults()
    rows = _rows(table, faults)
    by_label = {row.label.lower(): row.token for row in rows}
    tokens = {row.token for row in rows}
    controls = [_control(table, row, by_label, tokens, faults) for row in rows]
    _check_circles(table, rows, {c.control_id: c.parent for c in controls}, faults)
    faults.check()
    if not controls:
        place = table.place(Line(table.top, {}))
        raise InvalidInputError(f"{place}: no row stands below the header.", place=place)
    return ParsedCatalog(
        title=(named.title or Path(book.file).stem).strip()[:LONGEST_TITLE],
        version=named.version.strip()[:40],
        publisher=named.publisher.strip()[:200],
        is_resolved_profile=False,
        sha256=book.sha256,
        file=book.file,
        controls=tuple(controls),
    )


def _rows(table: Table, faults: Faults) -> list[_Row]:
    """Return the rows whose id can be read, noting the others and what stands twice."""
    first: dict[str, Line] = {}
    rows = []
    for line in table.lines():
        label = table.text(line, "id")
        place = table.place(line, "id")
        token = _token(label)
        if not label:
            faults.add(place, "the id is missing.")
        elif len(label) > LONGEST_LABEL or not 0 < len(token) <= LONGEST_ID["control"]:
            faults.add(
                place,
                f"{label[:60]!r} is not an id: it needs a letter or digit, and at most "
                f"{LONGEST_LABEL} characters.",
            )
        elif token in first:
            other = first[token]
            faults.add(place, f"{label!r} stands in row {other.number} already.")
        else:
            first[token] = line
            rows.append(_Row(token, label, table.text(line, "parent"), line))
    return rows


def _token(label: str) -> str:
    """Return OSCAL's token of a printed id, empty where it holds none."""
    try:
        return control_token(label)
    except ValueError:
        return ""


def _control(
    table: Table,
    row: _Row,
    by_label: dict[str, str],
    tokens: set[str],
    faults: Faults,
) -> ParsedControl:
    parent = ""
    if row.parent:
        token = _token(row.parent)
        parent = by_label.get(row.parent.lower()) or (token if token in tokens else "")
        if not parent:
            faults.add(table.place(row.line, "parent"), f"{row.parent!r} is no id here.")
    title = table.text(row.line, "title")
    text = table.block(row.line, "text")
    for name, found, longest in (
        ("title", title, LONGEST_TITLE),
        ("text", text, LONGEST_TEXT),
    ):
        if len(found) > longest:
            faults.add(
                table.place(row.line, name), f"is longer than {longest:,} characters."
            )
    group = table.text(row.line, "group")[:200]
    return ParsedControl(
        control_id=row.token,
        label=row.label,
        title=title,
        group_id=_token(group)[:80] if group else _group(row.label),
        group_title=group,
        parent=parent,
        withdrawn=False,
        params={},
        parts=(Part(f"{row.token}_smt", "statement", "", text, ""),) if text else (),
    )


def _group(label: str) -> str:
    """Return the family of a printed id: `a.5` of A.5.1, `iam` of IAM-07."""
    for separator in ("-", "."):
        head, found, _ = label.rpartition(separator)
        if found and head:
            return _token(head)[:80]
    return ""


def _check_circles(
    table: Table, rows: list[_Row], parents: dict[str, str], faults: Faults
) -> None:
    """Note controls that stand within themselves."""
    told: set[str] = set()
    for row in rows:
        way = [row.token]
        while (parent := parents.get(way[-1], "")) and parent not in way:
            way.append(parent)
        if parent == row.token and row.token not in told:
            told |= set(way)
            faults.add(
                table.place(row.line, "parent"), f"{row.label} stands within itself."
            )
