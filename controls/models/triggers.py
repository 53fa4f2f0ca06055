"""Triggers that refuse to change or delete what was recorded, on SQLite and PostgreSQL.

SQLite drops a table's triggers when a migration rebuilds it, so they are created anew after
every migrate, and `missing` is asked by a test and by `/readyz`. They cannot stop whoever
owns
the database file or the table: see docs/deployment.md for what can.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from controls.models.append_only import AppendOnlyQuerySet

MESSAGE = "append-only: rows are never changed or deleted"

SQLITE = """
CREATE TRIGGER {name} BEFORE {event} ON "{table}"
BEGIN SELECT RAISE(ABORT, '{table} is {message}'); END
"""

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION srm_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is {message}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""

POSTGRESQL = """
CREATE TRIGGER {name} BEFORE {event} ON "{table}"
FOR EACH {each} EXECUTE FUNCTION srm_append_only()
"""

EVENTS = {
    "sqlite": {"update": "UPDATE", "delete": "DELETE"},
    "postgresql": {"update": "UPDATE", "delete": "DELETE", "truncate": "TRUNCATE"},
}


def tables() -> list[str]:
    """Return the tables whose model has an append-only queryset."""
    return sorted(
        model._meta.db_table for model in apps.get_models() if is_append_only(model)
    )


def is_append_only(model: type[Model]) -> bool:
    """Say whether the model's rows are only ever added."""
    return isinstance(model._default_manager.get_queryset(), AppendOnlyQuerySet)


def expected(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, str]]:
    """Return name → (table, event) of each trigger that must exist."""
    events = EVENTS[connection.vendor]
    return {
        f"{table}_no_{suffix}": (table, event)
        for table in tables()
        for suffix, event in events.items()
    }


def existing(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of the triggers that exist and are enabled."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        " AND c.relnamespace = current_schema()::regnamespace"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of triggers that should exist and do not."""
    return sorted(set(expected(connection)) - existing(connection))


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers that are missing."""
    wanted = expected(connection)
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION.format(message=MESSAGE))
        for name in missing(connection):
            table, event = wanted[name]
            if table in present:
                cursor.execute(_create(connection.vendor, name, table, event))


def drop(connection: BaseDatabaseWrapper) -> None:
    """Lift the triggers. Only a test that must empty the tables may."""
    with connection.cursor() as cursor:
        for name, (table, _) in expected(connection).items():
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')


def install_after_migrate(*, using: str, **_: Any) -> None:
    """Create what a migration dropped: connected to `post_migrate`."""
    install(connections[using])


def _create(vendor: str, name: str, table: str, event: str) -> str:
    template = SQLITE if vendor == "sqlite" else POSTGRESQL
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    return template.format(name=name, event=event, table=table, each=each, message=MESSAGE)
