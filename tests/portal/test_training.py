"""Training as a team sees it."""

from __future__ import annotations

from tests.portal.pages import asked, now, text, today
from tests.training.making import make_course, make_entry, make_record


def test_a_lead_sees_who_of_the_team_misses_a_course(world):
    course = make_course("basics", title="Security basics")
    held = make_entry(name="Hanna Held", team=world.team)
    make_entry(name="Mia Missing", team=world.team)
    make_entry(name="Otto Other", team=world.others)
    make_record(held, course, today(), at=now())

    page = text(world.as_("lead").get("/training/"))

    assert "Security basics" in page
    assert "1 of 2" in page
    assert "Mia Missing" in page.partition("Missing")[2]
    assert "Otto Other" not in page


def test_without_a_course_the_page_says_what_a_course_is(world):
    page = text(world.as_("viewer").get("/training/"))

    assert "A course is a training that people must hold." in page


def test_the_page_asks_no_more_for_more_people(world):
    course = make_course("basics")
    make_record(make_entry(name="First", team=world.team), course, today(), at=now())
    browser = world.as_("lead")
    browser.get("/training/")

    few = asked(browser, "/training/")
    for number in range(4):
        entry = make_entry(name=f"Person {number}", team=world.team)
        make_record(entry, course, today(), at=now())
    many = asked(browser, "/training/")

    assert many == few
