"""A system on EC2 and S3, with people, and the organisation."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from controls.choices import MembershipRole
from tests.make import make_grc_lead, make_member, make_system, make_team, make_world


@pytest.fixture
def world(db, client_of):
    """A shop on EC2 and S3 beside the organisation, which decides its own layers."""
    profile = make_world()
    team, others = make_team("platform"), make_team("people")
    people = {role: make_member(team, role, name=role) for role in MembershipRole.values}
    people["grc"] = make_grc_lead(name="Grc")
    return SimpleNamespace(
        profile=profile,
        team=team,
        others=others,
        organization=make_system(
            others, profile=profile, kind="organization", key="house", name="The house"
        ),
        shop=make_system(team, "ec2", "s3", profile=profile, key="shop", name="Shop"),
        people=people,
        as_=lambda who: client_of(people[who]),
    )
