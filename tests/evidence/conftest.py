"""A team with a duty that is reviewed, somebody who hands in, and somebody who judges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from controls.choices import MembershipRole
from controls.models import Duty, Review, System, Team, User
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
def team(db: None) -> Team:  # noqa: ARG001
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
    """Its review that waits, due on 2 April 2026."""
    return make_review(duty)


@pytest.fixture
def contributor(team: Team) -> User:
    """Somebody who hands in."""
    return make_member(team, MembershipRole.CONTRIBUTOR, name="Cora")


@pytest.fixture
def approver(team: Team) -> User:
    """Somebody who judges."""
    return make_member(team, MembershipRole.APPROVER, name="April")


@pytest.fixture
def files_in(store: Path) -> Callable[[str], list[Path]]:
    """Return the files below a folder of the store."""

    def find(name: str) -> list[Path]:
        return [path for path in (store / name).rglob("*") if path.is_file()]

    return find
