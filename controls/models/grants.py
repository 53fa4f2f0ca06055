"""On PostgreSQL: what the role of the application may do, where another role owns the
tables.

A table's owner can lift its triggers. So the application runs as a role that owns nothing:
it may read and write rows, and of the append-only tables only read and add.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from controls.models import triggers


def limit(connection: BaseDatabaseWrapper, role: str) -> None:
    """Give the role what the application needs, and no more. Does nothing on SQLite."""
    if connection.vendor != "postgresql":
        return
    name = connection.ops.quote_name(role)
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        later = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}"
        rows, numbers = "SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT"
        for statement in (
            f"GRANT USAGE ON SCHEMA {schema} TO {name}",
            f"GRANT {rows} ON ALL TABLES IN SCHEMA {schema} TO {name}",
            f"GRANT {numbers} ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
            # What is created later, such as the cache's table, is for the role too.
            f"{later} GRANT {rows} ON TABLES TO {name}",
            f"{later} GRANT {numbers} ON SEQUENCES TO {name}",
        ):
            cursor.execute(statement)
        for table in present.intersection(triggers.tables()):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quoted} FROM {name}")


def limit_after_migrate(*, using: str, **_: Any) -> None:
    """Limit the application's role after every migrate, where the owner is another one."""
    if settings.APP_DATABASE_ROLE:
        limit(connections[using], settings.APP_DATABASE_ROLE)
