"""Reads what a provider offers from its OSCAL system security plan (a leveraged SSP).

OSCAL 1.1 and later: `by-components[].export` holds what is provided and which
responsibilities are left, on statements or on whole requirements.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from controls.choices import Inheritability, MatrixLayout, Origination, RowStatus
from controls.errors import InvalidInputError
from controls.importers.matrix_rows import (
    ORIGINATION_WORDS,
    MatrixRow,
    ParsedMatrix,
)

SHEET = "implemented-requirements"
STATES = frozenset(RowStatus.values)


def is_ssp(document: Any) -> bool:
    """Say whether a JSON document is a system security plan."""
    return isinstance(document, dict) and "system-security-plan" in document


def read(data: bytes, *, file: str) -> ParsedMatrix:
    """Return a row for each statement, and for each requirement, that exports something.

    Raises InvalidInputError naming file and place.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"This is not JSON: {error}.", place=file) from None
    if not is_ssp(document):
        raise InvalidInputError(
            "This is not an OSCAL system security plan: it has no 'system-security-plan'.",
            place=file,
        )
    rows = list(_requirements(document["system-security-plan"], file))
    if not rows:
        raise InvalidInputError(
            "No requirement exports what it provides or which responsibilities it leaves.",
            place=file,
        )
    return ParsedMatrix(layout=MatrixLayout.OSCAL_SSP, rows=rows, columns={SHEET: {}})


def _requirements(plan: Any, file: str) -> Iterator[MatrixRow]:
    listed = _get(_get(plan, "control-implementation"), "implemented-requirements", [])
    if not isinstance(listed, list):
        raise InvalidInputError(
            "'implemented-requirements' is not a list.", place=f"{file}, {SHEET}"
        )
    for number, item in enumerate(listed, start=1):
        control = _get(item, "control-id", "")
        if not isinstance(control, str) or not control:
            raise InvalidInputError(
                "It has no 'control-id'.", place=f"{file}, {SHEET}[{number}]"
            )
        props = _originations(item)
        if row := _row(item, control, "", number, props):
            yield row
        for statement in _get(item, "statements", []):
            named = str(_get(statement, "statement-id", ""))
            if row := _row(statement, control, named, number, props):
                yield row


def _row(
    item: Any, control: str, statement: str, number: int, props: tuple[str, ...]
) -> MatrixRow | None:
    provided: list[str] = []
    left: list[str] = []
    statuses: dict[str, None] = {}
    for component in _get(item, "by-components", []):
        export = _get(component, "export", {})
        provided += _told(export, "provided")
        left += _told(export, "responsibilities")
        state = _get(_get(component, "implementation-status", {}), "state", "")
        if state in STATES and (
            _told(export, "provided") or _told(export, "responsibilities")
        ):
            statuses[state] = None
    if not provided and not left:
        return None
    text = "\n\n".join(left)
    return MatrixRow(
        printed_id=control,
        statuses=tuple(statuses),
        originations=_originations(item) or props or _from_atoms(provided, left),
        inheritable=_offer(provided, left),
        text=text,
        cells={
            SHEET: {
                "row": number,
                "control-id": control,
                **({"statement-id": statement} if statement else {}),
                "provided": "\n\n".join(provided),
                "responsibilities": text,
            }
        },
        statement_id=statement,
    )


def _offer(provided: list[str], left: list[str]) -> str:
    if not provided:
        return Inheritability.NO
    return Inheritability.PARTIAL if left else Inheritability.YES


def _from_atoms(provided: list[str], left: list[str]) -> tuple[str, ...]:
    if not provided:
        return (Origination.CUSTOMER_PROVIDED,)
    return (Origination.SHARED,) if left else (Origination.SP_SYSTEM,)


def _originations(item: Any) -> tuple[str, ...]:
    values = [
        str(_get(prop, "value", ""))
        for prop in _get(item, "props", [])
        if _get(prop, "name") == "control-origination"
    ]
    known = (ORIGINATION_WORDS.get(value) for value in values)
    return tuple(dict.fromkeys(token for token in known if token))


def _told(export: Any, name: str) -> list[str]:
    return [
        str(_get(item, "description", "")).strip()
        for item in _get(export, name, [])
        if isinstance(item, Mapping)
    ]


def _get(item: Any, name: str, default: Any = None) -> Any:
    """Return a member of an object, of its default's kind; people's files vary."""
    found = item.get(name, default) if isinstance(item, Mapping) else default
    if default is not None and not isinstance(found, type(default)):
        return default
    return found
