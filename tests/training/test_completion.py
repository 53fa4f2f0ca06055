"""Who holds a course: counted on the roster of the day, never on who answered."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.rules.moments import Moment
from controls.services.setup import system_user
from evidence.queries.training import completion, completions, courses_then
from evidence.services import courses, roster, training
from evidence.services.courses import Details
from tests.make import MONDAY, make_auditor, make_member, make_system, make_team, make_user
from tests.training.making import TODAY, make_course, make_entry, make_record

pytestmark = pytest.mark.django_db

LATER = MONDAY + timedelta(days=400)


def stands(course, user=None, on=TODAY, as_of=LATER, **only):
    """Held of required, and the addresses of those who miss it."""
    found = completion(
        course=course, user=user or system_user(), moment=Moment(as_of, on), **only
    )
    assert found is not None
    return found.held, found.required, [one.entry.person.email for one in found.missing]


def test_everybody_on_the_roster_is_counted_whoever_answered():
    course = make_course()
    kim = make_entry("kim@example.com", name="Kim")
    make_entry("lee@example.com", name="Lee")
    make_entry("ann@example.com", name="Ann")
    make_record(kim, course)

    assert stands(course) == (1, 3, ["ann@example.com", "lee@example.com"])


def test_a_course_for_an_audience_is_asked_of_that_audience_only():
    course = make_course(audience="Developers")
    make_entry("kim@example.com", audiences=["developers", "leads"])
    make_record(make_entry("lee@example.com", audiences=["leads"]), course)

    assert stands(course) == (0, 1, ["kim@example.com"])


def test_a_course_that_nobody_must_hold_is_held_by_none_of_none():
    assert stands(make_course(audience="pilots")) == (0, 0, [])


def test_a_record_counts_from_its_day_to_its_last_day():
    course = make_course()
    kim = make_entry("kim@example.com", since=date(2025, 1, 1))
    make_record(kim, course, date(2025, 3, 2))

    assert stands(course, on=date(2025, 3, 1))[0] == 0
    assert stands(course, on=date(2025, 3, 2))[0] == 1
    assert stands(course, on=date(2026, 3, 2))[0] == 1
    assert stands(course, on=date(2026, 3, 3))[0] == 0


def test_the_past_is_answered_with_the_roster_and_the_records_of_that_time():
    course = make_course(at=MONDAY - timedelta(days=90))
    early = MONDAY - timedelta(days=60)
    kim = make_entry("kim@example.com", since=date(2026, 1, 1), at=early)
    record = make_record(kim, course, date(2026, 1, 1), at=early)
    make_entry("lee@example.com")
    training.withdraw(record=record, reason="Copied.", by=system_user(), at=MONDAY)
    roster.end_entry(entry=kim, on=TODAY, by=system_user(), at=MONDAY)

    then = stands(course, on=date(2026, 2, 1), as_of=early + timedelta(days=1))
    by_now = stands(course, on=date(2026, 2, 1))

    assert then == (1, 1, [])
    assert by_now == (0, 1, ["kim@example.com"])
    assert stands(course) == (0, 1, ["lee@example.com"])


def test_a_course_that_changed_is_counted_as_it_was_at_the_time():
    course = make_course(audience="leads")
    make_entry("kim@example.com", audiences=["leads"])
    make_entry("lee@example.com")
    for days, audience in ((10, "pilots"), (20, "")):
        courses.change(
            course=course,
            version=course.version,
            details=Details("Basics", audience=audience),
            by=system_user(),
            at=MONDAY + timedelta(days=days),
        )

    def required(days):
        return stands(course, as_of=MONDAY + timedelta(days=days))[1]

    assert (required(1), required(11), required(21)) == (1, 0, 2)


def test_a_course_is_asked_of_nobody_before_it_began_and_after_it_ended():
    course = make_course()
    at = MONDAY + timedelta(days=10)
    courses.end(course=course, version=1, by=system_user(), at=at)

    def known(days):
        moment = Moment(MONDAY + timedelta(days=days), TODAY)
        asked: Any = {"user": system_user(), "moment": moment}
        one = completion(course=course, **asked)
        return len(courses_then(**asked)), len(completions(**asked)), one is not None

    assert (known(-1), known(1), known(11)) == ((0, 0, False), (1, 1, True), (0, 0, False))


def test_records_that_run_out_soon_are_told_soonest_first():
    course, unlimited = make_course(), make_course(valid_months=None)
    days = {"a": date(2025, 3, 20), "b": date(2025, 3, 10), "c": date(2025, 6, 1)}
    entries = {
        name: make_entry(f"{name}@example.com", since=day) for name, day in days.items()
    }
    for name, entry in entries.items():
        make_record(entry, course, days[name])
        make_record(entry, unlimited, days[name])
    # A newer completion counts longer.
    make_record(entries["a"], unlimited, TODAY)

    found = {
        c.course: c for c in completions(user=system_user(), moment=Moment(LATER, TODAY))
    }

    soon = [(s.entry.person.email, s.valid_until) for s in found[course].expiring]
    assert soon == [
        ("b@example.com", date(2026, 3, 10)),
        ("a@example.com", date(2026, 3, 20)),
    ]
    assert found[unlimited].expiring == []


def test_a_renewed_record_does_not_run_out():
    course = make_course()
    kim = make_entry(since=date(2025, 3, 1))
    make_record(kim, course, date(2025, 3, 10))
    make_record(kim, course, TODAY)

    found = completion(course=course, user=system_user(), moment=Moment(LATER, TODAY))

    assert found is not None
    assert found.expiring == []
    assert found.people[0].valid_until == date(2027, 3, 2)
    assert found.people[0].last_completed_on == TODAY


def test_people_are_counted_among_those_whom_the_reader_sees():
    mine, theirs = make_team(), make_team()
    course = make_course()
    viewer = make_member(mine, "viewer", email="viewer@example.com")
    make_entry("kim@example.com", name="Kim", team=mine)
    make_entry("lee@example.com", name="Lee", team=theirs)
    make_entry("Viewer@example.com", name="Me")
    organization = make_system(theirs, kind="organization", key="house")

    assert stands(course, viewer) == (0, 2, ["kim@example.com", "viewer@example.com"])
    assert stands(course, make_user()) == (0, 0, [])
    assert stands(course, make_auditor(organization))[1] == 3
    assert stands(course, viewer, team=mine.key) == (0, 1, ["kim@example.com"])
    assert stands(course, viewer, team=theirs.key) == (0, 0, [])


def test_completions_cost_four_queries_however_many_people_and_courses():
    def grow(number):
        for _ in range(number):
            make_record(make_entry(team=make_team()), make_course())

    reader = system_user()

    def cost():
        with CaptureQueriesContext(connection) as seen:
            found = completions(user=reader, moment=Moment(LATER, TODAY))
        return len(seen), len(found)

    grow(2)
    few = cost()
    grow(6)

    assert (few, cost()) == ((4, 2), (4, 8))
