"""One change, one event, in one transaction."""

import pytest
from django.db import connection, transaction

from controls.choices import AuditVerb, MembershipRole
from controls.errors import ConflictError, NotAllowedError, StaleVersionError
from controls.models import AuditEvent, AuditHead, Membership, Team
from controls.queries import audit_trail
from controls.services import audit, decisions, teams
from controls.services.audit import audited, record
from controls.services.setup import system_user
from controls.services.teams import Details
from tests.make import (
    MONDAY,
    make_decision,
    make_member,
    make_system,
    make_team,
    make_user,
    responsibility_for,
)

pytestmark = pytest.mark.django_db

UNCHANGED = {"time_zone": "UTC", "working_days": "12345", "manager": None}


def test_a_change_leaves_one_event_that_says_what_was_and_what_is():
    team = make_team("red", name="Red")
    before = AuditEvent.objects.count()

    rename(team, "Blue")

    event = AuditEvent.objects.get(seq=before + 1)
    assert AuditEvent.objects.count() == before + 1
    assert (event.verb, event.target_type) == (AuditVerb.TEAM_CHANGED, "Team")
    assert (event.target_uuid, event.team_uuid) == (team.uuid, team.uuid)
    assert event.before == {**UNCHANGED, "name": "Red"}
    assert event.after == {**UNCHANGED, "name": "Blue"}
    assert (event.actor_uuid, event.at) == (system_user().uuid, MONDAY)


def test_each_step_of_a_decision_leaves_one_event():
    team = make_team()
    maker = make_member(team, MembershipRole.CONTRIBUTOR)
    checker = make_member(team, MembershipRole.APPROVER)
    system = make_system(team, "ec2")
    start = AuditEvent.objects.count()

    make_decision(system, "si-2", by=maker)
    for step, by in ((decisions.submit, maker), (decisions.approve, checker)):
        row = responsibility_for(system, "si-2")
        step(responsibility=row, version=row.version, by=by, at=MONDAY)

    assert verbs_since(start) == [
        AuditVerb.RESPONSIBILITY_ASSIGNED,
        AuditVerb.RESPONSIBILITY_SUBMITTED,
        AuditVerb.RESPONSIBILITY_APPROVED,
        AuditVerb.DUTY_STARTED,
        AuditVerb.DUTY_CLAIMED,
    ]
    assert audit_trail.verify().ok


def test_an_event_names_people_by_uuid_only():
    team = make_team()
    person = make_user(name="Ada Lovelace", email="ada@example.com")

    teams.start_membership(
        team=team, user=person, role="viewer", by=system_user(), at=MONDAY
    )

    told = str(AuditEvent.objects.order_by("-seq").values().first())
    assert person.uuid.hex in told.replace("-", "")
    assert "Ada" not in told
    assert "ada@" not in told


@pytest.mark.parametrize("by_whom", ["nobody", "stale"])
def test_a_refused_change_leaves_neither_change_nor_event(by_whom):
    team = make_team("red", name="Red")
    head = AuditHead.objects.get()
    stranger, version = make_user(), team.version

    with pytest.raises((NotAllowedError, StaleVersionError)):
        teams.change(
            team=team,
            version=version if by_whom == "nobody" else version + 1,
            details=Details(name="Blue"),
            by=stranger if by_whom == "nobody" else system_user(),
            at=MONDAY,
        )

    stored = Team.objects.get(key="red")
    assert (stored.name, stored.version) == ("Red", version)
    assert (AuditHead.objects.get().seq, AuditHead.objects.get().hash) == (
        head.seq,
        head.hash,
    )


def test_what_fails_after_the_change_takes_change_and_event_back():
    team = make_team("red", name="Red")
    events = AuditEvent.objects.count()

    @audited
    def rename_and_break():
        rename(team, "Blue")
        raise RuntimeError("The disk is full.")

    with pytest.raises(RuntimeError):
        rename_and_break()

    assert Team.objects.get(key="red").name == "Red"
    assert AuditEvent.objects.count() == events == AuditHead.objects.get().seq
    assert audit_trail.verify().ok


def test_an_outer_transaction_that_is_rolled_back_takes_the_event_with_it():
    team = make_team("red", name="Red")
    events = AuditEvent.objects.count()

    with transaction.atomic():
        rename(team, "Blue")
        transaction.set_rollback(True)

    assert Team.objects.get(key="red").name == "Red"
    assert AuditEvent.objects.count() == events == AuditHead.objects.get().seq
    assert audit_trail.verify().ok


def test_an_inner_service_that_fails_is_forgotten_while_the_outer_goes_on():
    team, person = make_team("red", name="Red"), make_user()
    events = AuditEvent.objects.count()

    @audited
    def join_and_break():
        join(team, person, "viewer")
        raise ConflictError("No.")

    @audited
    def outer():
        rename(team, "Blue")
        with pytest.raises(ConflictError):
            join_and_break()
        join(team, person, "lead")

    outer()

    assert verbs_since(events) == [AuditVerb.TEAM_CHANGED, AuditVerb.MEMBERSHIP_STARTED]
    assert AuditEvent.objects.filter(seq=events + 2, after__role="lead").exists()
    assert Membership.objects.get(team=team, user=person).role == "lead"
    assert audit_trail.verify().ok


def test_recording_outside_a_service_is_an_error():
    team = make_team()

    with pytest.raises(RuntimeError, match="@audited"):
        record(verb=AuditVerb.TEAM_CHANGED, target=team, by=system_user(), at=MONDAY)

    assert AuditEvent.objects.count() == 1


def test_recording_after_a_service_failed_is_an_error_too():
    team = make_team()
    with pytest.raises(StaleVersionError):
        teams.change(
            team=team, version=99, details=Details("Blue"), by=system_user(), at=MONDAY
        )

    with pytest.raises(RuntimeError):
        record(verb=AuditVerb.TEAM_CHANGED, target=team, by=system_user(), at=MONDAY)


def test_the_events_of_one_request_carry_its_id():
    token = audit.request_id.set("a-request")
    try:
        make_team("red")
    finally:
        audit.request_id.reset(token)
    make_team("blue")

    by_request = AuditEvent.objects.order_by("seq").values_list("request_id", flat=True)
    assert list(by_request) == ["a-request", ""]


def test_the_head_is_locked_last(django_assert_max_num_queries):
    team = make_team()

    with django_assert_max_num_queries(30) as queries:
        rename(team, "Blue")

    touching = [
        number
        for number, query in enumerate(queries.captured_queries)
        if "controls_audit" in query["sql"]
    ]
    changing = [
        number
        for number, query in enumerate(queries.captured_queries)
        if query["sql"].startswith('UPDATE "controls_team"')
    ]
    assert min(touching) > max(changing)
    locks = "FOR UPDATE" in queries.captured_queries[min(touching)]["sql"]
    assert locks == (connection.vendor == "postgresql")


def verbs_since(seq):
    later = AuditEvent.objects.filter(seq__gt=seq).order_by("seq")
    return list(later.values_list("verb", flat=True))


def rename(team, name):
    team.refresh_from_db()
    teams.change(
        team=team, version=team.version, details=Details(name), by=system_user(), at=MONDAY
    )


def join(team, user, role):
    teams.start_membership(team=team, user=user, role=role, by=system_user(), at=MONDAY)
