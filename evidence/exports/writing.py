"""Rows as CSV (RFC 4180) or as one JSON object a line, in pieces as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from controls.rules.hashing import canonical, stamp
from evidence.exports.tables import Column, Row
from evidence.rules.cells import defuse

PIECE = 32 * 1024
"""Characters after which a piece is handed on; the first row goes at once."""

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson; charset=utf-8",
}

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


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
    listed = [n for n, column in enumerate(columns) if column.type == "list"]
    limit = 0
    for row in rows:
        cells = list(row)
        for n in listed:
            cells[n] = " ".join(cells[n])
        writer.writerow([_CELLS.get(type(v), str)(v) for v in cells])
        if buffer.tell() > limit:
            yield _emptied(buffer)
            limit = PIECE
    if buffer.tell():
        yield _emptied(buffer)


def _ndjson(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield an object for each row, its names in the order of the columns."""
    names = [column.name for column in columns]
    buffer = StringIO(newline="")
    limit = 0
    for row in rows:
        values = [_as_it_is(v) if type(v) in _PLAIN else _written(v) for v in row]
        buffer.write(_encode(dict(zip(names, values, strict=True))))
        buffer.write("\n")
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


def _as_it_is(value: Any) -> Any:
    return value


def _written(value: Any) -> str:
    return stamp(value) if isinstance(value, datetime) else str(value)


_PLAIN = frozenset({str, int, bool, type(None), list, dict})
_CELLS: dict[type, Callable[[Any], str]] = {
    str: defuse,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "",
    datetime: stamp,
    list: lambda value: defuse(_encode(value)),
    dict: lambda value: canonical(value).decode(),
}
"""Type of a value → its cell; numbers, dates and uuids are written as they are."""
