"""Reading for long, as everything stood at one instant, while others write.

A second connection reads in a transaction of its own: on SQLite a deferred one, which never
keeps a writer waiting, on PostgreSQL REPEATABLE READ READ ONLY. Within it every query goes
there, those of `visible_to` too: the router sees to it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models import Model

T = TypeVar("T")

ALIAS = "snapshot"
"""The connection in settings.DATABASES that only reads."""

_reading: ContextVar[bool] = ContextVar("reading_a_snapshot", default=False)


class SnapshotRouter:
    """Sends what is read within `snapshot` to its connection; nothing else goes there."""

    def db_for_read(self, _model: type[Model], **_: Any) -> str | None:
        """Return the connection of the snapshot within one, else no opinion."""
        return ALIAS if _reading.get() else None

    def allow_migrate(self, db: str, _app_label: str, **_: Any) -> bool | None:
        """Keep migrations from the connection that only reads."""
        return False if db == ALIAS else None


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as of one instant.

    Who is in a transaction already reads within that one: what it changed itself, no other
    connection could see.
    """
    if transaction.get_connection().in_atomic_block:
        yield
        return
    token = _reading.set(True)
    try:
        with transaction.atomic(using=ALIAS):
            yield
    finally:
        _reading.reset(token)
        connections[ALIAS].close()


def step_by_step(steps: Generator[T, None, None]) -> Iterator[T]:
    """Yield what a generator yields, which may stay within `snapshot` between its steps.

    Each step runs in a context of the generator's own, so that what its reader asks
    meanwhile is asked of the database as it is. Closing this closes the generator.
    """
    context = copy_context()
    end = object()
    try:
        while (step := context.run(next, steps, end)) is not end:
            yield step  # type: ignore[misc]
    finally:
        context.run(steps.close)
