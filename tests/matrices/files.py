"""Small provider files, made here: the published ones are not shipped."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import xlsxwriter

from evidence.exports.appendix_j import Row, table, workbook
from tests.make import MONDAY

ROWS = (
    Row("AC-02 (a)", ("implemented",), ("shared", "inherited"), "partial", "Your part."),
    Row("AC-02 (b)", ("implemented",), ("sp-hybrid",), "no", "We said no."),
    Row("AT-2", ("implemented", "not-applicable"), ("customer-provided",), "no", "Train."),
    Row("PE-3", ("implemented",), ("inherited",), "yes"),
    Row("SI-2", ("partial",), (), "partial"),
    Row("ZZ-9", ("planned",), ("sp-system",), "yes"),
    Row("see above", ("planned",), ("sp-system",), "yes"),
)


def appendix_j(rows: Sequence[Row] = ROWS) -> bytes:
    """A workbook in the official layout."""
    return workbook(rows, title="Cloud", at=MONDAY)


def csv_table(rows: Sequence[Row] = ROWS) -> bytes:
    """The same rows as a table."""
    return "".join(table(rows)).encode()


def sheets(content: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """A workbook of these texts."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, rows in content.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                if text:
                    sheet.write_string(number, column, text)
    book.close()
    return out.getvalue()
