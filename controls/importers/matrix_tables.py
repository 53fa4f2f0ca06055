"""Reads a provider's matrix from a plain table, whose columns a person names once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from controls.choices import MatrixLayout
from controls.errors import InvalidInputError
from controls.importers.matrix_rows import (
    ORIGINATION_WORDS,
    STATUS_WORDS,
    MatrixRow,
    ParsedMatrix,
    doubts_of,
    entered,
    header_letters,
    inheritable,
    several,
    squeeze,
)
from controls.importers.sheets import Line
from controls.rules.cells import restore

FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("control id", "raw_control_id", "control_id", "requirement", "control", "id"),
    "status": ("implementation status", "implementation_status", "status"),
    "origination": ("control origination", "control_origination", "origination"),
    "inheritable": ("can be inherited from csp", "can_be_inherited", "inheritable"),
    "text": (
        "responsibility_text",
        "customer responsibility",
        "customer responsibilities",
        "responsibilities",
        "specific inheritance and customer agency/csp responsibilities",
    ),
}
"""What a table may tell, and the headers by which it is found where nobody says."""

DEEPEST_HEADER = 10


def guess(lines: Sequence[Line]) -> dict[str, str]:
    """Return what → header as printed, as far as the headers say it themselves."""
    _, letters, printed = _head(lines)
    found = {}
    for what, names in FIELDS.items():
        for name in names:
            if name in letters:
                found[what] = printed[letters[name]]
                break
    return found


def present(lines: Sequence[Line], columns: Mapping[str, str]) -> dict[str, str]:
    """Return those of the columns whose header the table has."""
    _, letters, _ = _head(lines)
    return {what: name for what, name in columns.items() if squeeze(name) in letters}


def read(
    lines: Sequence[Line], *, sheet: str, place: str, mapping: Mapping[str, str]
) -> ParsedMatrix:
    """Return the rows of a table whose columns `mapping` names, what → header.

    Raises InvalidInputError naming place and header: where a header is not there, the id
    has no column, or nothing beside the id is told.
    """
    top, letters, printed = _head(lines)
    columns = _columns(mapping, letters, printed, f"{place}, row {top}")
    rows = [
        _row(line, sheet, columns)
        for line in lines
        if line.number > top and set(columns.values()) & set(line.cells)
    ]
    if not rows:
        raise InvalidInputError("There is no row below the headers.", place=place)
    return ParsedMatrix(
        layout=MatrixLayout.TABLE,
        rows=rows,
        columns={sheet: {"first_row": str(top + 1), **printed}},
        mapping={what: printed[letter] for what, letter in columns.items()},
    )


def _columns(
    mapping: Mapping[str, str],
    letters: Mapping[str, str],
    printed: Mapping[str, str],
    place: str,
) -> dict[str, str]:
    offered = ", ".join(printed.values())
    unknown = sorted(set(mapping) - set(FIELDS))
    if unknown:
        raise InvalidInputError(
            f"{unknown[0]!r} cannot be mapped; map {', '.join(FIELDS)}.", place=place
        )
    if "id" not in mapping:
        raise InvalidInputError(
            f"No column holds the control id. There are: {offered}.", place=place
        )
    missing = [header for header in mapping.values() if squeeze(header) not in letters]
    if missing:
        raise InvalidInputError(
            f"No column is headed {missing[0]!r}. There are: {offered}.", place=place
        )
    if not set(mapping) & {"origination", "inheritable"}:
        raise InvalidInputError(
            "Map a column of origination or of what can be inherited.", place=place
        )
    return {what: letters[squeeze(header)] for what, header in mapping.items()}


def _head(lines: Sequence[Line]) -> tuple[int, dict[str, str], dict[str, str]]:
    """Return the header line: the first with two texts or more."""
    for line in lines:
        if line.number > DEEPEST_HEADER:
            break
        if len(line.cells) > 1:
            return line.number, header_letters([line]), dict(line.cells)
    raise InvalidInputError(
        f"None of the first {DEEPEST_HEADER} rows names two columns.", place="row 1"
    )


def _row(line: Line, sheet: str, columns: Mapping[str, str]) -> MatrixRow:
    def cell(what: str) -> str:
        # Tables that SRM writes carry a ' before what a program might take for a formula.
        return restore(line.cells.get(columns.get(what, ""), ""))

    statuses, known = several(cell("status"), STATUS_WORDS)
    originations, also = several(cell("origination"), ORIGINATION_WORDS)
    offer, understood = inheritable(cell("inheritable"))
    return MatrixRow(
        printed_id=cell("id"),
        statuses=statuses,
        originations=originations,
        inheritable=offer,
        text=cell("text"),
        cells=entered(sheet, line),
        doubts=doubts_of(known, also, understood),
    )


def rows_of(parsed: ParsedMatrix) -> Iterator[Mapping[str, str]]:
    """Yield the rows as the plain table writes them, by the names that `guess` knows."""
    for row in parsed.rows:
        yield {
            "control id": row.printed_id,
            "implementation status": "|".join(row.statuses),
            "control origination": "|".join(row.originations),
            "can be inherited from csp": row.inheritable,
            "customer responsibilities": row.text,
        }
