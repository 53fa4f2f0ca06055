"""What a register is: columns that are documented, and rows in a total order."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from controls.models import System, Team, User
from controls.rules.moments import Moment

Row = tuple[Any, ...]

TYPES = {
    "text": "what a person wrote",
    "token": "a word of a fixed list, or a key, as stored",
    "uuid": "the identity of a row, the same in the API",
    "integer": "a whole number, zero or more",
    "boolean": "`true` or `false`",
    "date": "a day, `2026-03-31`",
    "instant": "UTC with microseconds, `2026-03-31T12:00:00.000000Z`",
    "list": "tokens; a space between them in CSV, a JSON array in NDJSON",
    "words": "texts; a JSON array in both",
    "json": "a JSON object; in CSV as text with sorted keys and no spaces",
}
"""Type of a column → what its values look like."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a register is asked for: who asks, at which moment, of what."""

    user: User
    moment: Moment
    system: System | None = None
    team: Team | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a register. Its name and place are never changed; new ones come last."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Register:
    """A list that an auditor may ask for, as of any day."""

    name: str
    meaning: str
    order: str
    """What the rows are ordered by, in words."""
    system: str
    """Which rows `system=` leaves, in words."""
    team: str
    """Which rows `team=` leaves, in words."""
    on: str
    """What `on=` decides, in words."""
    columns: tuple[Column, ...]
    rows: Callable[[Asked], Generator[Row, None, None]]
    """Yields the rows as the person may see them; constant in queries."""


def columns(text: str) -> tuple[Column, ...]:
    """Return the columns that lines of `name type meaning` describe."""
    found = []
    for line in text.strip().splitlines():
        name, kind, meaning = line.split(maxsplit=2)
        found.append(Column(name, kind, meaning))
    return tuple(found)
