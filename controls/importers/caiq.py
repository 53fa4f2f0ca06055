"""Reads a provider's CAIQ with its SSRM columns, from a user's own copy of the file.

CSA, CAIQ v4: the layout's headers and the five values of the ownership column. The
questions themselves are the publisher's and are never kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controls.choices import Inheritability, MatrixLayout, Origination, RowStatus
from controls.errors import InvalidInputError
from controls.importers.matrix_rows import (
    MatrixRow,
    ParsedMatrix,
    doubts_of,
    header_letters,
    squeeze,
)
from controls.importers.sheets import Line

DEEPEST_HEADER = 6
QUESTION, ANSWER = "question id", "csp caiq answer"
OWNERSHIP = "ssrm control ownership"
DESCRIPTION, DUTY = "csp implementation description", "csc responsibilities"
CONTROL = "ccm control id"
KEPT = (QUESTION, ANSWER, OWNERSHIP, DESCRIPTION, DUTY, CONTROL)
"""The provider's own columns. Those that hold the publisher's text are left out."""

OWNERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "csp-owned": ((Origination.SP_SYSTEM,), Inheritability.YES),
    "csc-owned": ((Origination.CUSTOMER_PROVIDED,), Inheritability.NO),
    # The customer has no duty, and the provider stays accountable (CCM STA-04).
    "3rd-party outsourced": ((Origination.INHERITED,), Inheritability.YES),
    "shared csp and csc": ((Origination.SHARED,), Inheritability.PARTIAL),
    "shared csp and 3rd-party": (
        (Origination.SP_SYSTEM, Origination.INHERITED),
        Inheritability.YES,
    ),
}
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "yes": (RowStatus.IMPLEMENTED,),
    "no": (),
    "na": (RowStatus.NOT_APPLICABLE,),
    "n/a": (RowStatus.NOT_APPLICABLE,),
    "": (),
}


def sheet_of(sheets: Mapping[str, Sequence[Line]]) -> str:
    """Return the name of the sheet with the SSRM columns; empty where there is none."""
    for name, lines in sheets.items():
        if any(OWNERSHIP in header_letters([line]) for line in lines[:DEEPEST_HEADER]):
            return name
    return ""


def read(lines: Sequence[Line], *, sheet: str, place: str) -> ParsedMatrix:
    """Return one row for each question, under the id of its control where that is given.

    Raises InvalidInputError naming place and header.
    """
    top = next(
        line for line in lines[:DEEPEST_HEADER] if OWNERSHIP in header_letters([line])
    )
    letters = _letters(top)
    for needed in (QUESTION, ANSWER):
        if needed not in letters:
            raise InvalidInputError(
                f"No column is headed {needed!r}.", place=f"{place}, row {top.number}"
            )
    rows = [
        _row(line, sheet, letters)
        for line in lines
        if line.number > top.number and line.cells.get(letters[QUESTION])
    ]
    if not rows:
        raise InvalidInputError("There is no row with a question id.", place=place)
    headers = {letters[name]: top.cells[letters[name]] for name in KEPT if name in letters}
    return ParsedMatrix(
        layout=MatrixLayout.CAIQ,
        rows=rows,
        columns={sheet: {"first_row": str(top.number + 1), **headers}},
    )


def _letters(top: Line) -> dict[str, str]:
    """Return what → letter. A header may go on with (Optional/Recommended)."""
    return {word: letter for word, letter in header_letters([top]).items() if word in KEPT}


def _row(line: Line, sheet: str, letters: Mapping[str, str]) -> MatrixRow:
    def cell(name: str) -> str:
        return line.cells.get(letters.get(name, ""), "")

    owner = squeeze(cell(OWNERSHIP)).replace("third-party", "3rd-party")
    owner = owner.replace("3rd party", "3rd-party")
    originations, offer = OWNERS.get(owner, ((), ""))
    answer = squeeze(cell(ANSWER))
    kept = {
        letter: line.cells[letter] for letter in letters.values() if letter in line.cells
    }
    return MatrixRow(
        # `A&A-01.1` asks about A&A-01.
        printed_id=cell(CONTROL) or cell(QUESTION).rpartition(".")[0] or cell(QUESTION),
        statuses=ANSWERS.get(answer, ()),
        originations=originations,
        inheritable=offer,
        text=cell(DUTY),
        cells={sheet: {"row": line.number, **kept}},
        doubts=doubts_of(not owner or owner in OWNERS, answer in ANSWERS),
    )
