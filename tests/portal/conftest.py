"""A team with a duty that is reviewed, and people of each role in a browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from controls.choices import MembershipRole
from tests.make import (
    make_auditor,
    make_duty,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
    make_user,
    make_world,
)


@pytest.fixture
def world(db, client_of):
    """A shop on EC2 whose team does SI-3, another team, and a stranger."""
    profile = make_world()
    team, others = make_team("platform", name="Platform"), make_team("data", name="Data")
    shop = make_system(team, "ec2", "s3", profile=profile, key="shop", name="Shop")
    people = {role: make_member(team, role, name=role) for role in MembershipRole.values}
    people |= {
        "other": make_member(others, MembershipRole.LEAD, name="Other"),
        "grc": make_grc_lead(name="Grc"),
        "auditor": make_auditor(shop, name="Auditor"),
        "nobody": make_user(name="Nobody"),
    }
    return SimpleNamespace(
        profile=profile,
        team=team,
        others=others,
        shop=shop,
        duty=make_duty(shop, "si-3", owner_team=team),
        people=people,
        as_=lambda who: client_of(people[who]),
    )
