"""Reads the FedRAMP SSP Appendix J workbook: CIS and CRM sheets, Rev 5 and Rev 4.

Public domain, GSA. Sheets are found by their names, columns by their headers, rows from
the first id on; the published files differ in all three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controls.choices import MatrixDoubt, MatrixLayout
from controls.errors import InvalidInputError
from controls.importers.matrix_rows import (
    ORIGINATION_WORDS,
    STATUS_WORDS,
    MatrixRow,
    ParsedMatrix,
    doubts_of,
    entered,
    inheritable,
    is_ticked,
    squeeze,
)
from controls.importers.sheets import Line
from controls.rules import printed_ids

ID_HEADER = "control id"
INHERIT_HEADER = "can be inherited"
TEXT_HEADER = "responsibilities"
STATUSES = "Implemented, Partially Implemented, Planned"
ORIGINATIONS = "Service Provider Corporate, Configured by Customer, Shared"
DEEPEST_HEADER = 20
HEADER_LINES = 2


@dataclass(frozen=True, slots=True)
class _Ticks:
    """A CIS sheet's columns: letter → token."""

    ids: str
    statuses: Mapping[str, str]
    originations: Mapping[str, str]
    first: int


@dataclass(frozen=True, slots=True)
class _Words:
    """A CRM sheet's columns."""

    ids: str
    inherit: str
    text: str
    first: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A CIS sheet with the CRM sheet of the same baseline, if there is one."""

    cis: str
    crm: str = ""

    @property
    def baseline(self) -> str:
        """Return what tells the pair from others: `Moderate`; empty in older workbooks."""
        return _baseline(self.cis)


def is_appendix_j(sheets: Mapping[str, Sequence[Line]]) -> bool:
    """Say whether a workbook has a CIS sheet by its name."""
    return any(_is_cis(name) for name in sheets)


def read(
    sheets: Mapping[str, Sequence[Line]], *, file: str, baseline: str = ""
) -> ParsedMatrix:
    """Return the rows of the workbook's filled-in baseline.

    Raises InvalidInputError naming sheet, row and header: without a CIS sheet or its
    columns, and where more than one baseline is filled in and none was named.
    """
    pair = _chosen(sheets, file=file, baseline=baseline)
    ticks = _ticks(sheets[pair.cis], f"{file}, sheet {pair.cis!r}")
    words = _words(sheets[pair.crm], f"{file}, sheet {pair.crm!r}") if pair.crm else None
    said = _by_id(sheets[pair.crm], words) if words else {}
    rows = list(_rows(sheets, pair, ticks, words, said))
    if not rows:
        raise InvalidInputError("There is no row with a control id.", place=file)
    return ParsedMatrix(
        layout=MatrixLayout.APPENDIX_J,
        rows=rows,
        columns={
            pair.cis: _headers(sheets[pair.cis], ticks.first),
            **({pair.crm: _headers(sheets[pair.crm], words.first)} if words else {}),
        },
    )


def pairs(sheets: Mapping[str, Sequence[Line]]) -> list[Pair]:
    """Return the CIS sheets, each with its CRM sheet."""
    crms = [name for name in sheets if _is_crm(name)]
    found = []
    for name in (name for name in sheets if _is_cis(name)):
        same = [crm for crm in crms if _baseline(crm) == _baseline(name)]
        # An older workbook has one sheet of each, named as its provider liked.
        fits = same or (crms if len(crms) == 1 else [])
        found.append(Pair(name, fits[0] if fits else ""))
    return found


def _chosen(sheets: Mapping[str, Sequence[Line]], *, file: str, baseline: str) -> Pair:
    known = pairs(sheets)
    if not known:
        names = ", ".join(map(repr, sheets))
        raise InvalidInputError(
            f"No sheet is a CIS worksheet; there are {names}.", place=file
        )
    if baseline:
        named = [pair for pair in known if pair.baseline == baseline.lower()]
        if not named:
            offered = ", ".join(sorted(pair.baseline for pair in known))
            raise InvalidInputError(
                f"There is no baseline {baseline!r}; there are: {offered}.", place=file
            )
        return named[0]
    if len(known) == 1:
        return known[0]
    filled = [pair for pair in known if _is_filled(sheets[pair.cis], file, pair.cis)]
    if len(filled) == 1:
        return filled[0]
    offered = ", ".join(pair.baseline for pair in filled or known)
    many = "More than one baseline is filled in" if filled else "No baseline is filled in"
    raise InvalidInputError(f"{many}: name one of {offered}.", place=file)


def _is_filled(lines: Sequence[Line], file: str, sheet: str) -> bool:
    ticks = _ticks(lines, f"{file}, sheet {sheet!r}")
    letters = {*ticks.statuses, *ticks.originations}
    return any(letters & set(line.cells) for line in lines if line.number >= ticks.first)


def _ticks(lines: Sequence[Line], place: str) -> _Ticks:
    top, letter = _id_header(lines, place)
    heads = [
        line for line in lines if top.number <= line.number <= top.number + HEADER_LINES
    ]
    first = next(
        (line.number for line in heads[1:] if printed_ids.read(line.cells.get(letter, ""))),
        heads[-1].number + 1,
    )
    statuses: dict[str, str] = {}
    originations: dict[str, str] = {}
    for line in heads:
        if line.number >= first:
            break
        for column, text in line.cells.items():
            word = squeeze(text)
            if token := STATUS_WORDS.get(word):
                statuses.setdefault(column, token)
            elif token := ORIGINATION_WORDS.get(word):
                originations.setdefault(column, token)
    for what, found, words in (
        ("implementation status", statuses, STATUSES),
        ("control origination", originations, ORIGINATIONS),
    ):
        if not found:
            raise InvalidInputError(
                f"No column of {what} is headed as in the published workbook ({words} …).",
                place=f"{place}, row {top.number}",
            )
    return _Ticks(letter, statuses, originations, first)


def _words(lines: Sequence[Line], place: str) -> _Words:
    top, letter = _id_header(lines, place)
    inherit = text = ""
    for column, cell in top.cells.items():
        word = squeeze(cell)
        if word.startswith(INHERIT_HEADER):
            inherit = inherit or column
        elif TEXT_HEADER in word:
            text = text or column
    for what, found in ((INHERIT_HEADER, inherit), (TEXT_HEADER, text)):
        if not found:
            raise InvalidInputError(
                f"No column is headed {what!r}.", place=f"{place}, row {top.number}"
            )
    return _Words(letter, inherit, text, top.number + 1)


def _id_header(lines: Sequence[Line], place: str) -> tuple[Line, str]:
    for line in lines:
        if line.number > DEEPEST_HEADER:
            break
        for letter, text in line.cells.items():
            if squeeze(text) == ID_HEADER:
                return line, letter
    raise InvalidInputError(
        f"No cell of the first {DEEPEST_HEADER} rows reads 'Control ID'.", place=place
    )


def _by_id(lines: Sequence[Line], words: _Words) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.number >= words.first and line.cells:
            found.setdefault(_key(line.cells.get(words.ids, "")), []).append(line)
    return found


def _rows(
    sheets: Mapping[str, Sequence[Line]],
    pair: Pair,
    ticks: _Ticks,
    words: _Words | None,
    said: dict[str, list[Line]],
) -> Iterator[MatrixRow]:
    """Yield the CIS sheet's rows with what the CRM sheet says of each, then its others."""
    used = {*ticks.statuses, *ticks.originations, ticks.ids}
    for line in sheets[pair.cis]:
        if line.number < ticks.first or not used & set(line.cells):
            continue
        printed = line.cells.get(ticks.ids, "")
        beside = said.get(_key(printed), [])
        yield _row(pair, line, ticks, beside.pop(0) if beside else None, words)
    for left in said.values():
        for line in left:
            assert words is not None  # noqa: S101 - lines come from its sheet
            if {words.ids, words.inherit, words.text} & set(line.cells):
                yield _alone(pair, line, words)


def _row(
    pair: Pair, line: Line, ticks: _Ticks, beside: Line | None, words: _Words | None
) -> MatrixRow:
    statuses, known = _ticked(line, ticks.statuses)
    originations, also_known = _ticked(line, ticks.originations)
    cells = entered(pair.cis, line)
    doubts = list(doubts_of(known, also_known))
    offer = text = ""
    if beside is not None and words is not None:
        cells |= entered(pair.crm, beside)
        offer, understood = inheritable(beside.cells.get(words.inherit, ""))
        doubts += [doubt for doubt in doubts_of(understood) if doubt not in doubts]
        text = beside.cells.get(words.text, "")
    elif words is not None:
        doubts.append(MatrixDoubt.SHEET_DISAGREES)
    return MatrixRow(
        printed_id=line.cells.get(ticks.ids, ""),
        statuses=statuses,
        originations=originations,
        inheritable=offer,
        text=text,
        cells=cells,
        doubts=tuple(doubts),
    )


def _alone(pair: Pair, line: Line, words: _Words) -> MatrixRow:
    """Return a row that only the CRM sheet has."""
    offer, understood = inheritable(line.cells.get(words.inherit, ""))
    return MatrixRow(
        printed_id=line.cells.get(words.ids, ""),
        inheritable=offer,
        text=line.cells.get(words.text, ""),
        cells=entered(pair.crm, line),
        doubts=(*doubts_of(understood), MatrixDoubt.SHEET_DISAGREES),
    )


def _ticked(line: Line, columns: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    answers = {
        token: is_ticked(line.cells.get(letter, "")) for letter, token in columns.items()
    }
    return (
        tuple(token for token, answer in answers.items() if answer),
        None not in answers.values(),
    )


def _headers(lines: Sequence[Line], first: int) -> dict[str, str]:
    """Return the headers as entered: the lowest text above the rows, by column."""
    found: dict[str, str] = {"first_row": str(first)}
    for line in lines:
        if line.number >= first:
            break
        if line.number >= first - HEADER_LINES - 1:
            found |= line.cells
    return found


def _key(printed: str) -> str:
    named = printed_ids.read(printed)
    return named.statement_id if named else " ".join(printed.lower().split())


def _is_cis(name: str) -> bool:
    return "cis" in squeeze(name).split()


def _is_crm(name: str) -> bool:
    words = squeeze(name).split()
    return "crm" in words and "example" not in words


def _baseline(name: str) -> str:
    drop = {"cis", "crm", "worksheet"}
    return " ".join(word for word in squeeze(name).split() if word not in drop)
