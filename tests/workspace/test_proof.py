"""Proof and work in the workspace: the overview, the queue, and the matrix's drawer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from controls.choices import ClaimStance
from controls.models import Duty, DutyClaim
from controls.services import duties
from tests.make import (
    accept_evidence,
    make_duty,
    make_evidence,
    make_review,
    make_system,
    responsibility_for,
)
from tests.training.making import make_course, make_entry
from tests.workspace.test_pages import asked, text

MATRIX, QUEUE = "/admin/systems/shop/matrix/", "/admin/queue/"


def now():
    return timezone.now()


@pytest.fixture
def duty(world):
    """What the platform team does for SI-3."""
    return make_duty(world.shop, "si-3", owner_team=world.team)


def late(duty, days=3, **plan):
    """A review that is so many days late."""
    began = now() - timedelta(days=60 + days)
    return make_review(duty, at=began, every=60, unit="days", **plan)


def said(duty):
    """The claim of the team on the duty."""
    return DutyClaim.objects.open().get(duty=duty)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_the_overview_counts_what_is_late_runs_out_and_is_nobodys(world, duty):
    late(duty, kind="patching")
    late(duty, kind="configuration")
    ending = make_evidence(
        world.team, expires_on=(now() + timedelta(days=9)).date(), at=now()
    )
    accept_evidence(ending, at=now())
    make_evidence(world.team, responsibility_for(world.shop, "si-3"), at=now())
    end = fresh(make_duty(world.shop, "ac-2", owner_team=world.team))
    duties.end_claim(claim=said(end), version=end.version, by=world.people["grc"], at=now())
    make_course("basics")
    make_entry(name="Mia", team=world.team)

    answer = world.as_("grc").get("/admin/")

    monday = answer.context["monday"]
    assert (monday.overdue, monday.expiring, monday.verdicts) == (2, 1, 1)
    assert (monday.nobodys, monday.duties, monday.in_dispute) == (1, 2, 0)
    assert (monday.untrained, monday.people) == (1, 1)
    page = text(answer)
    for door in (
        "/reviews/?state=overdue",
        "/reviews/?state=overdue&amp;team=platform&amp;kind=patching",
        "/evidence/?view=ending",
        "/admin/queue/#evidence",
        "/admin/queue/#unclaimed",
        "/admin/queue/#disputed",
        "/admin/training/",
    ):
        assert f'href="{door}"' in page


def test_the_overview_of_a_stranger_counts_nothing_of_it(world, duty):
    late(duty)
    make_evidence(world.team, responsibility_for(world.shop, "si-3"), at=now())

    monday = world.as_("viewer").get("/admin/").context["monday"]
    world.people["viewer"].memberships.update(ended_at=now(), ended_by=world.people["grc"])

    assert (monday.overdue, monday.duties) == (1, 1)
    assert world.as_("viewer").get("/admin/").status_code == 302


def test_the_queue_lists_evidence_for_those_who_may_judge_it(world, duty):
    make_evidence(
        world.team,
        late(duty),
        by=world.people["approver"],
        title="A patch report",
        at=now(),
    )

    assert "A patch report" in text(world.as_("lead").get(QUEUE))
    assert "A patch report" not in text(world.as_("approver").get(QUEUE))
    assert "A patch report" not in text(world.as_("contributor").get(QUEUE))


def test_a_dispute_is_settled_in_the_queue(world, duty):
    duties.dispute(
        duty=duty,
        version=fresh(duty).version,
        team=world.team,
        reason="The people team runs these.",
        by=world.people["contributor"],
        at=now(),
    )
    browser = world.as_("grc")

    page = text(browser.get(QUEUE))
    settled = {"_settle": "", "claim": said(duty).uuid, "version": fresh(duty).version}
    browser.post(QUEUE, settled)
    given = {"_claim": "", "duty": duty.uuid, "team": "people"}
    answer = browser.post(QUEUE, {**given, "version": fresh(duty).version})

    assert "The people team runs these." in page
    assert answer.status_code == 302
    claim = said(duty)
    assert (claim.team, claim.stance) == (world.others, ClaimStance.CLAIMS)
    assert "The people team runs these." not in text(browser.get(QUEUE))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"_claim": "", "team": ""}, 400),
        ({"_claim": "", "team": "elsewhere"}, 400),
        ({"_claim": "", "team": "platform"}, 409),
        ({"_claim": "", "team": "platform", "version": 99}, 412),
        ({"_claim": "", "team": "platform", "version": ""}, 404),
        ({"_claim": "", "team": "platform", "duty": "nonsense"}, 404),
        ({"_settle": "", "claim": "00000000-0000-4000-8000-000000000000"}, 404),
    ],
)
def test_what_cannot_be_settled_is_refused(world, duty, given, status):
    sent = {"duty": duty.uuid, "version": fresh(duty).version, **given}

    assert world.as_("grc").post(QUEUE, sent).status_code == status


def test_the_drawer_shows_duties_and_proof(world, duty):
    review = late(duty, title="Patches of the shop")
    piece = make_evidence(world.team, review, title="A patch report", at=now())

    page = text(world.as_("viewer").get(MATRIX, {"cell": "si-3"}))

    assert f'href="/reviews/{review.uuid}/"' in page
    assert "Patches of the shop" in page
    assert f'href="/evidence/{piece.uuid}/"' in page
    assert "A patch report" in page
    uuid = responsibility_for(world.shop, "si-3").uuid
    assert f'href="/evidence/new/?responsibility={uuid}"' in page


def test_the_drawer_as_of_an_earlier_day_shows_what_was_there_then(world, duty):
    make_evidence(world.team, late(duty), title="A patch report", at=now())
    before = (now() - timedelta(days=1)).date()

    page = text(world.as_("viewer").get(MATRIX, {"cell": "si-3", "as_of": str(before)}))

    assert 'id="duties"' in page
    assert "A patch report" not in page
    assert "/evidence/new/" not in page


def test_a_control_without_duties_says_nothing_of_them(world, duty):
    page = text(world.as_("viewer").get(MATRIX, {"cell": "si-2"}))

    assert 'id="duties"' not in page
    assert 'id="proof"' not in page


def test_overview_queue_and_drawer_ask_no_more_for_more_work(world, duty):
    browser = world.as_("grc")
    paths = ("/admin/", QUEUE, f"{MATRIX}?cell=si-3")
    add_work(world, duty)
    [browser.get(path) for path in paths]

    few = [asked(browser, path) for path in paths]
    for number in range(3):
        place = make_system(world.team, "ec2", profile=world.profile, key=f"more-{number}")
        add_work(world, make_duty(place, "si-3", owner_team=world.team))
        late(duty, title=f"More {number}")
        make_evidence(world.team, late(duty), at=now())
    many = [asked(browser, path) for path in paths]

    assert many == few


def add_work(world, duty):
    """A late review with proof, a dispute and a duty that nobody claims."""
    make_evidence(world.team, late(duty), at=now())
    lone = fresh(make_duty(duty.responsibility.system, "ac-2", owner_team=world.team))
    duties.end_claim(
        claim=said(lone), version=lone.version, by=world.people["grc"], at=now()
    )
    duties.dispute(
        duty=duty,
        version=Duty.objects.get(pk=duty.pk).version,
        team=world.others,
        reason="Not ours",
        by=world.people["grc"],
        at=now(),
    )
