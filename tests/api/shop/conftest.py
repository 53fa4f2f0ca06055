"""A shop on two services, its team, and a clock that stands on Tuesday."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from controls.choices import MembershipRole
from controls.models import System, Team, User
from tests.api.shop.calls import TUESDAY
from tests.make import make_member, make_system, make_team


@pytest.fixture(autouse=True)
def _on_tuesday() -> Iterator[None]:
    """The clock of the interfaces stands, one day after what `tests.make` records."""
    with time_machine.travel(TUESDAY, tick=False):
        yield


@pytest.fixture
def team(db: None) -> Team:
    """A team."""
    return make_team("payments")


@pytest.fixture
def system(team: Team) -> System:
    """Its system on two services."""
    return make_system(team, "ec2", "rds", key="shop")


@pytest.fixture
def contributor(team: Team) -> User:
    """Somebody who decides."""
    return make_member(team, MembershipRole.CONTRIBUTOR, name="Cora")


@pytest.fixture
def approver(team: Team) -> User:
    """Somebody who reviews."""
    return make_member(team, MembershipRole.APPROVER, name="April")


@pytest.fixture
def lead(team: Team) -> User:
    """Somebody who describes the system."""
    return make_member(team, MembershipRole.LEAD, name="Leo")
