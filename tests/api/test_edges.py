"""Addresses at the edge: parameters that are none, days beyond the calendar."""

import pytest

from controls.services import systems
from tests.api.conftest import Api
from tests.make import (
    MONDAY,
    make_grc_lead,
    make_system,
    make_team,
    responsibility_for,
)
from tests.training.making import make_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def system():
    return make_system(make_team("payments"), "ec2", key="shop")


@pytest.fixture
def api(system):
    make_course("basics")
    return Api(make_grc_lead())


@pytest.fixture
def row(system):
    return responsibility_for(system, "si-2").uuid


@pytest.mark.parametrize(
    "path",
    [
        "responsibilities/{row}/",
        "responsibilities/{row}/statements/",
        "responsibilities/{row}/mapped/",
        "responsibilities/{row}/decisions/",
        "systems/shop/",
        "teams/payments/members/",
        "service-variants/ec2/",
        "own-facts/",
    ],
)
def test_a_misspelt_parameter_is_refused_below_a_row_too(api, row, path):
    answer = api.get(path.format(row=row), asof="2026-03-02")

    assert answer.status_code == 400
    assert [error["place"] for error in answer.json()["errors"]] == ["asof"]


@pytest.mark.parametrize(
    "address",
    [
        "audit-events/?since=9999-12-31T23:59:59-14:00",
        "audit-events/?until=0001-01-01T00:00:00%2B14:00",
        "suspects/?since=0001-01-01",
        "courses/basics/completion/?on=9999-12-31",
    ],
)
def test_a_day_beyond_the_calendar_is_a_bad_question(api, row, address):
    answer = api.get(address.format(row=row))

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_service_that_ends_later_is_in_use_until_then(api, system):
    service = system.services.get()
    systems.end_service(
        service=service,
        version=system.version,
        on=MONDAY.date().replace(year=2999),
        by=make_grc_lead(),
        at=MONDAY,
    )
    system.refresh_from_db()

    answer = api.post(
        "systems/shop/services/",
        {"services": [{"variant": "ec2"}]},
        version=system.version,
    )

    assert answer.status_code == 409
    assert "uses ec2 already" in answer.json()["detail"]
