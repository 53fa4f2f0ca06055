"""What every layout of a provider's matrix is read into: rows as entered, and as read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from controls.choices import Inheritability, MatrixDoubt, Origination, RowStatus
from controls.importers.sheets import Line

TICKS = frozenset({"x", "✓", "✔", "☒", "☑", "yes", "y", "true", "1"})
BLANKS = frozenset({"", "-", "\N{EN DASH}", "no", "n", "false", "0", "☐"})
SEPARATORS = re.compile(r"[|;\n]|,(?!\s*and\b)")


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One row of a matrix. `cells` holds all that was entered, by sheet."""

    printed_id: str
    statuses: tuple[str, ...] = ()
    originations: tuple[str, ...] = ()
    inheritable: str = ""
    text: str = ""
    cells: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    statement_id: str = ""
    """Where the file itself names it, as OSCAL does; else it is read from the id."""


@dataclass(frozen=True, slots=True)
class ParsedMatrix:
    """All of a file: its layout, its rows in order, its headers by sheet."""

    layout: str
    rows: Sequence[MatrixRow]
    columns: Mapping[str, Mapping[str, str]]
    mapping: Mapping[str, str] = field(default_factory=dict)
    """What → header as printed, for tables, to be remembered."""


def squeeze(text: str) -> str:
    """Return a header or value as it is compared: one space between words, small letters,
    without what stands in brackets.
    """
    return " ".join(re.sub(r"\([^)]*\)", " ", text).lower().split())


def is_ticked(text: str) -> bool | None:
    """Say whether a cell is ticked; None where it holds neither a tick nor nothing."""
    word = text.strip().lower()
    if word in TICKS:
        return True
    return False if word in BLANKS else None


STATUS_WORDS: Mapping[str, str] = {
    "implemented": RowStatus.IMPLEMENTED,
    "partially implemented": RowStatus.PARTIAL,
    "partial": RowStatus.PARTIAL,
    "planned": RowStatus.PLANNED,
    "alternative implementation": RowStatus.ALTERNATIVE,
    "alternative": RowStatus.ALTERNATIVE,
    "n/a": RowStatus.NOT_APPLICABLE,
    "not applicable": RowStatus.NOT_APPLICABLE,
    "not-applicable": RowStatus.NOT_APPLICABLE,
}
ORIGINATION_WORDS: Mapping[str, str] = {
    "service provider corporate": Origination.SP_CORPORATE,
    "sp-corporate": Origination.SP_CORPORATE,
    "organization": Origination.SP_CORPORATE,
    "service provider system specific": Origination.SP_SYSTEM,
    "sp-system": Origination.SP_SYSTEM,
    "system-specific": Origination.SP_SYSTEM,
    "service provider hybrid": Origination.SP_HYBRID,
    "sp-hybrid": Origination.SP_HYBRID,
    "configured by customer": Origination.CUSTOMER_CONFIGURED,
    "customer-configured": Origination.CUSTOMER_CONFIGURED,
    "provided by customer": Origination.CUSTOMER_PROVIDED,
    "customer-provided": Origination.CUSTOMER_PROVIDED,
    "shared": Origination.SHARED,
    "inherited from pre-existing authorization": Origination.INHERITED,
    "inherited from pre-existing provisional authorization": Origination.INHERITED,
    "inherited": Origination.INHERITED,
}
INHERITABLE_WORDS: Mapping[str, str] = {
    "yes": Inheritability.YES,
    "full": Inheritability.YES,
    "fully": Inheritability.YES,
    "inherited": Inheritability.YES,
    "partial": Inheritability.PARTIAL,
    "partially": Inheritability.PARTIAL,
    "shared": Inheritability.PARTIAL,
    "no": Inheritability.NO,
    "none": Inheritability.NO,
    "customer": Inheritability.NO,
}


def several(text: str, words: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    """Return the tokens of a cell that may name several, and whether all were known."""
    parts = [part for part in map(squeeze, SEPARATORS.split(text)) if part]
    found = [words.get(part) for part in parts]
    known = tuple(dict.fromkeys(token for token in found if token is not None))
    return known, None not in found


def inheritable(text: str) -> tuple[str, bool]:
    """Return the token of "can be inherited", and whether the cell was understood."""
    word = squeeze(text)
    if not word:
        return "", True
    return (INHERITABLE_WORDS[word], True) if word in INHERITABLE_WORDS else ("", False)


def doubts_of(*understood: bool) -> tuple[str, ...]:
    """Return the doubt about values, unless every cell was understood."""
    return () if all(understood) else (MatrixDoubt.VALUE_UNKNOWN,)


def entered(sheet: str, line: Line) -> dict[str, dict[str, str | int]]:
    """Return the cells of a line as they are kept."""
    return {sheet: {"row": line.number, **line.cells}}


def header_letters(lines: Iterable[Line]) -> dict[str, str]:
    """Return squeezed header → column letter over several header lines, the first wins."""
    found: dict[str, str] = {}
    for line in lines:
        for letter, text in line.cells.items():
            found.setdefault(squeeze(text), letter)
    return found
