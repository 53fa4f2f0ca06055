"""What the tests of workers stand on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from tests.reminders.stack import Stack


def database_address() -> str:
    """The database of this test, as another process names it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    given = urlsplit(os.environ["TEST_DATABASE_URL"])
    return given._replace(path=f"/{name}").geturl()


@pytest.fixture
def stack(
    request: pytest.FixtureRequest,
    committed_db: None,  # noqa: ARG001 - asked for what it does
    tmp_path: Path,
) -> Iterator[Stack]:
    """Workers on the database of this test, and on a broker of this test alone."""
    assert settings.IS_PRODUCTION is False
    made = Stack(tmp_path / "srm", database_address(), request.param)
    try:
        yield made
    finally:
        made.stop()
