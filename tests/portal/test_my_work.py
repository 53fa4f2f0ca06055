"""My work: what waits for whoever is signed in, most urgent first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from controls.choices import ClaimStance, ReminderChannel, ReminderSubject
from controls.models import DutyClaim, Reminder
from controls.services import decisions, duties
from evidence.services import evidence
from tests.make import (
    accept_evidence,
    make_decision,
    make_duty,
    make_evidence,
    make_membership,
    make_system,
    responsibility_for,
)
from tests.portal.pages import asked, due_in, fresh, now, order, text, today
from tests.training.making import make_course, make_entry, make_record


def test_late_comes_first_then_what_is_due_and_what_lies_further_is_left_out(world):
    due_in(world.duty, 20, title="Later review")
    due_in(world.duty, -9, title="Late review")
    due_in(world.duty, 3, title="Near review")
    due_in(world.duty, 45, title="Far review")

    page = text(world.as_("contributor").get("/"))

    titles = ["Late review", "Near review", "Later review"]
    assert order(page, titles) == titles
    assert "Far review" not in page
    assert "9 days late" in page
    assert f"nothing more before {(today() + timedelta(days=45)).day}" in page


def test_each_says_why_it_is_yours_and_where(world):
    due_in(world.duty, 3, title="Near review")

    page = text(world.as_("contributor").get("/"))

    assert "Yours because EC2 leaves guest os to you." in page
    assert "Shop" in page
    assert "SI-3" in page


def test_a_day_within_the_week_has_its_weekday(world):
    near, far = due_in(world.duty, 3), due_in(world.duty, 20)

    page = text(world.as_("contributor").get("/"))

    assert f"Due {near.due_on:%a} {near.due_on.day} {near.due_on:%b}" in page
    assert f"Due {far.due_on.day} {far.due_on:%b}" in page


def test_nothing_waits_and_when_the_next_comes(world):
    review = due_in(world.duty, 45)

    page = text(world.as_("contributor").get("/"))

    assert "Nothing waits for you." in page
    assert f"Next: {review.due_on.day} {review.due_on:%B}" in page


def test_what_was_handed_in_waits_for_somebody_else(world):
    review = due_in(world.duty, -2, title="Late review")
    make_evidence(world.team, review, by=world.people["contributor"], at=now())

    page = text(world.as_("contributor").get("/"))

    assert "0 things to do" not in page
    assert "Nothing waits for you." in page
    assert "nothing more to do, somebody else looks at it" in page
    assert "late" not in page.partition("Handed in")[0]


def test_what_came_back_says_what_is_missing(world):
    review = due_in(world.duty, 5, title="Near review")
    piece = make_evidence(world.team, review, by=world.people["contributor"], at=now())
    reject(world, piece, "The last days are missing.")

    page = text(world.as_("contributor").get("/"))

    assert "“The last days are missing.”" in page
    assert "Add what is missing" in page


def test_evidence_waits_for_those_who_may_judge_it_and_did_not_make_it(world):
    piece = make_evidence(
        world.team,
        due_in(world.duty, 5),
        by=world.people["approver"],
        title="A patch report",
        at=now(),
    )

    mine = world.as_("approver").get("/").context["mine"]
    leads = world.as_("lead").get("/").context["mine"]
    contributors = world.as_("contributor").get("/").context["mine"]

    assert [row.pk for row in leads.verdicts] == [piece.pk]
    assert (mine.verdict_count, contributors.verdict_count) == (0, 0)


def test_a_second_revision_by_somebody_else_keeps_the_first_maker_from_judging(world):
    piece = make_evidence(
        world.team, due_in(world.duty, 5), by=world.people["approver"], at=now()
    )
    revise(world, piece, "lead")

    verdicts = {
        who: world.as_(who).get("/").context["mine"].verdict_count
        for who in ("approver", "lead")
    }

    assert verdicts == {"approver": 0, "lead": 0}


def test_accepted_evidence_waits_for_nobody(world):
    piece = make_evidence(world.team, due_in(world.duty, 5), at=now())
    accept_evidence(piece, at=now())

    assert world.as_("lead").get("/").context["mine"].verdict_count == 0


def test_decisions_in_review_wait_for_those_who_did_not_make_them(world):
    make_decision(world.shop, "si-2", by=world.people["approver"])
    row = responsibility_for(world.shop, "si-2")
    maker = world.people["approver"]
    decisions.submit(responsibility=row, version=row.version, by=maker, at=now())

    counts = {
        who: world.as_(who).get("/").context["decisions"]
        for who in ("contributor", "approver", "lead")
    }

    assert counts == {"contributor": 0, "approver": 0, "lead": 1}
    assert "1 decision in review" in text(world.as_("lead").get("/"))


def test_a_duty_that_nobody_claims_waits_with_the_team_that_owns_the_system(world):
    due_in(world.duty, 3, title="Near review")
    claim = DutyClaim.objects.get(duty=world.duty, stance=ClaimStance.CLAIMS)
    duties.end_claim(
        claim=claim,
        version=fresh(world.duty).version,
        by=world.people["contributor"],
        at=now(),
    )

    page = text(world.as_("contributor").get("/"))

    assert "Near review" in page
    assert "Nobody claims it" in page


def test_the_work_of_another_team_is_not_mine(world):
    due_in(world.duty, -3, title="Late review")

    page = text(world.as_("other").get("/"))

    assert "Late review" not in page
    assert "Nothing waits for you." in page


def test_a_viewer_is_shown_what_they_cannot_do_without_being_asked_to(world):
    due_in(world.duty, -3)

    page = text(world.as_("viewer").get("/"))

    assert "Look at it" in page
    assert "Hand in proof" not in page


def test_what_is_not_asked_is_counted(world):
    page = text(world.as_("contributor").get("/"))

    assert "1 of 6 controls need nothing from you" in page


def test_training_of_the_team_is_counted(world):
    course = make_course("basics")
    make_record(make_entry(name="Hanna", team=world.team), course, today(), at=now())
    make_entry(name="Mia", team=world.team)

    page = text(world.as_("contributor").get("/"))

    assert "1 of 2 people hold every course that they must." in page


def test_reminders_in_the_app_lead_to_their_review(world):
    review = due_in(world.duty, 7, title="Near review")
    user = world.people["contributor"]
    tell(review, user, "lead-7")
    tell(review, world.people["lead"], "overdue-8")

    answer = world.as_("contributor").get("/")

    assert "Near review : due in 7 days" in text(answer)
    assert "8 days late" not in text(answer)
    assert f'href="/reviews/{review.uuid}/"' in answer.content.decode()


@pytest.mark.parametrize("who", ["grc", "auditor"])
def test_whoever_is_in_no_team_is_led_to_the_overview(world, who):
    answer = world.as_(who).get("/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_whoever_has_no_role_is_told_so(world):
    answers = [world.as_("nobody").get(path) for path in ("/", "/reviews/", "/evidence/")]

    assert {answer.status_code for answer in answers} == {403}
    assert "You have no role yet" in text(answers[0])


def test_a_person_of_two_teams_sees_the_work_of_both(world):
    make_membership(world.people["other"], world.team, "contributor")
    due_in(world.duty, -3, title="Late review")

    page = text(world.as_("other").get("/"))

    assert "Data, Platform." in page
    assert "Late review" in page


def test_my_work_asks_no_more_for_more_work(world):
    browser = world.as_("lead")
    user, maker = world.people["lead"], world.people["contributor"]
    add_work(world, user, maker, "si-2")
    browser.get("/")

    few = asked(browser, "/")
    for control in ("ac-2",):
        add_work(world, user, maker, control)
        add_work(world, user, maker, control, system="more")
    many = asked(browser, "/")

    assert many == few
    assert few <= 40


def add_work(world, user, maker, control, system="shop"):
    """A duty with late, near and handed-in reviews, and a reminder of one of them."""
    place = world.shop
    if system != "shop":
        place = make_system(world.team, "ec2", profile=world.profile, key=system)
    if place is world.shop or control == "ac-2":
        duty = make_duty(place, control, owner_team=world.team)
    for days in (-4, 3):
        tell(due_in(duty, days, title=f"{control} {days}"), user, "due")
    make_evidence(world.team, due_in(duty, 9), by=maker, at=now())


def tell(review, user, stage):
    """A reminder in the app."""
    return Reminder.objects.create(
        subject_type=ReminderSubject.REVIEW,
        subject_uuid=review.uuid,
        occurrence=review.occurrence,
        stage=stage,
        recipient=user,
        channel=ReminderChannel.IN_APP,
        stage_on=review.due_on,
        created_at=now(),
    )


def reject(world, piece, remark):
    """Let the lead return it."""
    piece = fresh(piece)
    evidence.reject(
        evidence=piece,
        version=piece.version,
        remark=remark,
        by=world.people["lead"],
        at=now(),
    )


def revise(world, piece, who):
    """Let somebody hand in a further revision, with the same file."""
    piece = fresh(piece)
    evidence.revise(
        evidence=piece,
        version=piece.version,
        content=evidence.Content(
            title="Again", kind="report", artifact=piece.latest_version.artifact
        ),
        by=world.people[who],
        at=now(),
    )
