"""What it costs to let duties follow: as many queries for many as for one."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.models import Duty, Responsibility, Review
from controls.services import bulk, decisions
from controls.services.bulk import Selected
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    make_cadence,
    make_catalog,
    make_decision,
    make_facts,
    make_grc_lead,
    make_profile,
    make_system,
    make_team,
)

pytestmark = pytest.mark.django_db

LAYERS = ("virtualization", "guest_os", "engine", "app")


def selected(count):
    """So many decisions in review, each of which two cadences call for a review of."""
    make_facts()
    controls = {f"si-{number}": LAYERS for number in range(count)}
    profile = make_profile(make_catalog(controls))
    make_cadence("critical-patch", *controls, layers=["guest_os"])
    make_cadence("code-review", *controls, layers=["app"])
    system = make_system(make_team(), "ec2", profile=profile)
    for control_id in controls:
        make_decision(system, control_id)
    bulk.submit(selected=rows_of(system), by=system_user(), at=MONDAY)
    return rows_of(system)


def rows_of(system):
    rows = Responsibility.objects.filter(system=system).select_related(
        "system__owner_team", "control", "latest_decision__owner_team"
    )
    return [Selected(row, row.version) for row in rows]


def test_one_approval_costs_few_queries(django_assert_max_num_queries):
    (item,) = selected(1)
    lead = make_grc_lead()

    with django_assert_max_num_queries(26):
        decisions.approve(
            responsibility=item.responsibility, version=item.version, by=lead, at=MONDAY
        )

    assert (Duty.objects.count(), Review.objects.count()) == (1, 2)


def test_the_duties_of_many_cost_as_many_queries_as_those_of_one():
    lead, items = make_grc_lead(), selected(12)

    with CaptureQueriesContext(connection) as one:
        bulk.approve(selected=items[:1], by=lead, at=MONDAY)
    with CaptureQueriesContext(connection) as many:
        bulk.approve(selected=items[1:], by=lead, at=MONDAY)

    about = ("duty", "review", "cadence", "layer", "variant", "derivation")
    assert asked_of(many, about) == asked_of(one, about) == 10
    assert len(many) - len(one) <= 6 * 10
    assert (Duty.objects.count(), Review.objects.count()) == (12, 24)


def test_approving_many_again_that_stay_the_same_asks_no_more_of_duties():
    lead, items = make_grc_lead(), selected(6)
    bulk.approve(selected=items, by=lead, at=MONDAY)
    system = items[0].responsibility.system
    bulk.accept_derived(selected=rows_of(system), by=system_user(), at=MONDAY)
    bulk.submit(selected=rows_of(system), by=system_user(), at=MONDAY)

    again = rows_of(system)
    with CaptureQueriesContext(connection) as queries:
        bulk.approve(selected=again, by=lead, at=MONDAY)

    assert asked_of(queries, ("duty",)) == 2
    assert Duty.objects.count() == 6


def asked_of(queries, words):
    """How many queries read or fill tables whose names begin so."""
    table = re.compile(r'(?:INSERT INTO|SELECT .*? FROM) "controls_(\w+)"', re.DOTALL)
    found = [table.match(query["sql"]) for query in queries.captured_queries]
    names = [match[1] for match in found if match]
    return sum(name.startswith(words) for name in names)
