"""Workbooks and CSV files made for a test."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl

Rows = Sequence[Sequence[Any]]


def a_workbook(sheets: Mapping[str, Rows], change: Callable[[Any], None] | None = None):
    """The bytes of a workbook with these rows; `change` may do more to it."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def a_package(files: Mapping[str, bytes]) -> bytes:
    """The bytes of a ZIP file that holds these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return out.getvalue()


def with_part(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part of its package replaced or added."""
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        files = {n: package.read(n) for n in package.namelist()}
    files[name] = change(files.get(name, b""))
    return a_package(files)
