"""Courses over the API, and their completion."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.models import AuditEvent
from evidence.models import Course
from tests.make import MONDAY, make_user
from tests.training.making import TODAY, make_course, make_entry, make_record

BODY = {
    "key": "secure-code",
    "title": "Secure coding",
    "audience": "Developers",
    "valid_months": 12,
    "source": "AT-3",
}


def test_a_course_is_recorded_changed_and_ended(world):
    made = world.grc.post("courses/", BODY)
    changed = world.grc.patch("courses/secure-code/", {"valid_months": None}, version=1)
    ended = world.grc.post("courses/secure-code/end/", version=2)

    assert (made.status_code, made["ETag"]) == (201, '"v1"')
    assert made.json()["audience"] == "developers"
    assert (changed.status_code, changed["ETag"]) == (200, '"v2"')
    assert changed.json()["valid_months"] is None
    assert changed.json()["title"] == "Secure coding"
    assert (ended.status_code, ended["ETag"]) == (200, '"v3"')
    assert ended.json()["ended_at"] is not None
    assert world.viewer.get("courses/secure-code/").json() == ended.json()


def test_a_change_names_the_version_it_was_made_on(world):
    path = "courses/basics/"

    missing = world.grc.patch(path, {"title": "Other"})
    stale = world.grc.patch(path, {"title": "Other"}, version=7)
    end = world.grc.post(path + "end/")

    assert (missing.status_code, stale.status_code, end.status_code) == (428, 412, 428)
    assert Course.objects.get().title == "Basics"


def test_the_same_key_of_a_create_makes_one_course(world):
    first = world.grc.post("courses/", BODY, Idempotency_Key="a")
    again = world.grc.post("courses/", BODY, Idempotency_Key="a")
    other = world.grc.post("courses/", BODY | {"title": "Other"}, Idempotency_Key="a")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"key": "not a key"}, "key"),
        ({"title": ""}, "title"),
        ({"valid_months": 0}, "valid_months"),
        ({"valid_months": 601}, "valid_months"),
        ({"valid_months": "soon"}, "valid_months"),
        ({"audience": "a;b"}, "audience"),
        ({"audience": "x" * 61}, "audience"),
        ({"title": "a\x00b"}, "title"),
        ({"version": 3}, "version"),
        ({"ended_at": None}, "ended_at"),
    ],
)
def test_what_is_wrong_with_a_course_is_named(world, change, place):
    before = AuditEvent.objects.count()

    answer = world.grc.post("courses/", BODY | change)

    assert answer.status_code == 400
    assert [error["place"] for error in answer.json()["errors"]] == [place]
    assert AuditEvent.objects.count() == before


def test_courses_are_found_by_audience_and_by_whether_they_ended(world):
    world.grc.post("courses/", BODY)
    world.grc.post("courses/secure-code/end/", version=1)

    def found(**query):
        return [row["key"] for row in world.viewer.rows("courses/", **query)]

    assert found() == ["basics", "secure-code"]
    assert found(ended="true") == ["secure-code"]
    assert found(audience="developers") == ["secure-code"]
    assert world.viewer.get("courses/", audiense="x").status_code == 400


def test_completion_is_counted_on_the_roster_among_the_people_one_sees(world):
    make_record(world.kim, world.course)

    all_ = world.grc.get("courses/basics/completion/").json()
    mine = world.viewer.get("courses/basics/completion/").json()
    team = world.grc.get("courses/basics/completion/", team="security").json()

    assert (all_["held"], all_["required"], all_["missing_count"]) == (1, 2, 1)
    assert [one["email"] for one in all_["missing"]] == ["lee@example.com"]
    assert all_["missing"][0]["team"] == "security"
    assert (mine["held"], mine["required"], mine["missing"]) == (1, 1, [])
    assert (team["held"], team["required"]) == (0, 1)
    assert (all_["on"], all_["as_of"]) == ("2026-03-02", "2026-03-02T09:00:00Z")


def test_completion_is_told_for_another_day(world):
    make_record(world.kim, world.course, TODAY.replace(year=2025))

    today = world.viewer.get("courses/basics/completion/").json()
    later = world.viewer.get("courses/basics/completion/", on="2026-03-03").json()
    before = world.viewer.get("courses/basics/completion/", as_of="2026-03-01")

    assert (today["held"], today["expiring_count"]) == (1, 1)
    assert today["expiring"][0]["valid_until"] == "2026-03-02"
    assert (later["held"], later["missing"][0]["last_completed_on"]) == (0, "2025-03-02")
    assert before.status_code == 404


@pytest.mark.parametrize(
    "query", [{"on": "soon"}, {"as_of": "2099-01-01"}, {"asof": "2026-03-01"}]
)
def test_a_question_that_makes_no_sense_is_refused_by_name(world, query):
    answer = world.viewer.get("courses/basics/completion/", **query)

    assert answer.status_code == 400
    assert [error["place"] for error in answer.json()["errors"]] == list(query)


def test_two_hundred_people_are_told_and_the_rest_is_counted(world):
    for number in range(205):
        make_entry(f"p{number}@example.com")

    found = world.grc.get("courses/basics/completion/").json()

    assert (found["missing_count"], len(found["missing"])) == (207, 200)


def test_courses_and_completion_cost_the_same_at_two_sizes(world):
    def cost(path):
        world.grc.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert world.grc.get(path).status_code == 200
        return len(seen)

    paths = ("courses/", "courses/basics/completion/")
    few = [cost(path) for path in paths]
    for number in range(10):
        make_record(make_entry(f"p{number}@example.com"), make_course(at=MONDAY))

    assert [cost(path) for path in paths] == few
    assert max(few) <= 8


def test_a_stranger_with_a_token_reads_courses_and_counts_nobody(world, api_of):
    found = api_of(make_user()).get("courses/basics/completion/").json()

    assert (found["held"], found["required"], found["missing"]) == (0, 0, [])
