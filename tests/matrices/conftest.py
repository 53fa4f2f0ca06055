"""A system whose catalog is that of the small world, and files of a provider."""

from __future__ import annotations

import pytest

from controls.models import System
from tests.make import make_system, make_team


@pytest.fixture
def system(db: None) -> System:  # noqa: ARG001 - asked for what it does
    """A system on EC2, of a team."""
    return make_system(make_team("platform"), "ec2", key="shop")
