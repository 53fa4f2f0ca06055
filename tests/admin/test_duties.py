"""Duties, claims, schedules and reviews in the admin site."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from controls.choices import AuditVerb
from controls.models import DutyClaim, ReviewSchedule, ReviewSnooze
from controls.services import duties, schedules
from tests.admin.worlds import add_url, change_url, list_url, text, verbs
from tests.make import (
    duty_of,
    make_approval,
    make_catalog,
    make_duty,
    make_grc_lead,
    make_profile,
    make_review,
    make_schedule,
    make_system,
    make_team,
)

TODAY = timezone.localdate()
NOW = timezone.now()
PAST = NOW - timedelta(days=100)


@pytest.fixture
def duty(world):
    return make_duty(world.system, "si-3")


@pytest.fixture
def review(duty):
    return make_review(duty, at=NOW)


def rows(answer):
    return list(answer.context["cl"].result_list)


def say(duty, step, team, reason=""):
    duty.refresh_from_db()
    return {"version": duty.version, "_step": step, "team": team.pk, "reason": reason}


def plan(duty, **more):
    return {
        "duty": duty.pk,
        "title": "Looked at",
        "kind": "configuration",
        "every": 2,
        "unit": "weeks",
        "lead_days": "3, 1",
        "overdue_every_days": 7,
        "escalate_after_days": 14,
        **more,
    }


def test_a_duty_shows_what_is_left_and_who_claims_it(world, duty):
    page = text(world.as_("viewer").get(change_url(duty)))

    assert "Guest os on EC2" in page
    assert "Platform" in page
    assert "By decision" in page
    assert "It is not reviewed." in page
    assert "a contributor of the team that speaks" in page
    assert 'value="claim"' not in page


def test_a_contributor_disputes_and_claims_for_their_team(world, duty):
    browser, url = world.as_("contributor"), change_url(duty)

    no_reason = browser.post(url, say(duty, "dispute", world.team))
    disputed = browser.post(url, say(duty, "dispute", world.team, "Security's scanner"))
    between = text(browser.get(url))
    claimed = browser.post(url, say(duty, "claim", world.team))

    assert "Say why it is not yours." in text(no_reason)
    assert disputed.status_code == claimed.status_code == 302
    assert "Nobody; disputed by Platform" in between
    assert DutyClaim.objects.claiming().get(duty=duty).started_by.name == "Contributor"
    assert verbs()[-4:] == [
        AuditVerb.CLAIM_ENDED,
        AuditVerb.DUTY_DISPUTED,
        AuditVerb.CLAIM_ENDED,
        AuditVerb.DUTY_CLAIMED,
    ]


def test_only_teams_that_one_speaks_for_are_offered(world, duty):
    def offered(who):
        form = world.as_(who).get(change_url(duty)).context["adminform"].form
        return [team.key for team in form.fields["team"].queryset]

    assert offered("contributor") == ["platform"]
    assert offered("grc") == ["platform", "security"]


def test_a_foreign_team_cannot_be_named(world, duty):
    answer = world.as_("contributor").post(
        change_url(duty), say(duty, "claim", world.others)
    )

    assert "team" in answer.context["adminform"].form.errors
    assert not DutyClaim.objects.filter(team=world.others).exists()


def test_a_stale_form_is_refused_and_what_was_typed_stays(world, duty):
    sent = say(duty, "dispute", world.team, "Security's scanner")
    duties.claim(duty=duty, version=1, team=world.others, by=make_grc_lead(), at=NOW)

    answer = world.as_("contributor").post(change_url(duty), sent)

    assert "Somebody changed this since you opened it" in text(answer)
    assert "Security&#x27;s scanner" in text(answer)
    assert not DutyClaim.objects.filter(stance="disputes").exists()


def test_what_was_said_is_taken_back(world, duty):
    claim = duty.claims.get()
    sent = {"version": duty.version, "_step": "end"}

    answer = world.as_("contributor").post(change_url(claim), sent)

    claim.refresh_from_db()
    assert answer.status_code == 302
    assert claim.ended_by == world.people["contributor"]
    assert "Take it back" not in text(world.as_("contributor").get(change_url(claim)))


def test_the_list_answers_who_is_missing_and_who_is_at_odds(world, duty):
    lead, other = make_grc_lead(), make_duty(world.system, "ac-2")
    duties.dispute(duty=duty, version=1, team=world.team, reason="No", by=lead, at=NOW)
    duties.claim(duty=other, version=1, team=world.others, by=lead, at=NOW)
    browser = world.as_("lead")

    def found(**query):
        return rows(browser.get(list_url("duty"), query))

    assert found() == [other, duty]
    assert found(unowned="True") == found(disputed="True") == [duty]
    assert found(double_claimed="True") == found(unowned="False") == [other]
    assert found(system="shop", task="do") == [other, duty]
    assert found(q="AC-2") == [other]
    assert "Nobody; disputed by Platform" in text(browser.get(list_url("duty")))


def test_an_approver_starts_a_schedule_from_a_duty_and_ends_it(world, duty):
    browser = world.as_("approver")
    link = f"{add_url('reviewschedule')}?duty={duty.pk}"

    page = text(browser.get(change_url(duty)))
    form = browser.get(link)
    made = browser.post(add_url("reviewschedule"), plan(duty))
    schedule = ReviewSchedule.objects.get()
    ended = browser.post(change_url(schedule), {"_step": "end"})

    schedule.refresh_from_db()
    assert link in page
    assert form.context["adminform"].form["duty"].value() == str(duty.pk)
    assert made.status_code == ended.status_code == 302
    assert (schedule.every, schedule.unit, schedule.lead_days) == (2, "weeks", [3, 1])
    assert schedule.ended_by == world.people["approver"]
    assert "Looked at" in text(browser.get(change_url(duty)))


@pytest.mark.parametrize("named", ["", "?duty=x", "?duty=999999"])
def test_a_schedule_without_a_duty_begins_with_choosing_one(world, named):
    answer = world.as_("approver").get(add_url("reviewschedule") + named, follow=True)

    assert answer.redirect_chain == [(list_url("duty"), 302)]
    assert "Choose a duty, then add its schedule." in text(answer)


@pytest.mark.parametrize(
    ("more", "field", "told"),
    [
        ({"lead_days": "soon"}, "lead_days", "Write whole numbers"),
        ({"lead_days": "0"}, "lead_days", "Each must be 1 to 365"),
        ({"every": 4000, "unit": "weeks"}, "every", "years apart at most"),
        ({"anchor_on": "9999-12-31"}, "anchor_on", "within 10 years"),
        ({"title": " "}, "title", "required"),
    ],
)
def test_a_schedule_that_is_none_is_told_at_its_field(world, duty, more, field, told):
    answer = world.as_("approver").post(add_url("reviewschedule"), plan(duty, **more))

    assert told in str(answer.context["adminform"].form.errors[field])
    assert not ReviewSchedule.objects.exists()


def test_a_duty_of_another_team_is_not_scheduled(world):
    foreign = make_duty(world.foreign, "ac-2")

    answer = world.as_("lead").post(add_url("reviewschedule"), plan(foreign))

    assert answer.status_code == 302
    assert not ReviewSchedule.objects.exists()


def test_an_approver_keeps_a_review_quiet(world, review):
    until = TODAY + timedelta(days=7)
    sent = {
        "version": review.version,
        "_step": "snooze",
        "until": until,
        "reason": "The vendor is late",
    }

    done = world.as_("approver").post(change_url(review), sent)
    page = text(world.as_("viewer").get(change_url(review)))

    assert done.status_code == 302
    assert ReviewSnooze.objects.get().until == until
    assert "The vendor is late" in page
    assert 'name="until"' not in page


def test_a_pause_that_is_too_long_is_told_at_its_field(world, review):
    sent = {
        "version": 1,
        "_step": "snooze",
        "until": TODAY + timedelta(days=91),
        "reason": "x",
    }

    answer = world.as_("approver").post(change_url(review), sent)

    assert "90 days from now" in str(answer.context["adminform"].form.errors["until"])


def test_reviews_are_listed_by_due_day_and_found_by_how_they_stand(world, duty, review):
    late = make_review(duty, at=PAST, title="Late")
    gone = make_schedule(duty, at=PAST, title="Gone", every=1, unit="weeks")
    schedules.end(schedule=gone, by=make_grc_lead(), at=PAST)
    browser = world.as_("viewer")

    def found(**query):
        return [str(row.schedule.title) for row in rows(browser.get(url, query))]

    url = list_url("review")
    assert found() == ["Gone", "Late", "Patches"]
    assert found(overdue="True") == ["Late"]
    assert found(state="open") == ["Late", "Patches"]
    assert found(state="ended") == ["Gone"]
    assert found(system="shop", q="late") == ["Late"]
    assert late.due_on < TODAY < review.due_on


def test_what_has_ended_offers_nothing_to_do(world, duty, review):
    make_approval(world.system, "si-3", kind="inherited", rationale="Not ours.", at=NOW)
    browser = world.as_("lead")

    for row in (duty, review, review.schedule, duty.claims.first()):
        page = text(browser.get(change_url(row)))
        assert 'name="_step"' not in page
        assert "To change it takes" not in page


def test_lists_and_pages_cost_the_same_at_two_sizes(world, duty, review):
    make_duty(world.foreign, "ac-2")
    browser = world.as_("grc")
    paths = [list_url(m) for m in ("duty", "dutyclaim", "reviewschedule", "review")]
    paths += [change_url(duty), change_url(review.schedule), change_url(review)]

    def costs():
        found = {}
        for path in paths:
            with CaptureQueriesContext(connection) as seen:
                assert browser.get(path).status_code == 200
            found[path] = len(seen)
        return found

    costs()
    few = costs()
    controls = {f"cm-{number}": ("guest_os",) for number in range(8)}
    profile = make_profile(make_catalog(controls))
    team = make_team("more")
    system = make_system(team, "ec2", profile=profile, key="more")
    for control_id in controls:
        make_schedule(make_duty(system, control_id), at=NOW)
    for number in range(5):
        make_schedule(duty_of(world.system, "si-3"), title=f"Look {number}", at=NOW)

    many = costs()

    assert many == few
    assert max(many.values()) <= 19
