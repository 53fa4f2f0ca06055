"""Writes the FedRAMP SSP Appendix J workbook: the CIS and CRM sheets of Rev 5, v1.1.

Headers and ticks are those of the published template (GSA, public domain); its guidance
and its other baselines are left to the template.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from controls.choices import (
    Inheritability,
    Kind,
    Origination,
    RowStatus,
)
from controls.models import ImportedMatrix, System
from controls.queries.apart import Answer, of_controls
from controls.queries.matrix import Row as MatrixRow
from controls.queries.matrix import matrix as matrix_of
from controls.rules.cells import defuse
from controls.rules.moments import Moment

STATUSES: Mapping[str, str] = {
    RowStatus.IMPLEMENTED: "Implemented",
    RowStatus.PARTIAL: "Partially Implemented",
    RowStatus.PLANNED: "Planned",
    RowStatus.ALTERNATIVE: "Alternative Implementation",
    RowStatus.NOT_APPLICABLE: "N/A",
}
ORIGINATIONS: Mapping[str, str] = {
    Origination.SP_CORPORATE: "Service Provider Corporate",
    Origination.SP_SYSTEM: "Service Provider System Specific",
    Origination.SP_HYBRID: "Service Provider Hybrid (Corporate and System Specific)",
    Origination.CUSTOMER_CONFIGURED: "Configured by Customer (Customer System Specific)",
    Origination.CUSTOMER_PROVIDED: "Provided by Customer (Customer System Specific)",
    Origination.SHARED: "Shared (Service Provider and Customer Responsibility)",
    # Two spaces, as published.
    Origination.INHERITED: "Inherited from Pre-Existing  Authorization",
}
OFFERS: Mapping[str, str] = {
    Inheritability.YES: "Yes",
    Inheritability.PARTIAL: "Partial",
    Inheritability.NO: "No",
    "": "",
}
ID = "Control ID"
INHERIT = "Can Be Inherited from CSP"
TEXT = "Specific Inheritance and Customer Agency/CSP Responsibilities"
TICK = "X"
LONGEST_CELL = 32_767
"""Characters that a cell of a workbook may hold (ECMA-376)."""

FROM_KIND: Mapping[str, tuple[str, ...]] = {
    Kind.INHERITED: (Origination.INHERITED,),
    Kind.SHARED: (Origination.SP_SYSTEM, Origination.INHERITED),
    Kind.CUSTOMER_SPECIFIC: (Origination.SP_SYSTEM,),
}
"""What our own decisions mean from the seat of the one who writes the workbook: us. What
AWS does is inherited by us; what is ours is specific to our system.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of both sheets."""

    printed_id: str
    statuses: tuple[str, ...] = ()
    originations: tuple[str, ...] = ()
    inheritable: str = ""
    text: str = ""


def rows_of_matrix(matrix: ImportedMatrix) -> list[Row]:
    """Return the rows of an imported matrix, as entered, in their order. One query."""
    return [
        Row(
            row.printed_id,
            tuple(row.statuses),
            tuple(row.originations),
            row.inheritable,
            row.text,
        )
        for row in matrix.rows.order_by("order")
    ]


def rows_of_system(system: System, *, moment: Moment) -> list[Row]:
    """Return a system's own responsibilities, decided or else derived, at a moment.

    A row for each lettered statement, as the workbook has them; for the control where its
    text has none. What is decided on the items within a statement is told on its row.
    """
    whole = matrix_of(system=system, moment=moment).rows
    answers = of_controls(whole, system=system.pk, moment=moment)
    found = []
    for row in whole:
        listed = answers[row.control.pk]
        outermost = min((answer.depth for answer in listed), default=0)
        lettered: list[list[Answer]] = []
        for answer in listed:
            if answer.depth == outermost:
                lettered.append([])
            lettered[-1].append(answer)
        found += [_row(row.control.label, within) for within in lettered] or [
            _row(row.control.label, [row])
        ]
    return found


def _row(label: str, told: Sequence[Answer] | Sequence[MatrixRow]) -> Row:
    """Return the row of a statement, with its items behind it, or of a control."""
    first = told[0]
    if isinstance(first, Answer):
        label = f"{label} ({first.printed.strip('.')})"
    rows = {}
    for one in told:
        row = one.row if isinstance(one, Answer) else one
        rows[row.responsibility.pk] = row
    decisions = [row.decision for row in rows.values() if row.decision]
    texts = [decision.customer_statement for decision in decisions]
    return Row(
        printed_id=label,
        statuses=tuple(
            dict.fromkeys(
                decision.implementation_status
                for decision in decisions
                if decision.implementation_status
            )
        ),
        originations=tuple(
            dict.fromkeys(
                token for row in rows.values() for token in FROM_KIND.get(row.kind, ())
            )
        ),
        text="\n".join(dict.fromkeys(text for text in texts if text)),
    )


def workbook(rows: Iterable[Row], *, title: str, at: datetime) -> bytes:
    """Return the workbook. The same rows and instant give the same bytes.

    Raises ValueError where a text is longer than a cell of a workbook may be.
    """
    listed = list(rows)
    out = io.BytesIO()
    # Every cell is text, whatever it begins with: no formula, no link.
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    book = xlsxwriter.Workbook(out, options)
    book.set_properties(
        {"title": title, "created": at.astimezone(UTC).replace(tzinfo=None)}
    )
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1})
    mark = book.add_format({"align": "center", "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    _cis(book.add_worksheet("CIS Worksheet"), listed, title, head, mark)
    _crm(book.add_worksheet("CRM Worksheet"), listed, title, head, wrap)
    book.close()
    return out.getvalue()


def _cis(sheet: Any, rows: list[Row], title: str, head: Any, mark: Any) -> None:
    columns = [*STATUSES.items(), *ORIGINATIONS.items()]
    first = 1 + len(STATUSES)
    sheet.merge_range(0, 0, 0, len(columns), f"{title}: CIS Worksheet", head)
    sheet.merge_range(1, 0, 2, 0, ID, head)
    sheet.merge_range(1, 1, 1, first - 1, "Implementation Status", head)
    sheet.merge_range(1, first, 1, len(columns), "Control Origination", head)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, len(columns), 15)
    sheet.freeze_panes(3, 1)
    for column, (_, header) in enumerate(columns, start=1):
        sheet.write_string(2, column, header, head)
    for number, row in enumerate(rows, start=3):
        sheet.write_string(number, 0, row.printed_id)
        ticked = {*row.statuses} | {f"o:{token}" for token in row.originations}
        for column, (token, _) in enumerate(columns, start=1):
            key = token if column < first else f"o:{token}"
            if key in ticked:
                sheet.write_string(number, column, TICK, mark)


def _crm(sheet: Any, rows: list[Row], title: str, head: Any, wrap: Any) -> None:
    sheet.merge_range(0, 0, 0, 2, f"{title}: CRM Worksheet", head)
    for column, header in enumerate((ID, INHERIT, TEXT)):
        sheet.write_string(3, column, header, head)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 90)
    sheet.freeze_panes(4, 1)
    sheet.data_validation(
        4, 1, 4 + len(rows), 1, {"validate": "list", "source": ["No", "Partial", "Yes"]}
    )
    for number, row in enumerate(rows, start=4):
        sheet.write_string(number, 0, row.printed_id)
        if row.inheritable:
            sheet.write_string(number, 1, OFFERS[row.inheritable])
        if row.text:
            if len(row.text) > LONGEST_CELL:
                raise ValueError(f"{row.printed_id}: the text is too long for a cell.")
            sheet.write_string(number, 2, row.text, wrap)


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of the same rows as CSV, which the import reads again."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = (ID, "Implementation Status", "Control Origination", INHERIT, TEXT)
    writer.writerow(header)
    for row in rows:
        cells = (
            row.printed_id,
            "|".join(row.statuses),
            "|".join(row.originations),
            OFFERS[row.inheritable],
            row.text,
        )
        writer.writerow([defuse(cell) for cell in cells])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    if out.getvalue():
        yield out.getvalue()
