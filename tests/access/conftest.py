"""The world of the permission table, built once for a module and rolled back after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.access.world import World, make_table_world


@pytest.fixture(scope="module")
def world(
    django_db_setup: None,  # noqa: ARG001 - asked for what it does
    django_db_blocker: pytest.FixtureRequest,
) -> Iterator[World]:
    """Everything a row may name. What a test changes in it is undone after that test."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        yield make_table_world()
        transaction.set_rollback(True)
