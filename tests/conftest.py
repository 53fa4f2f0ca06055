"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from controls.models import User, triggers
from controls.services.setup import create_base_rows


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Rate limits of one test are not another's."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which somebody is signed in."""

    def sign_in(user: User) -> Client:
        browser = Client()
        browser.force_login(user)
        return browser

    return sign_in


@pytest.fixture
def committed_db(
    django_db_setup: None,  # noqa: ARG001
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A database in which changes are really committed, emptied afterwards.

    The only place that lifts the append-only triggers.
    """
    name = str(connection.settings_dict["NAME"])
    assert "test" in name, f"{name} is not a database of tests: it would be emptied"
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            triggers.drop(connection)
            empty(connection.introspection.django_table_names(only_existing=True))
            triggers.install(connection)
            create_base_rows()
            connection.close()


def empty(tables: list[str]) -> None:
    """Empty the tables, whatever points to whatever. Migrations are no content."""
    quoted = [
        connection.ops.quote_name(name) for name in tables if name != "django_migrations"
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(quoted)} RESTART IDENTITY CASCADE")
            return
        cursor.execute("PRAGMA foreign_keys=OFF")
        for name in quoted:
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - our own table names
        cursor.execute("PRAGMA foreign_keys=ON")
