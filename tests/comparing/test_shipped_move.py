"""The shipped example on the shipped facts: EC2 and RDS move to Fargate and Aurora."""

import json

import pytest
from django.core.management import call_command

from controls.knowledge import read_release
from controls.models import Profile
from controls.services import knowledge
from controls.services.setup import system_user
from tests.api.conftest import Api
from tests.comparing.worlds import approve, asked, because, changed
from tests.make import (
    MONDAY,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
)

ADD, REMOVE = "ecs.fargate rds.aurora", "ec2 rds"
NO_LONGER_OURS = {"au-8", "sc-4", "sc-39", "si-3", "si-16"}
"""The guest OS is all that they ask of us, and it goes with the servers."""
SET_UP_BY_US = {"cp-6", "cp-6.1", "cp-9", "cp-9.1", "cp-10", "ia-7", "sc-12"}
"""Backups and keys become a setting."""


@pytest.fixture
def portal(db):  # noqa: ARG001 - asked for what it does
    """The example's system with the MODERATE profile, two of its controls approved."""
    knowledge.load(facts=read_release(), by=system_user(), at=MONDAY)
    team = make_team("platform")
    system = make_system(
        team,
        "ec2",
        "rds",
        profile=Profile.objects.get(key="nist-sp800-53r5-moderate"),
        key="portal",
        name="Portal",
    )
    for control in ("si-3", "cp-9"):
        approve(system, control, by=make_member(team), checker=make_grc_lead())
    return system


def test_controls_duties_and_reviews_change_with_reasons(portal):
    found = asked(portal, add=ADD, remove=REMOVE)

    answers = changed(found)
    assert found.compared == 287
    assert len(answers) == 30
    moved = {control for control, (old, new) in answers.items() if old != new}
    assert moved == NO_LONGER_OURS | SET_UP_BY_US
    assert {answers[c] for c in NO_LONGER_OURS} == {("shared", "inherited")}
    assert {answers[c] for c in SET_UP_BY_US} == {("shared", "inherited-if-configured")}
    assert all(change.reasons for change in found.changes)
    assert because(found, "si-3") == (
        "Guest / node OS: today AWS and you, then AWS alone. "
        "Goes: you on Amazon EC2 instance; AWS on Amazon RDS. "
        "Comes: AWS on ECS on AWS Fargate, Amazon Aurora."
    )
    assert because(found, "cp-9").startswith(
        "Backup, retention, point-in-time recovery: today and then AWS and you. "
        "Goes: you on Amazon EC2 instance; AWS, once you set it up, on Amazon RDS"
    )


def test_the_duties_of_the_guest_os_vanish_and_backups_are_only_checked(portal):
    found = asked(portal, add=ADD, remove=REMOVE)

    gone = {d.subject.control_id: d for d in found.duties if d.course == "vanishes"}
    assert set(gone) >= NO_LONGER_OURS
    assert (gone["si-3"].before, gone["si-3"].after) == (
        "Guest / node OS on Amazon EC2 instance",
        "",
    )
    assert {c for c, d in gone.items() if d.in_force} == {"si-3", "cp-9"}
    (cp9,) = (
        d for d in found.duties if d.subject.control_id == "cp-9" and d.course != "vanishes"
    )
    assert (cp9.task, cp9.course) == ("check", "moves")
    assert found.before.duties - found.after.duties == len(gone)


def test_the_reviews_of_what_vanishes_vanish_with_interval_and_source(portal):
    found = asked(portal, add=ADD, remove=REMOVE)

    told = {
        (r.subject.control_id, r.course, r.rhythm.title, r.rhythm.interval, r.rhythm.source)
        for r in found.reviews
    }
    assert told == {
        ("cp-9", "vanishes", "Restore test", "every 3 months", "CIS v8.1 11.5"),
        ("cp-9.1", "vanishes", "Restore test", "every 3 months", "CIS v8.1 11.5"),
    }


def test_the_way_back_brings_back_what_went(portal):
    there = asked(portal, add=ADD, remove=REMOVE)
    back = make_system(
        portal.owner_team,
        *ADD.split(),
        profile=portal.scopes.get().profile,
        key="moved",
    )

    again = asked(back, add=REMOVE, remove=ADD)

    assert {c: (new, old) for c, (old, new) in changed(there).items()} == changed(again)
    appear = {d.subject.control_id for d in again.duties if d.course == "appears"}
    assert appear == {d.subject.control_id for d in there.duties if d.course == "vanishes"}


@pytest.mark.usefixtures("portal")
def test_the_three_doors_say_the_same(capsys, client_of):
    lead = make_grc_lead()
    query = "add=ecs.fargate,rds.aurora&remove=ec2,rds"

    told = Api(lead).get(f"systems/portal/what-if/?{query}").json()
    call_command(
        "what_if",
        "--system=portal",
        "--add=ecs.fargate,rds.aurora",
        "--remove=ec2,rds",
        "--json",
    )
    printed = json.loads(capsys.readouterr().out)
    page = client_of(lead).get(f"/admin/systems/portal/what-if/?{query}")

    assert printed == told
    found = page.context["found"]
    assert [c.subject.control_id for c in found.changes] == [
        c["control_id"] for c in told["controls"]
    ]
    assert [(d.course, d.before, d.after) for d in found.duties] == [
        (d["course"], d["before"] or "", d["after"] or "") for d in told["duties"]
    ]
    assert [(r.course, r.rhythm.title) for r in found.reviews] == [
        (r["course"], r["title"]) for r in told["reviews"]
    ]
