"""Formulas that the two databases write differently."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import CharField, Func


class Formula(Func):
    """A function of named parts, written down for each database as `{name}` says where."""

    output_field = CharField()
    names: tuple[str, ...]
    sqlite: str
    postgresql: str

    def _written(self, text: str, compiler: Any) -> tuple[str, list[Any]]:
        parts = {
            name: compiler.compile(part)
            for name, part in zip(self.names, self.source_expressions, strict=True)
        }
        values: list[Any] = []

        def put(found: re.Match[str]) -> str:
            sql, given = parts[found[1]]
            values.extend(given)
            return f"({sql})"

        return re.sub(r"\{(\w+)\}", put, text), values

    def as_sqlite(  # type: ignore[override]
        self, compiler: Any, _connection: Any, **_: Any
    ) -> Any:
        """Return the formula as SQLite reads it, with its values."""
        return self._written(self.sqlite, compiler)

    def as_postgresql(self, compiler: Any, _connection: Any, **_: Any) -> Any:
        """Return the formula as PostgreSQL reads it, with its values."""
        return self._written(self.postgresql, compiler)


class Occurrence(Formula):
    """What a reminder's key holds of a review: Review.occurrence."""

    names = ("due", "attempt")
    sqlite = "{due} || CASE WHEN {attempt} > 1 THEN '#' || {attempt} ELSE '' END"
    postgresql = (
        "to_char({due}, 'YYYY-MM-DD') || "
        "CASE WHEN {attempt} > 1 THEN '#' || {attempt} ELSE '' END"
    )


class OwnersStage(Formula):
    """The name of the stage that is current for owners on a day; null where none has begun.

    The arithmetic is that of controls.rules.stages.current.
    """

    names = ("today", "due", "leads", "every")
    sqlite = """CASE
        WHEN {due} > {today} THEN 'lead-' || (
            SELECT MIN(value) FROM json_each({leads})
            WHERE value >= julianday({due}) - julianday({today}))
        WHEN {due} = {today} THEN 'due'
        WHEN {every} = 0 THEN 'overdue-1'
        ELSE 'overdue-' || (1 + (
            CAST(julianday({today}) - julianday({due}) AS INTEGER) - 1
            ) / {every} * {every}) END"""
    postgresql = """CASE
        WHEN {due} > {today} THEN 'lead-' || (
            SELECT MIN(days::int) FROM jsonb_array_elements_text({leads}) AS days
            WHERE days::int >= {due} - {today})
        WHEN {due} = {today} THEN 'due'
        WHEN {every} = 0 THEN 'overdue-1'
        ELSE 'overdue-' || (1 + ({today} - {due} - 1) / {every} * {every}) END"""


class ManagersStage(Formula):
    """The name of the stage at which the manager is told; null where it has not begun.

    The arithmetic is that of controls.rules.stages.escalation.
    """

    names = ("today", "due", "after")
    sqlite = """CASE
        WHEN {after} > 0 AND julianday({today}) - julianday({due}) >= {after}
        THEN 'escalation-' || {after} END"""
    postgresql = """CASE
        WHEN {after} > 0 AND {today} - {due} >= {after}
        THEN 'escalation-' || {after} END"""
