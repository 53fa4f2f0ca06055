"""A team with a lead, somebody on its roster, and a course for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import time_machine

from tests.make import MONDAY, make_grc_lead, make_member, make_team
from tests.training.making import make_course, make_entry


@pytest.fixture(autouse=True)
def _on_monday() -> Iterator[None]:
    """The clock of the interfaces stands where `tests.make` records."""
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def world(db, api_of):
    """Two teams, one person of each on the roster, one course."""
    team, others = make_team("platform"), make_team("security")
    return SimpleNamespace(
        team=team,
        others=others,
        course=make_course("basics", title="Basics"),
        kim=make_entry("kim@example.com", name="Kim", team=team, audiences=["leads"]),
        lee=make_entry("lee@example.com", name="Lee", team=others),
        lead=api_of(make_member(team, "lead", name="Leo")),
        viewer=api_of(make_member(team, "viewer")),
        grc=api_of(make_grc_lead(name="Greta")),
    )
