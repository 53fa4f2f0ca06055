"""A team with a duty that is reviewed, and its people on the API."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from controls.choices import MembershipRole
from controls.models import Duty, Review, System, Team
from tests.api.conftest import Api
from tests.make import make_duty, make_member, make_review, make_system, make_team


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Path:
    """A folder of the test's own for files."""
    folder = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder)},
        },
    }
    return folder


@pytest.fixture
def team(db: None) -> Team:
    """A team."""
    return make_team("payments")


@pytest.fixture
def system(team: Team) -> System:
    """Its system."""
    return make_system(team, "ec2", key="shop")


@pytest.fixture
def duty(system: System, team: Team) -> Duty:
    """What the team must do."""
    return make_duty(system, "si-3", owner_team=team)


@pytest.fixture
def review(duty: Duty) -> Review:
    """Its review that waits."""
    return make_review(duty)


@pytest.fixture
def contributor(team: Team) -> Api:
    """Somebody who hands in."""
    return Api(make_member(team, MembershipRole.CONTRIBUTOR, name="Cora"))


@pytest.fixture
def approver(team: Team) -> Api:
    """Somebody who judges."""
    return Api(make_member(team, MembershipRole.APPROVER, name="April"))
