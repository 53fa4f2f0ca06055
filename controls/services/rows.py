"""New rows that a change makes, written together: one insert for each kind of row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)


class Rows:
    """Collects new rows until they are written, so that a thousand cost as many queries as
    one. A row may point to one that was added before it.
    """

    def __init__(self) -> None:
        self._made: dict[type[Model], list[Model]] = {}

    def add(self, row: M) -> M:
        """Keep a row for writing and return it; it has no key of the database yet."""
        self._made.setdefault(type(row), []).append(row)
        return row

    def write(self, order: Sequence[type[Model]]) -> None:
        """Write the rows, those of each kind together, in this order of kinds."""
        for model in order:
            model._default_manager.bulk_create(self._made.pop(model, []), batch_size=500)
        if self._made:
            raise RuntimeError(f"Rows left unwritten: {sorted(map(str, self._made))}.")
