"""Courses: recorded, changed, ended."""

from typing import Any

import pytest

from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    StaleVersionError,
)
from controls.models import AuditEvent
from evidence.models import Course
from evidence.services import courses
from evidence.services.courses import Details
from tests.make import MONDAY, make_admin, make_grc_lead, make_member, make_team
from tests.training.making import make_course

pytestmark = pytest.mark.django_db


def change(course, version=None, by=None, **details):
    told = {"title": course.title, "valid_months": course.valid_months, **details}
    return courses.change(
        course=course,
        version=course.version if version is None else version,
        details=Details(**told),
        by=by or make_grc_lead(),
        at=MONDAY,
    )


def test_a_course_is_recorded_with_its_audience_as_rosters_spell_it():
    course = make_course("secure-code", audience=" Privileged  Users ", source="AT-3")

    assert (course.key, course.audience) == ("secure-code", "privileged users")
    event: Any = AuditEvent.objects.order_by("seq").last()
    assert event.verb == "course-created"
    assert event.after["valid_months"] == 12


def test_a_change_tells_what_was_before():
    course = make_course("basics", title="Basics", audience="developers")

    changed = change(course, title="The basics", valid_months=None)

    event: Any = AuditEvent.objects.order_by("seq").last()
    assert (changed.version, changed.valid_months) == (2, None)
    assert (event.before["title"], event.after["title"]) == ("Basics", "The basics")
    assert (event.before["valid_months"], event.after["valid_months"]) == (12, None)


def test_a_course_ends_once_and_changes_no_more():
    course = make_course()

    courses.end(course=course, version=1, by=make_grc_lead(), at=MONDAY)

    assert list(Course.objects.open()) == []
    with pytest.raises(ConflictError, match="has ended"):
        courses.end(course=course, version=2, by=make_grc_lead(), at=MONDAY)
    with pytest.raises(ConflictError, match="has ended"):
        change(course, version=2, title="Other")


def test_a_version_that_is_not_the_current_one_is_refused():
    course = make_course()
    change(course, title="Other")

    with pytest.raises(StaleVersionError):
        change(course, version=1, title="Third")


@pytest.mark.parametrize(
    ("details", "place"),
    [
        ({"title": " "}, "title"),
        ({"valid_months": 0}, "valid_months"),
        ({"valid_months": 601}, "valid_months"),
        ({"audience": "developers;leads"}, "audience"),
    ],
)
def test_what_is_wrong_with_a_course_is_named(details, place):
    with pytest.raises(InvalidInputError) as caught:
        make_course("basics", **details)

    assert caught.value.place == place
    assert not Course.objects.exists()


def test_a_key_is_a_plain_word_and_taken_once():
    make_course("basics")

    with pytest.raises(ConflictError, match="'basics' already"):
        make_course("basics")
    with pytest.raises(InvalidInputError, match="letters, digits"):
        make_course("the basics")


def test_only_the_grc_lead_keeps_courses():
    course = make_course()

    for somebody in (make_admin(), make_member(make_team(), "lead")):
        with pytest.raises(NotAllowedError, match="GRC lead"):
            change(course, by=somebody, title="Other")
        with pytest.raises(NotAllowedError, match="GRC lead"):
            courses.end(course=course, version=1, by=somebody, at=MONDAY)
        with pytest.raises(NotAllowedError, match="GRC lead"):
            courses.create(key="new", details=Details("New"), by=somebody, at=MONDAY)
