"""No address of the project is missing from the permission table."""

import pytest
from django.urls import resolve

from tests.access.table import open_addresses, route_of, routes, rows

pytestmark = pytest.mark.django_db


def test_every_address_stands_in_the_table(world):
    told = {route_of(row, world) for row in rows()} | set(open_addresses())

    missing = sorted({route for route, _ in routes()} - told)

    assert missing == []


def test_every_verb_of_the_api_stands_in_the_table(world):
    told = {(route_of(row, world), row.verb) for row in rows()}

    missing = sorted(
        (route, verb.upper())
        for route, pattern in routes()
        for verb in getattr(pattern.callback, "actions", None) or ()
        if (route, verb.upper()) not in told and verb != "head"
    )

    assert missing == []


def test_what_the_api_does_not_do_it_refuses(world):
    browser = world.browsers["grc_lead"]
    done = {(route_of(row, world), row.verb) for row in rows()}
    addresses = {
        row.address(world, world.own)
        for row in rows()
        if row.path.startswith("/api/v1/") and "nowhere" not in row.path
    }

    answers = {
        (path, verb): browser.generic(verb, path).status_code
        for path in addresses
        for verb in ("PUT", "PATCH", "DELETE", "POST", "GET", "OPTIONS")
        if (resolve(path).route, verb) not in done
    }

    assert {key: code for key, code in answers.items() if code != 405} == {}


def test_an_open_address_exists_and_says_why_it_is_open():
    known = {route for route, _ in routes()}

    assert set(open_addresses()) <= known
    assert all(open_addresses().values())
