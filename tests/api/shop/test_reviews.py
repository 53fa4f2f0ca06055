"""Reviews over the API: what is due, and pauses of its reminders."""

from datetime import timedelta

import pytest

from controls.services import duties, reviews, schedules
from tests.api.shop.calls import ROOT, TUESDAY, bearer, places, post, problem, recorded
from tests.make import (
    MONDAY,
    make_auditor,
    make_duty,
    make_grc_lead,
    make_member,
    make_review,
    make_schedule,
    make_team,
    review_of,
)

pytestmark = pytest.mark.django_db

SESSION = 3
PAST = MONDAY - timedelta(days=60)


@pytest.fixture
def duty(system):
    """SI-3 on EC2."""
    return make_duty(system, "si-3")


@pytest.fixture
def review(duty):
    """Due on 2 April."""
    return make_review(duty)


def rows(client, query=""):
    answer = client.get(f"{ROOT}reviews/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def days(client, query=""):
    return [row["due_on"] for row in rows(client, query)]


def late(duty, **plan):
    """A review that was due on 1 February, 30 days before the tests' today."""
    return make_review(duty, at=PAST, anchor_on=PAST.date(), **plan)


def test_a_review_says_what_is_due_and_whose_it_is(review, contributor):
    answer = bearer(contributor).get(f"{ROOT}reviews/{review.uuid}/")

    told = answer.json()
    assert answer["ETag"] == '"v1"'
    assert (told["system"], told["control_id"], told["title"]) == (
        "shop",
        "si-3",
        "Patches",
    )
    assert (told["due_on"], told["attempt"], told["kind"]) == ("2026-04-02", 1, "patching")
    assert (told["state"], told["overdue"], told["quiet_until"]) == ("open", False, None)
    assert (told["claimed_by"], told["what"]) == (["payments"], "Guest os on EC2")
    assert told["plan"]["uuid"] == told["schedule"] == str(review.schedule.uuid)
    assert told["plan"]["next_due_on"] == "2026-04-02"
    assert (told["completed_by"], told["outcome"], told["snoozes"]) == (None, "", [])
    client = bearer(contributor)
    assert {client.get(link).status_code for link in told["links"].values()} == {200}


def test_what_is_overdue_is_asked_for_by_name(duty, review, contributor):
    overdue, client = late(duty), bearer(contributor)

    assert days(client, "overdue=true") == [str(overdue.due_on)]
    assert days(client, "overdue=false") == [str(review.due_on)]
    (row,) = rows(client, "overdue=true")
    assert (row["state"], row["overdue"]) == ("open", True)


def test_a_review_due_today_is_not_overdue(duty, contributor):
    make_review(duty, every=1, unit="days")  # due on Tuesday, which is today

    assert [(r["due_on"], r["overdue"]) for r in rows(bearer(contributor))] == [
        ("2026-03-03", False)
    ]


def test_open_completed_and_ended_are_told_apart(duty, contributor):
    lead, client = make_grc_lead(), bearer(contributor)
    done, gone = late(duty), late(duty, title="Gone")
    reviews.complete(
        review=done, version=1, outcome="satisfied", remark="All.", by=lead, at=TUESDAY
    )
    schedules.end(schedule=gone.schedule, by=lead, at=TUESDAY)

    states = {row["uuid"]: (row["state"], row["overdue"]) for row in rows(client)}

    following = review_of(done.schedule)
    assert states == {
        str(done.uuid): ("completed", False),
        str(gone.uuid): ("ended", False),
        str(following.uuid): ("open", False),
    }
    (completed,) = rows(client, "state=completed")
    assert (completed["completed_by"], completed["remark"]) == (lead.name, "All.")
    assert completed["done_on"] == "2026-03-03"
    assert days(client, "state=open") == [str(following.due_on)]


def test_reviews_are_found_by_what_they_are(duty, review, contributor):
    make_schedule(duty, title="Settings", kind="configuration", every=2)
    client = bearer(contributor)

    def titles(query):
        return [row["title"] for row in rows(client, query)]

    both = ["Patches", "Settings"]
    assert titles("system=shop") == titles(f"duty={duty.uuid}") == both
    assert titles("control_id=si-3&task=do&team=payments") == both
    assert titles(f"schedule={review.schedule.uuid}") == ["Patches"]
    assert titles("kind=configuration") == ["Settings"]
    assert titles("due_before=2026-04-03") == titles("due_before=2026-05-02") == ["Patches"]
    assert titles("due_after=2026-04-02") == ["Settings"]
    assert titles("due_after=2026-04-01&due_before=2026-05-03") == both
    assert titles("team=other") == titles("system=x") == []
    answer = client.get(f"{ROOT}reviews/?due_before=soon&kind=x&colour=red")
    assert "colour" in places(problem(answer, 400, "invalid"))
    answer = client.get(f"{ROOT}reviews/?due_before=soon&kind=x")
    assert places(problem(answer, 400, "invalid")) == {"due_before", "kind"}


def test_an_approver_keeps_its_reminders_quiet(review, approver):
    client, path = bearer(approver), f"reviews/{review.uuid}/snooze/"

    first = post(client, path, {"until": "2026-03-09", "reason": "Vendor"}, version=1)
    second = post(client, path, {"until": "2026-03-20", "reason": "Again"}, version=2)

    assert (first.status_code, first["ETag"], second["ETag"]) == (200, '"v2"', '"v3"')
    told = second.json()
    assert (told["quiet_until"], told["due_on"]) == ("2026-03-20", "2026-04-02")
    assert [(row["until"], row["reason"], row["by"]) for row in told["snoozes"]] == [
        ("2026-03-09", "Vendor", "April"),
        ("2026-03-20", "Again", "April"),
    ]
    assert rows(client)[0]["quiet_until"] == "2026-03-20"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "until"),
        ({"until": "2026-03-09"}, "reason"),
        ({"until": "2026-03-09", "reason": " "}, "reason"),
        ({"until": "2026-03-03", "reason": "Today"}, "until"),
        ({"until": "2026-06-02", "reason": "Too long"}, "until"),
        ({"until": "soon", "reason": "So"}, "until"),
        ({"until": "2026-03-09", "reason": "So", "due_on": "2026-05-01"}, "due_on"),
    ],
)
def test_a_pause_that_is_none_is_refused_by_field(review, approver, body, place):
    before = recorded()

    answer = post(bearer(approver), f"reviews/{review.uuid}/snooze/", body, version=1)

    assert place in places(problem(answer, 400, "invalid"))
    assert recorded() == before


def test_a_pause_needs_the_version_that_was_read_and_the_role(
    review, approver, contributor
):
    path, body = f"reviews/{review.uuid}/snooze/", {"until": "2026-03-09", "reason": "So"}

    problem(post(bearer(approver), path, body), 428, "precondition-required")
    problem(post(bearer(approver), path, body, version=3), 412, "stale-version")
    refused = problem(post(bearer(contributor), path, body, version=1), 403, "not-allowed")
    assert "approver of the team" in refused["detail"]


def test_what_is_completed_keeps_quiet_anyway(review, approver):
    reviews.complete(
        review=review, version=1, outcome="satisfied", by=make_grc_lead(), at=TUESDAY
    )

    body = {"until": "2026-03-09", "reason": "So"}
    answer = post(bearer(approver), f"reviews/{review.uuid}/snooze/", body, version=2)

    assert "completed already" in problem(answer, 409, "conflict")["detail"]


def test_others_find_nothing_and_auditors_change_nothing(review, system):
    path, body = f"reviews/{review.uuid}/snooze/", {"until": "2026-03-09", "reason": "So"}
    stranger = bearer(make_member(make_team("other"), "lead"))
    auditor = bearer(make_auditor(system))

    assert rows(stranger) == []
    problem(post(stranger, path, body, version=1), 404, "not-found")
    assert days(auditor) == ["2026-04-02"]
    problem(post(auditor, path, body, version=1), 403, "not-allowed")


def test_a_list_costs_the_same_at_two_sizes_and_a_review_a_handful(
    duty, review, django_assert_max_num_queries
):
    client = bearer(make_grc_lead())
    query = "overdue=false&state=open&team=payments"
    with django_assert_max_num_queries(2 + SESSION):
        assert len(rows(client, query)) == 1
    other = make_team("other")
    duties.claim(duty=duty, version=1, team=other, by=make_grc_lead(), at=TUESDAY)

    for number in range(8):
        make_schedule(duty, title=f"Look {number}")

    with django_assert_max_num_queries(2 + SESSION):
        assert len(rows(client, query)) == 9
    with django_assert_max_num_queries(5 + SESSION):
        client.get(f"{ROOT}reviews/{review.uuid}/")
