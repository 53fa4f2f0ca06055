"""Which team says that it does a duty, and which says that it does not."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from controls.choices import AuditVerb, Kind
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    StaleVersionError,
)
from controls.models import AuditEvent, Duty, DutyClaim, Responsibility, System
from controls.services import duties
from tests.make import (
    MONDAY,
    duty_of,
    make_admin,
    make_approval,
    make_auditor,
    make_duty,
    make_grc_lead,
    make_member,
    make_schedule,
    make_system,
    make_team,
    make_user,
    make_world,
)

pytestmark = pytest.mark.django_db

LATER = MONDAY + timedelta(days=3)


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def other():
    return make_team("security")


@pytest.fixture
def duty(team):
    return make_duty(make_system(team, "ec2", profile=make_world()), "si-3")


def say(service, duty, team, by, *, reason="So", at=LATER):
    duty.refresh_from_db()
    return service(duty=duty, version=duty.version, team=team, reason=reason, by=by, at=at)


def take_back(claim, by, at=LATER):
    claim.duty.refresh_from_db()
    return duties.end_claim(claim=claim, version=claim.duty.version, by=by, at=at)


def said(duty):
    rows = DutyClaim.objects.open().filter(duty=duty).order_by("team__key")
    return list(rows.values_list("team__key", "stance"))


def asked(duty, *, on=date(2026, 3, 31), as_of=MONDAY + timedelta(days=29)):
    row: Any = Duty.objects.with_claims(on=on, as_of=as_of).get(pk=duty.pk)
    return row.unowned, row.double_claimed, row.disputed


def test_a_contributor_claims_for_their_team(duty, other):
    claim = say(duties.claim, duty, other, make_member(other), reason=" At night ")

    assert said(duty) == [("platform", "claims"), ("security", "claims")]
    assert (claim.reason, claim.since, claim.started_at) == (
        "At night",
        date(2026, 3, 5),
        LATER,
    )


@pytest.mark.parametrize("role", ["contributor", "approver", "lead"])
def test_whoever_contributes_to_the_team_speaks_for_it(duty, team, role):
    say(duties.dispute, duty, team, make_member(team, role))

    assert said(duty) == [("platform", "disputes")]


def test_the_grc_lead_speaks_for_any_team(duty, team, other):
    lead = make_grc_lead()

    say(duties.claim, duty, other, lead)
    say(duties.dispute, duty, team, lead)

    assert said(duty) == [("platform", "disputes"), ("security", "claims")]


@pytest.mark.parametrize("who", ["viewer", "lead of another team", "auditor", "admin"])
def test_nobody_else_speaks_for_a_team(duty, team, other, who):
    person = {
        "viewer": lambda: make_member(team, "viewer"),
        "lead of another team": lambda: make_member(other, "lead"),
        "auditor": lambda: make_auditor(duty.responsibility.system),
        "admin": make_admin,
    }[who]()
    claim = duty.claims.get()

    for service in (duties.claim, duties.dispute):
        with pytest.raises(NotAllowedError, match="contributor of the team that speaks"):
            say(service, duty, team, person)
    with pytest.raises(NotAllowedError):
        take_back(claim, person)
    assert said(duty) == [("platform", "claims")]


def test_a_dispute_ends_the_teams_claim_and_a_claim_its_dispute(duty, team):
    person = make_member(team)

    say(duties.dispute, duty, team, person, reason="The scanner is Security's.")
    between = said(duty)
    say(duties.claim, duty, team, person, at=LATER + timedelta(days=1))

    assert between == [("platform", "disputes")]
    assert said(duty) == [("platform", "claims")]
    ended = duty.claims.filter(ended_at__isnull=False).order_by("pk")
    assert list(ended.values_list("stance", "ended_on")) == [
        ("claims", date(2026, 3, 5)),
        ("disputes", date(2026, 3, 6)),
    ]


@pytest.mark.parametrize("service", [duties.claim, duties.dispute])
def test_the_same_is_not_said_twice(duty, other, service):
    person = make_member(other)
    say(service, duty, other, person)

    with pytest.raises(ConflictError, match=r"Security (claims|disputes) it already\."):
        say(service, duty, other, person)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_dispute_says_why(duty, team, reason):
    with pytest.raises(InvalidInputError, match="Say why") as refused:
        say(duties.dispute, duty, team, make_member(team), reason=reason)

    assert refused.value.place == "reason"


def test_a_dispute_without_a_reason_is_refused_by_the_database(duty):
    with pytest.raises(IntegrityError), transaction.atomic():
        duty.claims.update(stance="disputes", reason="")


def test_what_a_team_said_is_taken_back_once(duty, team):
    person, claim = make_member(team), duty.claims.get()

    take_back(claim, person)

    assert said(duty) == []
    with pytest.raises(ConflictError, match="ended already"):
        take_back(claim, person)


def test_an_old_version_is_refused(duty, team, other):
    person, claim = make_member(other), duty.claims.get()
    say(duties.claim, duty, other, person)

    with pytest.raises(StaleVersionError):
        duties.dispute(duty=duty, version=1, team=other, reason="No", by=person, at=LATER)
    with pytest.raises(StaleVersionError):
        duties.end_claim(claim=claim, version=1, by=make_member(team), at=LATER)
    assert said(duty) == [("platform", "claims"), ("security", "claims")]


def test_a_duty_that_has_ended_is_neither_claimed_nor_disputed(duty, other):
    system, person = duty.responsibility.system, make_member(other)
    stale = duty_of(system, "si-3")
    make_approval(system, "si-3", kind=Kind.INHERITED, rationale="Not ours.", at=LATER)

    with pytest.raises(ConflictError, match="has ended"):
        say(duties.claim, duty, other, person)
    with pytest.raises(StaleVersionError):
        duties.claim(duty=stale, version=stale.version, team=other, by=person, at=LATER)
    assert said(duty) == []


def test_each_word_leaves_its_event_on_the_duty(duty, team):
    person, start = make_member(team), AuditEvent.objects.latest("seq").seq

    say(duties.dispute, duty, team, person, reason="The scanner is Security's.")

    ended, disputed = AuditEvent.objects.filter(seq__gt=start).order_by("seq")
    assert (ended.verb, disputed.verb) == (
        AuditVerb.CLAIM_ENDED,
        AuditVerb.DUTY_DISPUTED,
    )
    assert {ended.target_uuid, disputed.target_uuid} == {duty.uuid}
    assert ended.before == {"team": "platform", "stance": "claims"}
    assert disputed.after == {
        "team": "platform",
        "reason": "The scanner is Security's.",
        "claim": str(DutyClaim.objects.open().get(duty=duty).uuid),
    }


def test_unowned_double_claimed_and_disputed_are_asked_of_a_moment(duty, team, other):
    lead = make_grc_lead()
    assert asked(duty) == (False, False, False)
    say(duties.claim, duty, other, lead, at=MONDAY + timedelta(days=1))
    assert asked(duty) == (False, True, False)
    say(duties.dispute, duty, team, lead, at=MONDAY + timedelta(days=2))
    assert asked(duty) == (False, False, True)
    claim = DutyClaim.objects.open().get(duty=duty, team=other)
    take_back(claim, lead, at=MONDAY + timedelta(days=3))
    assert asked(duty) == (True, False, True)

    days = [MONDAY + timedelta(days=n) for n in range(4)]
    past = [asked(duty, on=day.date(), as_of=day) for day in days]

    assert past == [
        (False, False, False),
        (False, True, False),
        (False, False, True),
        (True, False, True),
    ]


def test_a_team_that_claims_or_disputes_sees_the_duty_and_its_system(duty, other):
    viewer, lead = make_member(other, "viewer"), make_grc_lead()
    system = duty.responsibility.system
    before = sees(viewer, duty)

    say(duties.claim, duty, other, lead)
    claiming = sees(viewer, duty)
    say(duties.dispute, duty, other, lead)
    disputing = sees(viewer, duty)
    take_back(DutyClaim.objects.open().get(team=other), lead)

    assert (before, claiming, disputing) == ((0, 0, 0, 0), (1, 1, 1, 1), (1, 1, 1, 1))
    assert sees(viewer, duty) == (0, 0, 0, 0)
    assert sees(make_member(system.owner_team, "viewer"), duty) == (1, 1, 1, 1)
    assert sees(make_auditor(system), duty) == (1, 1, 1, 1)
    assert sees(
        make_auditor(make_system(other, "ec2", profile=scope_of(system))), duty
    ) == (0, 0, 0, 0)
    assert sees(make_user(), duty) == (0, 0, 0, 0)


def test_a_team_that_disputes_has_no_word_in_the_reviews(duty, other):
    say(duties.dispute, duty, other, make_grc_lead())

    with pytest.raises(NotAllowedError):
        make_schedule(duty, by=make_member(other, "lead"))
    say(duties.claim, duty, other, make_grc_lead())

    assert make_schedule(duty, by=make_member(other, "approver")).pk


def sees(user, duty):
    """How much of it the person sees: the system, the duty, and what was said of it."""
    system = duty.responsibility.system
    return (
        System.objects.visible_to(user).filter(pk=system.pk).count(),
        Duty.objects.visible_to(user).filter(pk=duty.pk).count(),
        min(1, DutyClaim.objects.visible_to(user).filter(duty=duty).count()),
        Responsibility.objects.visible_to(user).filter(duties=duty).count(),
    )


def scope_of(system):
    return system.scopes.get().profile
