"""Reads a crosswalk from a table, CSV or XLSX. Never writes.

Columns: source catalog, source id, relation, target catalog, target id, grade. Catalogs are
named by key, `key@version` or title; ids as printed or as OSCAL's tokens. Without a word on
it, controls intersect, and the mapping is the organisation's own judgement.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from controls.choices import MappingGrade, MappingRelation
from controls.errors import InvalidInputError
from controls.importers import crosswalks
from controls.importers.crosswalks import End, ParsedMapping, ParsedPair
from controls.importers.headed import Column, Faults, Table, find_table
from controls.importers.sheets import Book, Line
from controls.importers.tables import parse_book, read_book
from controls.rules.references import Reference

COLUMNS = (
    Column(("source catalog", "source framework"), is_required=True),
    Column(("source id", "source control", "source"), is_required=True),
    Column(("relation", "relationship")),
    Column(("target catalog", "target framework"), is_required=True),
    Column(("target id", "target control", "target"), is_required=True),
    Column(("grade", "confidence")),
)
NEEDED = ("source catalog", "source id", "target catalog", "target id")


def read_table(path: Path, *, sheet: str = "") -> ParsedMapping:
    """Return the mappings in a file. Raises InvalidInputError naming sheet, row, column."""
    return mapping_of(read_book(path), sheet=sheet)


def parse_table(file: IO[bytes], *, name: str, sheet: str = "") -> ParsedMapping:
    """Return the mappings in an open file. Raises InvalidInputError likewise."""
    return mapping_of(parse_book(file, name=name), sheet=sheet)


def mapping_of(book: Book, *, sheet: str = "") -> ParsedMapping:
    """Return the mappings in a book of tables. Raises InvalidInputError."""
    table = find_table(book, COLUMNS, sheet=sheet)
    faults = Faults()
    pairs = [
        pair for line in table.lines() if (pair := _pair(table, line, faults)) is not None
    ]
    faults.check()
    if not pairs:
        place = table.place(Line(table.top, {}))
        raise InvalidInputError(f"{place}: no row stands below the header.", place=place)
    return ParsedMapping(Path(book.file).stem, book.file, book.sha256, tuple(pairs))


def _pair(table: Table, line: Line, faults: Faults) -> ParsedPair | None:
    empty = [name for name in NEEDED if not table.text(line, name)]
    for name in empty:
        faults.add(table.place(line, name), f"the {name} is missing.")
    said = table.text(line, "relation")
    sure = table.text(line, "grade")
    relation = crosswalks.relation(said) if said else MappingRelation.INTERSECTS_WITH
    grade = crosswalks.grade(sure) if sure else MappingGrade.EDITORIAL
    if relation is None:
        known = ", ".join(MappingRelation.values)
        faults.add(
            table.place(line, "relation"), f"{said[:40]!r} is no relation. Known: {known}."
        )
    if grade is None:
        faults.add(
            table.place(line, "grade"),
            f"{sure[:40]!r} is no grade: D published, W weak, E editorial.",
        )
    if empty or relation is None or grade is None:
        return None
    return ParsedPair(
        _end(table, line, "source"),
        _end(table, line, "target"),
        str(relation),
        str(grade),
        table.place(line),
    )


def _end(table: Table, line: Line, side: str) -> End:
    name = table.text(line, f"{side} catalog")
    return End(
        catalog=Reference(told=repr(name), words=(name,)),
        printed_id=table.text(line, f"{side} id"),
        place=table.place(line, f"{side} id"),
    )
