"""Every error is a problem document (RFC 9457)."""

import pytest
from django.db import IntegrityError, OperationalError
from rest_framework.exceptions import Throttled
from rest_framework.test import APIRequestFactory

from controls.api.problems import exception_handler
from controls.models import AuditEvent
from tests.make import make_admin, make_system, make_team, make_user

pytestmark = pytest.mark.django_db

HUGE = 6 * 1024 * 1024


def handled(error):
    return exception_handler(error, {"request": APIRequestFactory().get("/api/v1/x/")})


def test_a_missing_and_a_foreign_thing_are_answered_alike(api_of):
    foreign = make_system(make_team(), "ec2")
    api = api_of(make_user())

    theirs = api.get(f"systems/{foreign.key}/").json()
    nobodys = api.get("systems/nobodys/").json()
    nowhere = api.get("no-such-noun/").json()

    assert theirs.pop("instance") != nobodys.pop("instance") != nowhere.pop("instance")
    assert theirs == nobodys == nowhere
    assert theirs["status"] == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ("", "application/json", 400),
        ("[1, 2]", "application/json", 400),
        ('"text"', "application/json", 400),
        ("NaN", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ('{"key": "\\ud800"}', "application/json", 400),
        ('{"\\ud800": 1}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("9" * 10_000, "application/json", 400),
        ('"' + "x" * HUGE + '"', "application/json", 413),
        ("key=new", "application/x-www-form-urlencoded", 415),
        ("<team/>", "application/xml", 415),
    ],
)
@pytest.mark.parametrize("idempotent", [True, False])
def test_a_body_that_is_not_what_it_should_be(
    api_of, body, content_type, status, idempotent
):
    api = api_of(make_admin())
    headers = {**api.headers, **({"Idempotency-Key": "one"} if idempotent else {})}
    before = AuditEvent.objects.count()

    answer = api.client.generic(
        "POST", "/api/v1/teams/", body, content_type=content_type, headers=headers
    )

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert AuditEvent.objects.count() == before


def test_a_form_sent_from_a_session_with_a_key_is_refused_as_a_form(client_of):
    browser = client_of(make_admin())

    answer = browser.post("/api/v1/teams/", {"key": "x"}, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 415


def test_a_verb_that_is_not_offered(api_of):
    api = api_of(make_user())

    answer = api.client.delete("/api/v1/systems/", headers=api.headers)

    assert answer.status_code == 405
    assert answer.json()["type"] == "urn:srm:problem:method-not-allowed"


@pytest.mark.parametrize(
    "path",
    [
        "systems/%00/",
        "systems/a%00b/",
        "responsibilities/not-a-uuid/",
        "responsibilities/%00/",
        "service-variants/%00/",
        "systems/" + "x" * 5000 + "/",
        "teams/a/members/00000000-0000-0000-0000-000000000000/end/",
    ],
)
def test_an_odd_address_is_nowhere(api_of, path):
    assert api_of(make_user()).get(path).status_code in {404, 405}


@pytest.mark.parametrize(
    ("noun", "query", "place"),
    [
        ("systems/", {"sort": "name"}, "sort"),
        ("systems/", {"kind": "toy"}, "kind"),
        ("systems/", {"owner_team": "a\x00b"}, "owner_team"),
        ("responsibilities/", {"state": "done"}, "state"),
        ("responsibilities/", {"control": "ac-2"}, "control"),
        ("audit-events/", {"since": "yesterday"}, "since"),
        ("audit-events/", {"verb": "eaten"}, "verb"),
        ("systems/", {"cursor": "abc"}, "cursor"),
        ("systems/", {"cursor": "cD0lMDA="}, "cursor"),
        ("systems/", {"cursor": "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk="}, "cursor"),
    ],
)
def test_a_wrong_filter_is_named(api_of, noun, query, place):
    answer = api_of(make_user()).get(noun, **query)

    assert answer.status_code == 400
    assert [error["place"] for error in answer.json()["errors"]] == [place]


def test_an_unexpected_error_says_nothing_of_the_inside():
    answer = handled(RuntimeError("password of the database"))

    assert answer.status_code == 500
    assert "password" not in str(answer.data)


def test_two_who_do_the_same_at_once_are_told_so():
    assert handled(IntegrityError("UNIQUE failed: team.key")).status_code == 409


def test_a_busy_database_asks_to_come_back():
    answer = handled(OperationalError("database is locked"))

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_too_many_requests_say_when_to_come_back():
    answer = handled(Throttled(wait=7))

    assert (answer.status_code, answer["Retry-After"]) == (429, "7")
    assert answer.data["type"] == "urn:srm:problem:throttled"
