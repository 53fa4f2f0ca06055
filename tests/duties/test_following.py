"""Duties follow approved decisions: they start, go on, move and end with them."""

from datetime import date, timedelta

import pytest

from controls.choices import AuditVerb, ClaimStance, Kind, LayerValue
from controls.models import AuditEvent, Decision, Duty, DutyClaim, Layer, Review
from controls.models import ReviewSchedule as Schedule
from controls.services import decisions, duties, following, overrides, schedules
from controls.services.overrides import Word
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    duty_of,
    make_approval,
    make_cadence,
    make_decision,
    make_facts,
    make_grc_lead,
    make_schedule,
    make_service,
    make_system,
    make_team,
    make_world,
    responsibility_for,
    review_of,
)

pytestmark = pytest.mark.django_db

LATER = MONDAY + timedelta(days=10)


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def profile():
    return make_world()


@pytest.fixture
def system(team, profile):
    return make_system(team, "ec2", profile=profile)


def going_on(system, control_id="si-2"):
    rows = Duty.objects.filter(
        responsibility=responsibility_for(system, control_id), ended_at__isnull=True
    )
    return [(duty.task, duty.layers, duty.services) for duty in rows.order_by("pk")]


def claims_of(duty):
    return list(duty.claims.open().order_by("pk").values_list("team__key", "stance"))


def override(system, layer, value):
    word = Word(
        layer=Layer.objects.get(code=layer),
        value=value,
        reason="Agreed",
        since=date(2026, 3, 2),
    )
    overrides.start(system=system, word=word, by=system_user(), at=MONDAY)


def verbs_since(seq):
    later = AuditEvent.objects.filter(seq__gt=seq).order_by("seq")
    return list(later.values_list("verb", flat=True))


def newest_event():
    return AuditEvent.objects.latest("seq").seq


def test_a_proposal_and_one_in_review_leave_no_duty_yet(system):
    make_decision(system, "si-2")
    row = responsibility_for(system, "si-2")
    decisions.submit(responsibility=row, version=row.version, by=system_user(), at=MONDAY)

    assert Duty.objects.count() == 0


def test_an_approved_decision_leaves_its_duty_claimed_by_its_owner(system, team):
    decision = make_approval(system, "si-2")

    duty = duty_of(system, "si-2")
    assert going_on(system) == [("do", ["guest_os", "engine", "app"], ["ec2"])]
    assert (duty.what, duty.since) == ("Guest os, engine, app on EC2", date(2026, 3, 2))
    assert (duty.decision, duty.started_at) == (decision, MONDAY)
    (claim,) = duty.claims.all()
    assert (claim.team, claim.stance, claim.reason) == (team, "claims", "By decision")


@pytest.mark.parametrize(
    ("value", "duties_left"),
    [
        (LayerValue.CUSTOMER, [("do", ["guest_os"], ["ec2"])]),
        (LayerValue.SHARED, [("do", ["guest_os"], ["ec2"])]),
        (LayerValue.PARALLEL, [("do", ["guest_os"], ["ec2"])]),
        (LayerValue.PROVIDER_IF_CONFIGURED, [("check", ["guest_os"], ["ec2"])]),
        (LayerValue.PROVIDER, []),
        (LayerValue.NOT_APPLICABLE, []),
    ],
)
def test_each_value_of_a_layer_leaves_what_it_means(system, value, duties_left):
    override(system, "guest_os", value)

    make_approval(system, "si-3")

    assert going_on(system, "si-3") == duties_left


def test_what_is_done_on_one_service_and_checked_on_another_are_two_duties(team, profile):
    both = make_system(team, "ec2", "rds", profile=profile)

    make_approval(both, "si-2")

    assert going_on(both) == [
        ("do", ["guest_os", "engine", "app"], ["ec2"]),
        ("check", ["engine"], ["rds"]),
    ]


def test_a_system_without_code_of_its_own_has_no_duty_on_it(team, profile):
    bought = make_system(team, "rds", profile=profile, has_custom_code=False)

    make_approval(bought, "si-2")

    assert going_on(bought) == [("check", ["engine"], ["rds"])]


def test_where_people_see_a_part_that_none_is_derived_for_the_duty_names_no_layer(system):
    make_approval(system, "pe-3", kind=Kind.SHARED, rationale="We run a cage of our own.")

    assert going_on(system, "pe-3") == [("do", [], [])]
    assert duty_of(system, "pe-3").what == "The customer's part"


def test_what_is_decided_inherited_leaves_none(system):
    make_approval(system, "si-2", kind=Kind.INHERITED, rationale="Images are AWS's.")

    assert going_on(system) == []


def test_deciding_it_inherited_ends_duty_claims_and_schedules_but_not_the_past(system):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    duty, schedule = duty_of(system, "si-2"), Schedule.objects.get()

    make_approval(
        system, "si-2", kind=Kind.INHERITED, rationale="Images are AWS's.", at=LATER
    )

    duty.refresh_from_db()
    schedule.refresh_from_db()
    assert (duty.ended_on, duty.ended_at) == (date(2026, 3, 12), LATER)
    assert (schedule.ended_on, schedule.ended_at) == (date(2026, 3, 12), LATER)
    assert claims_of(duty) == []
    assert not Review.objects.open().exists()
    past = Duty.objects.in_force(on=date(2026, 3, 11), as_of=LATER)
    assert list(past) == [duty]
    assert not Duty.objects.in_force(on=date(2026, 3, 12), as_of=LATER).exists()


def test_approving_the_same_again_changes_nothing(system):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    duty, schedule, review = (
        duty_of(system, "si-2"),
        Schedule.objects.get(),
        Review.objects.get(),
    )
    lead, start = make_grc_lead(), newest_event()

    make_approval(system, "si-2", customer_statement="Said better.", by=lead, at=LATER)

    assert (duty_of(system, "si-2"), Schedule.objects.get(), Review.objects.get()) == (
        duty,
        schedule,
        review,
    )
    assert verbs_since(start) == [
        AuditVerb.RESPONSIBILITY_ASSIGNED,
        AuditVerb.RESPONSIBILITY_SUBMITTED,
        AuditVerb.RESPONSIBILITY_APPROVED,
    ]


def test_a_change_that_nobody_approved_yet_leaves_the_duties_as_they_are(system):
    make_approval(system, "si-2")
    make_service(system, "rds", at=LATER)

    make_decision(system, "si-2", at=LATER)

    assert going_on(system) == [("do", ["guest_os", "engine", "app"], ["ec2"])]


def test_what_moves_to_other_services_starts_anew_with_its_claims_and_due_days(
    system, team
):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    before = duty_of(system, "si-2")
    own = make_schedule(
        before, title="Our own", every=2, unit="weeks", lead_days=[3], source="Policy 7"
    )
    helper = make_team("helper")
    duties.claim(
        duty=before,
        version=before.version,
        team=helper,
        reason="At night",
        by=make_grc_lead(),
        at=MONDAY,
    )
    override(system, "app", LayerValue.NOT_APPLICABLE)

    make_approval(system, "si-2", at=LATER)

    before.refresh_from_db()
    after = duty_of(system, "si-2")
    assert (before.ended_at, before.ended_on) == (LATER, date(2026, 3, 12))
    assert after.pk != before.pk
    assert claims_of(before) == []
    assert list(after.claims.order_by("pk").values_list("team", "stance", "reason")) == [
        (team.pk, "claims", "By decision"),
        (helper.pk, "claims", "At night"),
    ]
    carried = schedules.running(after)
    assert [(row.title, row.every, row.unit, row.source) for row in carried] == [
        ("Critical patch", 1, "months", "PCI DSS 6.3.3"),
        ("Our own", 2, "weeks", "Policy 7"),
    ]
    assert [row.anchor_on for row in carried] == [date(2026, 3, 2)] * 2
    assert [review_of(row).due_on for row in carried] == [
        date(2026, 4, 2),
        date(2026, 3, 16),
    ]
    assert carried[1].lead_days == own.lead_days == [3]
    assert Review.objects.open().count() == 2


def test_a_review_that_is_overdue_stays_overdue_when_its_duty_moves(system):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    override(system, "app", LayerValue.NOT_APPLICABLE)

    make_approval(system, "si-2", at=MONDAY + timedelta(days=90))

    (review,) = Review.objects.overdue(on=date(2026, 5, 31))
    assert review.due_on == date(2026, 4, 2)


def test_a_cadence_that_no_longer_concerns_the_duty_is_left_behind(system):
    make_cadence("critical-patch", "si-2", layers=["guest_os", "engine"])
    make_cadence("code-review", "si-2", layers=["app"])
    make_approval(system, "si-2")
    override(system, "app", LayerValue.NOT_APPLICABLE)

    make_approval(system, "si-2", at=LATER)

    running = schedules.running(duty_of(system, "si-2"))
    assert [row.cadence_key for row in running] == ["critical-patch"]


def test_a_cadence_that_concerns_the_duty_from_now_on_is_offered(system):
    make_cadence("code-review", "si-2", layers=["app"])
    override(system, "app", LayerValue.NOT_APPLICABLE)
    make_approval(system, "si-2")
    (word,) = system.overrides.all()
    overrides.end(override=word, on=date(2026, 3, 12), by=system_user(), at=LATER)

    make_approval(system, "si-2", at=LATER)

    (running,) = schedules.running(duty_of(system, "si-2"))
    assert (running.cadence_key, running.anchor_on) == ("code-review", date(2026, 3, 12))


def test_what_people_ended_is_not_offered_again_when_the_duty_moves(system):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    (offered,) = schedules.running(duty_of(system, "si-2"))
    schedules.end(schedule=offered, by=make_grc_lead(), at=MONDAY + timedelta(days=1))
    override(system, "app", LayerValue.NOT_APPLICABLE)
    make_approval(system, "si-2", at=MONDAY + timedelta(days=2))
    override(system, "engine", LayerValue.PROVIDER)

    make_approval(system, "si-2", at=MONDAY + timedelta(days=3))

    assert going_on(system) == [("do", ["guest_os"], ["ec2"])]
    assert schedules.running(duty_of(system, "si-2")) == []


def test_a_duty_that_comes_back_is_reviewed_again(system):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    make_approval(
        system, "si-2", kind=Kind.INHERITED, rationale="Images are AWS's.", at=LATER
    )

    make_approval(system, "si-2", at=LATER + timedelta(days=1))

    (running,) = schedules.running(duty_of(system, "si-2"))
    assert review_of(running).due_on == date(2026, 4, 13)


def test_another_owner_claims_the_duty_in_the_place_of_the_former(system, team):
    security = make_team("security")
    make_approval(system, "si-2")
    duty = duty_of(system, "si-2")

    make_approval(system, "si-2", owner_team=security, at=LATER)

    assert duty_of(system, "si-2") == duty
    assert claims_of(duty) == [("security", "claims")]
    assert DutyClaim.objects.get(duty=duty, team=team).ended_at == LATER


def test_another_owner_settles_what_the_former_disputed(system, team):
    security, lead = make_team("security"), make_grc_lead()
    make_approval(system, "si-2")
    duty = duty_of(system, "si-2")
    duties.dispute(
        duty=duty, version=1, team=team, reason="Security has it.", by=lead, at=MONDAY
    )
    override(system, "app", LayerValue.NOT_APPLICABLE)

    make_approval(system, "si-2", owner_team=security, at=LATER)

    assert claims_of(duty_of(system, "si-2")) == [("security", "claims")]


def test_another_owner_leaves_what_teams_say_by_their_own_word(system, team):
    security, lead = make_team("security"), make_grc_lead()
    make_approval(system, "si-2")
    duty = duty_of(system, "si-2")
    said = duty.claims.get()
    duties.end_claim(claim=said, version=1, by=lead, at=MONDAY)
    duties.claim(duty=duty, version=2, team=team, reason="Ours", by=lead, at=MONDAY)
    duties.dispute(duty=duty, version=3, team=security, reason="No", by=lead, at=MONDAY)

    make_approval(system, "si-2", owner_team=security, at=LATER)

    assert claims_of(duty) == [
        ("platform", ClaimStance.CLAIMS),
        ("security", ClaimStance.DISPUTES),
    ]


def test_what_a_team_gave_away_it_keeps_away_when_the_same_is_approved_again(system):
    lead = make_grc_lead()
    make_approval(system, "si-2")
    duty = duty_of(system, "si-2")
    duties.end_claim(claim=duty.claims.get(), version=1, by=lead, at=MONDAY)

    make_approval(system, "si-2", at=LATER)

    assert claims_of(duty) == []


def test_the_organisations_layers_are_a_duty_of_its_own_system_only(team, profile):
    acme = make_system(team, profile=profile, key="acme", kind="organization")
    shop = make_system(team, "ec2", profile=profile, key="shop")

    make_approval(acme, "at-2")
    make_approval(shop, "ac-2")

    assert going_on(acme, "at-2") == [("do", ["training"], [])]
    assert going_on(shop, "ac-2") == [("do", ["iam"], ["ec2"])]


def test_what_the_provider_does_is_checked_by_name_and_never_done(team, profile):
    make_cadence("critical-patch", "si-2", layers=["engine"], title="Critical patches")
    data = make_system(team, "rds", profile=profile, has_custom_code=False)

    make_approval(data, "si-2")

    assert Schedule.objects.get().title == "Critical patches: check what AWS did"


def test_cadences_of_another_release_or_beside_the_default_are_not_offered(system):
    make_cadence("old", "si-2", layers=["guest_os"])
    make_facts("test.2")
    make_cadence("strict", "si-2", layers=["guest_os"], is_default=False)
    make_cadence("new", "si-2", layers=["guest_os"])

    make_approval(system, "si-2")

    assert [row.cadence_key for row in Schedule.objects.all()] == ["new"]


def test_each_thing_that_changes_leaves_one_event(system):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_decision(system, "si-2")
    row = responsibility_for(system, "si-2")
    decisions.submit(responsibility=row, version=row.version, by=system_user(), at=MONDAY)
    lead, start = make_grc_lead(), newest_event()
    row = responsibility_for(system, "si-2")

    decisions.approve(responsibility=row, version=row.version, by=lead, at=MONDAY)

    events = AuditEvent.objects.filter(seq__gt=start).order_by("seq")
    duty, schedule, review = (
        Duty.objects.get(),
        Schedule.objects.get(),
        Review.objects.get(),
    )
    assert list(events.values_list("verb", "target_uuid")) == [
        (AuditVerb.RESPONSIBILITY_APPROVED, row.uuid),
        (AuditVerb.DUTY_STARTED, duty.uuid),
        (AuditVerb.DUTY_CLAIMED, duty.uuid),
        (AuditVerb.SCHEDULE_STARTED, schedule.uuid),
        (AuditVerb.REVIEW_OPENED, review.uuid),
    ]
    assert set(events.values_list("actor_uuid", "system_uuid")) == {
        (lead.uuid, system.uuid)
    }


def test_a_failure_while_duties_follow_rolls_the_approval_back(system, monkeypatch):
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_decision(system, "si-2")
    row = responsibility_for(system, "si-2")
    decisions.submit(responsibility=row, version=row.version, by=system_user(), at=MONDAY)
    row, lead = responsibility_for(system, "si-2"), make_grc_lead()
    version, start = row.version, newest_event()
    monkeypatch.setattr(schedules, "LEAD_DAYS", ("not a number",))

    with pytest.raises(TypeError):
        decisions.approve(responsibility=row, version=version, by=lead, at=MONDAY)

    again = responsibility_for(system, "si-2")
    assert again.version == version
    assert again.latest_decision is not None
    assert again.latest_decision.state == "in-review"
    assert not Decision.objects.approved().exists()
    assert not Duty.objects.exists()
    assert newest_event() == start


def test_following_is_a_step_of_a_service_never_one_alone(system):
    decision = make_approval(system, "si-2")

    with pytest.raises(RuntimeError, match="a step of a service"):
        following.follow(decisions=[decision], by=system_user(), at=MONDAY)
