"""A shop on EC2 and RDS, its team, and a clock that stands on Tuesday."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import time_machine

from controls.choices import MembershipRole
from tests.comparing.worlds import TUESDAY
from tests.make import make_member, make_system, make_team, make_world


@pytest.fixture(autouse=True)
def _on_tuesday() -> Iterator[None]:
    """The clock of the interfaces stands, one day after what `tests.make` records."""
    with time_machine.travel(TUESDAY, tick=False):
        yield


@pytest.fixture
def world(db: None) -> SimpleNamespace:  # noqa: ARG001 - asked for what it does
    """A shop on EC2 and RDS, and the people of its team."""
    profile, team = make_world(), make_team("platform")
    shop = make_system(team, "ec2", "rds", profile=profile, key="shop", name="Shop")
    maker = make_member(team, MembershipRole.CONTRIBUTOR, name="Cora")
    checker = make_member(team, MembershipRole.LEAD, name="Leo")
    return SimpleNamespace(
        profile=profile, team=team, shop=shop, maker=maker, checker=checker
    )
