"""The list of reviews: by month, late ones, by team and kind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from controls.models import DutyClaim
from controls.services import duties
from evidence.queries import calendar
from tests.make import make_duty, make_evidence, make_system
from tests.portal.pages import asked, due_in, fresh, now, text, today


def listed(answer) -> list[str]:
    return [task.review.schedule.title for task in answer.context["page"].tasks]


def test_a_month_shows_its_reviews_and_those_that_are_done(world):
    mine = due_in(world.duty, 0, title="Today")
    due_in(world.duty, 45, title="Far")

    answer = world.as_("viewer").get("/reviews/")

    assert listed(answer) == ["Today"]
    assert f'id="d-{mine.due_on}"' in answer.content.decode()
    month = f"{mine.due_on + timedelta(days=45):%Y-%m}"
    assert listed(world.as_("viewer").get("/reviews/", {"month": month})) == ["Far"]


def test_the_calendar_counts_by_day_and_leads_to_the_day(world):
    first = due_in(world.duty, 0, title="One")
    due_in(world.duty, 0, title="Two")

    page = world.as_("viewer").get("/reviews/").content.decode()

    assert f'href="#d-{first.due_on}"' in page
    assert '<b>2<span class="vh"> due' in page


def test_lateness_is_counted_by_team_and_kind_and_each_number_leads_on(world):
    for kind in ("patching", "patching", "configuration"):
        due_in(world.duty, -3, kind=kind, title=kind)
    due_in(world.duty, 3, kind="access", title="to come")

    answer = world.as_("viewer").get("/reviews/", {"state": "overdue"})

    (row,) = answer.context["heat"].rows
    assert [count for _, _, count in row.late] == [2, 1, 0]
    assert row.oldest_days == 3
    link = "/reviews/?state=overdue&amp;team=platform&amp;kind=patching"
    assert link in answer.content.decode()
    behind = {"state": "overdue", "team": "platform", "kind": "patching"}
    assert listed(world.as_("viewer").get("/reviews/", behind)) == ["patching"] * 2


def test_what_nobody_claims_is_nobodys(world):
    due_in(world.duty, -3, title="Alone")
    claim = DutyClaim.objects.get(duty=world.duty)
    version = fresh(world.duty).version
    duties.end_claim(claim=claim, version=version, by=world.people["lead"], at=now())

    answer = world.as_("viewer").get("/reviews/", {"state": "overdue", "team": "-"})

    assert listed(answer) == ["Alone"]
    assert [row.name for row in answer.context["heat"].rows] == ["Nobody"]


def test_a_review_stands_with_each_team_that_claims_it_and_is_listed_once(world):
    due_in(world.duty, -3, title="Both")
    duties.claim(
        duty=world.duty,
        version=fresh(world.duty).version,
        team=world.others,
        by=world.people["other"],
        at=now(),
    )

    answer = world.as_("viewer").get("/reviews/", {"state": "overdue"})

    assert listed(answer) == ["Both"]
    assert [row.name for row in answer.context["heat"].rows] == ["Data", "Platform"]


def test_the_reviews_of_others_are_neither_listed_nor_counted(world):
    due_in(world.duty, -3)

    answer = world.as_("other").get("/reviews/", {"state": "overdue"})

    assert listed(answer) == []
    assert answer.context["heat"].total == 0
    assert "Nothing is late" in text(answer)


@pytest.mark.parametrize(
    "query",
    [
        {"month": "2026-13"},
        {"month": "November"},
        {"month": "9999-12"},
        {"state": "soon"},
        {"kind": "magic"},
        {"after": "x"},
        {"after": "2026-01-01~x"},
    ],
)
def test_an_address_that_says_nothing_is_answered_in_words(world, query):
    answer = world.as_("viewer").get("/reviews/", query)

    assert answer.status_code == 400
    assert "This is the present month instead." in text(answer)


def test_a_filter_that_fits_nothing_can_be_cleared(world):
    page = text(world.as_("viewer").get("/reviews/", {"team": "elsewhere"}))

    assert "Nothing matches this filter." in page
    assert "Clear filter" in page


def test_long_lists_come_in_pages(world, monkeypatch):
    monkeypatch.setattr(calendar, "PAGE", 2)
    for number in range(5):
        due_in(world.duty, -3, title=f"Review {number}")

    seen, query = [], {"state": "overdue"}
    for _ in range(3):
        answer = world.as_("viewer").get("/reviews/", query)
        seen += listed(answer)
        query = {"state": "overdue", "after": answer.context["page"].after}

    assert seen == [f"Review {number}" for number in range(5)]
    assert query["after"] == ""


@pytest.mark.parametrize("query", ["", "?state=overdue", "?state=open"])
def test_the_list_asks_no_more_for_more_reviews(world, query):
    browser = world.as_("grc")
    due_in(world.duty, -3)
    due_in(world.duty, 0)
    browser.get(f"/reviews/{query}")

    few = asked(browser, f"/reviews/{query}")
    place = make_system(world.team, "ec2", profile=world.profile, key="more")
    duty = make_duty(place, "si-2", owner_team=world.team)
    for day in (-3, -2, -1, 0, 0):
        review = due_in(duty, day, kind="configuration")
        make_evidence(world.team, review, at=now())
    many = asked(browser, f"/reviews/{query}")

    assert many == few


def test_the_month_that_is_looked_at_is_named(world):
    page = text(world.as_("viewer").get("/reviews/"))

    assert f"{today():%B %Y}" in page
