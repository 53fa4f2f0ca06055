"""A register is of one instant, whoever writes meanwhile, and lets the writers write."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.test import Client

from controls.models import Responsibility, Team, User
from controls.queries.snapshots import ALIAS, snapshot, step_by_step
from controls.rules.moments import Moment
from evidence.exports.registers import REGISTERS, stream
from evidence.exports.tables import Asked
from tests.make import (
    make_catalog,
    make_decision,
    make_facts,
    make_grc_lead,
    make_profile,
    make_system,
    make_team,
)
from tests.registers.worlds import MARCH, MAY

committed = pytest.mark.usefixtures("committed_db")

LATE = Moment(as_of=MAY, on=MAY.date())
MANY = 520
"""More rows than a connection hands over at once."""


def make_many():
    """A system of many controls."""
    make_facts()
    controls = {f"c-{number}": ("iam",) for number in range(MANY)}
    profile = make_profile(make_catalog(controls))
    return make_system(make_team("core"), "ec2", profile=profile)


def reading(name, user, form="ndjson"):
    """A register that has begun."""
    asked = Asked(user=user, moment=LATE)
    pieces = stream(register=REGISTERS[name], form=form, asked=asked)
    return next(pieces), pieces


def is_open():
    """Whether the connection of the snapshot is."""
    return connections[ALIAS].connection is not None


@committed
def test_what_is_written_meanwhile_does_not_show():
    system, lead = make_many(), make_grc_lead()
    first, rest = reading("responsibilities", lead)
    expected = first + b"".join(rest)
    first, rest = reading("responsibilities", lead)

    for number in (0, MANY - 1):
        make_decision(system, f"c-{number}", at=MARCH)
    Responsibility.objects.filter(latest_decision=None).update(version=2)

    assert first + b"".join(rest) == expected
    assert reading_all("responsibilities", lead) != expected


@committed
def test_a_writer_does_not_wait_for_a_reader():
    make_many()
    lead = make_grc_lead()
    _, rest = reading("responsibilities", lead)
    before = time.monotonic()

    make_team("meanwhile")

    assert time.monotonic() - before < 5
    assert is_open()
    rest.close()


@committed
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_the_connection_is_given_back_at_the_end(form):
    lead = make_grc_lead()

    first, rest = reading("audit-events", lead, form)

    assert is_open()
    assert first + b"".join(rest)
    assert not is_open()


@committed
def test_the_connection_is_given_back_when_the_client_goes_away():
    make_many()
    browser = Client()
    browser.force_login(make_grc_lead())
    answer: Any = browser.get("/api/v1/registers/responsibilities.csv")
    assert next(iter(answer.streaming_content))
    assert is_open()

    answer.close()

    assert not is_open()
    assert Responsibility.objects.count() == MANY


@committed
def test_what_is_asked_between_two_steps_is_asked_of_the_database_as_it_is():
    lead = make_grc_lead()
    _, rest = reading("audit-events", lead)

    make_team("meanwhile")

    assert Team.objects.filter(key="meanwhile").exists()
    assert User.objects.db == "default"
    rest.close()


@committed
def test_the_snapshot_cannot_write():
    def steps():
        with snapshot():
            yield User.objects.count()
            with connections[ALIAS].cursor() as cursor:
                cursor.execute("DELETE FROM controls_team")

    found = step_by_step(steps())
    assert next(found) == 1

    with pytest.raises(DatabaseError):
        next(found)

    assert not is_open()


@committed
def test_what_a_person_may_see_is_asked_within_the_snapshot():
    make_many()
    lead = make_grc_lead()
    first, rest = reading("audit-events", lead)
    lead.roles.update(ended_at=MAY, ended_by=lead)

    assert first + b"".join(rest)
    assert reading_all("audit-events", lead) == b""


@pytest.mark.django_db
def test_within_a_transaction_one_reads_what_it_wrote():
    lead = make_grc_lead()

    make_team("mine")

    assert b'"target_label":"Mine"' in reading_all("audit-events", lead)
    assert not is_open()


@committed
def test_every_trail_is_whole_while_many_write():
    lead = make_grc_lead()
    make_team()
    done = Event()

    def write(writer):
        try:
            number = 0
            while not done.is_set():
                number += 1
                make_team(f"team-{writer}-{number}-of-writers")
            return number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write, writer) for writer in range(4)]
        try:
            trails = [trail(lead) for _ in range(20)]
        finally:
            done.set()
        count = sum(writer.result() for writer in written)

    assert count >= 20
    assert all(found == list(range(1, len(found) + 1)) for found in trails)
    assert len(trails[-1]) > len(trails[0])


def reading_all(name, user):
    """All of a register, without its first piece where there is none."""
    asked = Asked(user=user, moment=LATE)
    return b"".join(stream(register=REGISTERS[name], form="ndjson", asked=asked))


def trail(user):
    """The numbers of the events, whose hashes build on each other."""
    events = [json.loads(line) for line in reading_all("audit-events", user).splitlines()]
    for before, event in pairwise(events):
        assert event["previous_hash"] == before["hash"]
    return [event["seq"] for event in events]
