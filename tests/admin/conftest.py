"""A world for the tests of the admin site."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from controls.choices import MembershipRole
from tests.make import (
    make_admin,
    make_auditor,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
    make_world,
)


@pytest.fixture
def world(db, client_of):
    """A system on EC2 of one team with a person of each role, and a system of another."""
    profile = make_world()
    team, others = make_team("platform"), make_team("security")
    system = make_system(team, "ec2", profile=profile, key="shop", name="Shop")
    foreign = make_system(others, "s3", profile=profile, key="vault", name="Vault")
    people = {
        role: make_member(team, role, name=role.title(), email=f"{role}@example.com")
        for role in MembershipRole.values
    }
    people["admin"] = make_admin(name="Admin", email="admin@example.com")
    people["grc"] = make_grc_lead(name="Grc", email="grc@example.com")
    people["auditor"] = make_auditor(system, name="Auditor", email="audit@example.com")
    return SimpleNamespace(
        profile=profile,
        team=team,
        others=others,
        system=system,
        foreign=foreign,
        people=people,
        as_=lambda who: client_of(people[who]),
    )
