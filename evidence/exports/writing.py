"""Rows as CSV (RFC 4180) or as one JSON object a line, in pieces as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from io import StringIO
from json.encoder import encode_basestring
from typing import Any

from controls.rules.cells import defuse
from controls.rules.hashing import stamp
from evidence.exports.tables import Column, Row

PIECE = 32 * 1024
"""Characters after which a piece is handed on; the first row goes at once."""

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson; charset=utf-8",
}

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
).encode
"""As controls.rules.hashing.canonical, with an encoder that is made once."""


def pieces(form: str, columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a register as bytes. `form` is one of MEDIA_TYPES."""
    return _csv(columns, rows) if form == "csv" else _ndjson(columns, rows)


def _csv(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a line of names and one for each row; CRLF ends a line, UTF-8 without a mark.

    What a sheet would run as a formula has an apostrophe in front.
    """
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    told = [(n, _CELLS[c.type]) for n, c in enumerate(columns) if c.type in _CELLS]
    limit = 0
    for row in rows:
        cells = list(row)
        for n, tell in told:
            value = cells[n]
            if value is not None:
                cells[n] = tell(value)
        writer.writerow(cells)
        if buffer.tell() > limit:
            yield _emptied(buffer)
            limit = PIECE
    if buffer.tell():
        yield _emptied(buffer)


def _ndjson(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield an object for each row, its names in the order of the columns."""
    names = [f"{_encode(column.name)}:" for column in columns]
    buffer = StringIO(newline="")
    limit = 0
    for row in rows:
        told = [
            n + _VALUES.get(type(v), _quoted)(v) for n, v in zip(names, row, strict=True)
        ]
        buffer.write("{" + ",".join(told) + "}\n")
        if buffer.tell() > limit:
            yield _emptied(buffer)
            limit = PIECE
    if buffer.tell():
        yield _emptied(buffer)


def _emptied(buffer: StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _quoted(value: Any) -> str:
    return f'"{value}"'


_CELLS: dict[str, Callable[[Any], str]] = {
    "text": defuse,
    "token": defuse,
    "boolean": lambda value: "true" if value else "false",
    "instant": stamp,
    "list": lambda value: defuse(" ".join(value)),
    "words": lambda value: defuse(_encode(value)),
    "json": _encode,
}
"""Type of a column → its cell; numbers, dates and uuids are written as they are."""

_VALUES: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    datetime: lambda value: f'"{stamp(value)}"',
    list: _encode,
    dict: _encode,
}
"""Type of a value → how JSON writes it; dates and uuids in quotes."""
