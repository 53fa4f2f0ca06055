"""Statements decided apart from their control, and back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from controls.choices import AuditVerb, Kind, WorkflowState
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    StaleVersionError,
)
from controls.models import AuditEvent, Decision, Duty, Responsibility, ReviewSchedule
from controls.queries.apart import answers, of_controls
from controls.queries.matrix import matrix
from controls.queries.suspects import suspects
from controls.rules.moments import Moment
from controls.services import clock, decisions, statements
from controls.services.decisions import Content
from evidence.queries.judges import teams_that_judge
from evidence.queries.verdicts import waiting_for
from tests.make import (
    MONDAY,
    make_approval,
    make_cadence,
    make_evidence,
    make_grc_lead,
    make_member,
    make_service,
    make_statements,
    make_system,
    make_team,
    make_world,
    responsibility_for,
    set_statement_apart,
)

pytestmark = pytest.mark.django_db

TODAY = Moment(as_of=MONDAY, on=MONDAY.date())
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)
DUTY = ("duty__responsibility__control", "duty__responsibility__part")


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def system(team):
    made = make_system(team, "ec2", profile=make_world())
    make_statements("si-2", "a", "b", "b.1", "b.2")
    return made


def told(system, moment=TODAY):
    """Statement → kind, and whose decision that is."""
    control = responsibility_for(system, "si-2")
    return {
        answer.part.part_id.partition("_smt.")[2]: (answer.row.kind, answer.governed_by)
        for answer in answers(control, moment=moment)
    }


def fall_back(row, by=None, at=MONDAY, **more):
    row.refresh_from_db()
    return statements.fall_back(
        **{
            "statement": row,
            "version": row.version,
            "reason": "The platform does it after all.",
            "by": by or make_grc_lead(),
            "at": at,
            **more,
        }
    )


def approve(row, maker, checker):
    for step, by in ((decisions.submit, maker), (decisions.approve, checker)):
        row.refresh_from_db()
        step(responsibility=row, version=row.version, by=by, at=MONDAY)
    row.refresh_from_db()


def test_what_is_decided_on_the_control_holds_for_all_statements(system):
    make_approval(system, "si-2")

    assert told(system) == dict.fromkeys(("a", "b", "b.1", "b.2"), (Kind.SHARED, ""))


def test_one_set_apart_has_its_own_answer_and_passes_it_on(system):
    set_statement_apart(system, "si-2_smt.b")

    own = (Kind.CUSTOMER_SPECIFIC, "si-2_smt.b")
    assert told(system) == {"a": (Kind.SHARED, ""), "b": own, "b.1": own, "b.2": own}


def test_an_item_within_one_set_apart_can_be_set_apart_again(system):
    set_statement_apart(system, "si-2_smt.b")
    set_statement_apart(system, "si-2_smt.b.2", kind=Kind.INHERITED, owner_team=None)

    assert told(system)["b.1"] == (Kind.CUSTOMER_SPECIFIC, "si-2_smt.b")
    assert told(system)["b.2"] == (Kind.INHERITED, "si-2_smt.b.2")


def test_it_rests_on_what_is_derived_for_its_control(system):
    row = set_statement_apart(system, "si-2_smt.a")

    control = responsibility_for(system, "si-2")
    row.refresh_from_db()
    assert row.latest_derivation is not None
    assert control.latest_derivation is not None
    assert row.latest_derivation.pk != control.latest_derivation.pk
    assert row.latest_derivation.fingerprint == control.latest_derivation.fingerprint
    assert row.latest_derivation.explanation == control.latest_derivation.explanation


def test_it_becomes_suspect_with_its_control(system):
    set_statement_apart(system, "si-2_smt.a")
    make_service(system, "rds")

    found = suspects(Responsibility.objects.all(), on=TODAY.on, zone=clock.zone())
    assert [row.label for row in found] == ["SI-2 a."]


def test_it_is_decided_reviewed_and_leaves_duties_of_its_own(system, team):
    maker, checker = make_member(team, "contributor"), make_member(team, "approver")
    row = set_statement_apart(system, "si-2_smt.a", by=maker)

    approve(row, maker, checker)

    assert row.latest_decision is not None
    assert row.latest_decision.state == WorkflowState.APPROVED
    duty = Duty.objects.get(responsibility=row)
    assert duty.what.startswith("Statement a.: ")
    assert duty.claims.get().team == team


@pytest.mark.parametrize("first", ["control", "statement"])
def test_a_statement_has_reviews_of_its_own_whichever_is_approved_first(
    system, team, first
):
    make_cadence("patching", "si-2")
    maker, checker = make_member(team, "contributor"), make_member(team, "approver")
    if first == "control":
        make_approval(system, "si-2")
    approve(set_statement_apart(system, "si-2_smt.a", by=maker), maker, checker)
    if first == "statement":
        make_approval(system, "si-2")

    running = ReviewSchedule.objects.filter(ended_at=None)
    labels = [row.duty.responsibility.label for row in running.select_related(*DUTY)]
    assert sorted(labels) == ["SI-2", "SI-2 a."]


def test_its_reviews_go_on_when_those_of_its_control_end(system, team):
    make_cadence("patching", "si-2")
    maker, checker = make_member(team, "contributor"), make_member(team, "approver")
    make_approval(system, "si-2")
    approve(set_statement_apart(system, "si-2_smt.a", by=maker), maker, checker)

    make_approval(system, "si-2", kind=Kind.INHERITED, rationale="So.", owner_team=None)

    running = ReviewSchedule.objects.filter(ended_at=None).select_related(*DUTY)
    assert [row.duty.responsibility.label for row in running] == ["SI-2 a."]


def test_falling_back_ends_its_duties_and_the_control_holds_again(system, team):
    maker, checker = make_member(team, "contributor"), make_member(team, "approver")
    row = set_statement_apart(system, "si-2_smt.a", by=maker)
    approve(row, maker, checker)

    fall_back(row, checker, at=TUESDAY)

    after = Moment(as_of=TUESDAY, on=TUESDAY.date())
    assert told(system, after)["a"] == (Kind.SHARED, "")
    assert not Duty.objects.filter(responsibility=row, ended_at=None).exists()
    event = AuditEvent.objects.get(verb=AuditVerb.STATEMENT_FELL_BACK)
    assert event.after == {"reason": "The platform does it after all."}


def test_as_of_an_earlier_instant_it_still_stands_apart(system):
    row = set_statement_apart(system, "si-2_smt.a")
    fall_back(row, at=TUESDAY)

    assert told(system)["a"] == (Kind.CUSTOMER_SPECIFIC, "si-2_smt.a")
    assert matrix(system=system, moment=TODAY).rows[-2].apart == ("si-2_smt.a",)


def test_on_a_day_before_it_was_set_apart_the_control_holds_whenever_one_asks(system):
    make_approval(system, "si-2")
    set_statement_apart(system, "si-2_smt.a", at=WEDNESDAY)

    on_tuesday = Moment(as_of=WEDNESDAY, on=TUESDAY.date())
    assert told(system, on_tuesday)["a"] == (Kind.SHARED, "")
    assert matrix(system=system, moment=on_tuesday).rows[-2].apart == ()


def test_on_a_day_before_it_fell_back_it_stood_apart_whenever_one_asks(system):
    row = set_statement_apart(system, "si-2_smt.a")
    fall_back(row, at=WEDNESDAY)

    on_tuesday = Moment(as_of=WEDNESDAY, on=TUESDAY.date())
    on_wednesday = Moment(as_of=WEDNESDAY, on=WEDNESDAY.date())
    assert told(system, on_tuesday)["a"] == (Kind.CUSTOMER_SPECIFIC, "si-2_smt.a")
    assert told(system, on_wednesday)["a"] == (Kind.SHARED, "")


def test_who_sees_the_control_sees_its_statements_and_nobody_else_does(system):
    other, edge = make_team("other"), make_team("edge")
    make_approval(system, "si-2", owner_team=other)
    row = set_statement_apart(system, "si-2_smt.a", owner_team=edge)

    def seen(team):
        rows = Responsibility.objects.visible_to(make_member(team, "viewer"))
        return [one.label for one in rows.select_related("control", "part").order_by("pk")]

    assert seen(other) == ["SI-2", "SI-2 a."]
    assert seen(edge) == ["SI-2 a."]
    assert seen(make_team("third")) == []
    fall_back(row)
    assert seen(edge) == []


def test_who_answered_for_what_fell_back_judges_its_proof_no_more(system):
    edge = make_team("edge")
    row = set_statement_apart(system, "si-2_smt.a", owner_team=edge)
    row.refresh_from_db()
    proof = make_evidence(system.owner_team, row)
    assert edge in teams_that_judge(proof)

    fall_back(row)

    assert edge not in teams_that_judge(proof)
    assert not waiting_for(make_member(edge, "approver")).exists()


def test_it_can_be_set_apart_again(system):
    fall_back(set_statement_apart(system, "si-2_smt.a"))

    set_statement_apart(system, "si-2_smt.a", kind=Kind.INHERITED, owner_team=None)

    assert told(system)["a"] == (Kind.INHERITED, "si-2_smt.a")


def test_what_fell_back_is_decided_no_more(system, team):
    row = set_statement_apart(system, "si-2_smt.a")
    fall_back(row)
    row.refresh_from_db()

    with pytest.raises(ConflictError, match="fallen back"):
        decisions.submit(
            responsibility=row,
            version=row.version,
            by=make_member(team, "contributor"),
            at=MONDAY,
        )


def test_what_fell_back_is_derived_no_more(system):
    row = set_statement_apart(system, "si-2_smt.a")
    fall_back(row)
    before = row.derivations.count()

    make_service(system, "rds")

    assert row.derivations.count() == before


def test_a_new_service_is_derived_for_the_statement_too(system):
    row = set_statement_apart(system, "si-2_smt.a")

    make_service(system, "rds")

    row.refresh_from_db()
    assert row.latest_derivation is not None
    assert set(row.latest_derivation.cells) == {"ec2", "rds"}


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("si-2_smt", "decide the control"),
        ("si-2_smt.z", "has no statement"),
        ("ac-2_smt.a", "has no statement"),
    ],
)
def test_what_is_no_statement_below_the_whole_is_refused(system, statement, why):
    control = responsibility_for(system, "si-2")

    with pytest.raises(InvalidInputError, match=why):
        statements.set_apart(
            control=control,
            statement=statement,
            version=control.version,
            content=Content(kind=Kind.INHERITED),
            by=make_grc_lead(),
            at=MONDAY,
        )

    assert not Responsibility.objects.filter(part__isnull=False).exists()
    assert responsibility_for(system, "si-2").version == control.version


def test_a_control_without_text_says_what_to_do(system):
    with pytest.raises(InvalidInputError, match="import its catalog"):
        set_statement_apart(system, "pe-3_smt.a")


def test_a_statement_of_a_statement_is_named_at_the_control(system):
    row = set_statement_apart(system, "si-2_smt.b")

    with pytest.raises(InvalidInputError, match="at the control"):
        statements.set_apart(
            control=row,
            statement="si-2_smt.b.1",
            version=row.version,
            content=Content(kind=Kind.INHERITED),
            by=make_grc_lead(),
            at=MONDAY,
        )


def test_it_stands_apart_once(system):
    set_statement_apart(system, "si-2_smt.a")

    with pytest.raises(ConflictError, match="decided by itself already"):
        set_statement_apart(system, "si-2_smt.a")


def test_the_database_keeps_it_at_one(system):
    row = set_statement_apart(system, "si-2_smt.a")
    double = Responsibility(
        system=system,
        control=row.control,
        provider=row.provider,
        part=row.part,
        created_at=MONDAY,
        created_by=row.created_by,
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        double.save()


def test_the_database_lets_no_control_end(system):
    control = Responsibility.objects.filter(pk=responsibility_for(system, "si-2").pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        control.update(ended_at=MONDAY, ended_by=make_grc_lead())


def test_a_stale_version_of_the_control_is_refused(system):
    control = responsibility_for(system, "si-2")
    set_statement_apart(system, "si-2_smt.a")

    with pytest.raises(StaleVersionError):
        statements.set_apart(
            control=control,
            statement="si-2_smt.b",
            version=control.version,
            content=Content(kind=Kind.INHERITED, rationale="So."),
            by=make_grc_lead(),
            at=MONDAY,
        )


def test_a_decision_against_what_is_derived_needs_its_reason(system):
    with pytest.raises(InvalidInputError, match="Give the reason"):
        set_statement_apart(system, "si-2_smt.a", rationale="")

    assert not Responsibility.objects.filter(part__isnull=False).exists()


def test_a_viewer_sets_nothing_apart(system, team):
    with pytest.raises(NotAllowedError):
        set_statement_apart(system, "si-2_smt.a", by=make_member(team, "viewer"))


def test_the_team_that_answers_for_the_control_may_set_its_statements_apart(system):
    other = make_team("other")
    make_approval(system, "si-2", owner_team=other)

    row = set_statement_apart(system, "si-2_smt.a", by=make_member(other, "contributor"))

    assert row.part is not None


def test_an_approved_one_takes_an_approver_to_fall_back(system, team):
    maker, checker = make_member(team, "contributor"), make_member(team, "approver")
    row = set_statement_apart(system, "si-2_smt.a", by=maker)
    fall_back(row, maker)
    row = set_statement_apart(system, "si-2_smt.a", by=maker)
    approve(row, maker, checker)

    with pytest.raises(NotAllowedError):
        fall_back(row, maker)
    fall_back(row, checker)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reason": " "}, InvalidInputError),
        ({"version": 99}, StaleVersionError),
    ],
)
def test_falling_back_takes_a_reason_and_the_version(system, changes, error):
    row = set_statement_apart(system, "si-2_smt.a")

    with pytest.raises(error):
        fall_back(row, **changes)

    row.refresh_from_db()
    assert row.ended_at is None


def test_a_control_does_not_fall_back(system):
    with pytest.raises(InvalidInputError, match="a control does not"):
        fall_back(responsibility_for(system, "si-2"))


def test_it_falls_back_once(system):
    row = set_statement_apart(system, "si-2_smt.a")
    fall_back(row)

    with pytest.raises(ConflictError):
        fall_back(row)


def test_nothing_of_it_counts_as_a_control(system):
    before = matrix(system=system, moment=TODAY)
    set_statement_apart(system, "si-2_smt.a")

    after = matrix(system=system, moment=TODAY)

    assert len(after.rows) == len(before.rows)
    assert after.kinds == before.kinds


def test_the_answers_of_a_matrix_take_as_many_queries_for_one_as_for_many(system):
    make_statements("ac-2", "a", "b")
    set_statement_apart(system, "si-2_smt.a")
    few = _cost(system)
    set_statement_apart(system, "si-2_smt.b")
    set_statement_apart(system, "ac-2_smt.a")
    set_statement_apart(system, "ac-2_smt.b")

    assert _cost(system) == few == 4


def _cost(system):
    rows = matrix(system=system, moment=TODAY).rows
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = of_controls(rows, system=system.pk, moment=TODAY)
    assert found
    return len(queries)


def test_a_statement_has_no_statements_of_its_own(system):
    row = set_statement_apart(system, "si-2_smt.b")

    assert answers(row, moment=TODAY) == []


def test_the_answers_of_one_control_are_those_that_the_matrix_tells(system):
    set_statement_apart(system, "si-2_smt.b")
    control = responsibility_for(system, "si-2")
    rows = matrix(system=system, moment=TODAY).rows

    one = answers(control, moment=TODAY)
    many = of_controls(rows, system=system.pk, moment=TODAY)[control.control_id]

    assert [(a.part, a.governed_by, a.row.kind) for a in one] == [
        (a.part, a.governed_by, a.row.kind) for a in many
    ]


def test_each_revision_is_kept(system, team):
    maker, checker = make_member(team, "contributor"), make_member(team, "approver")
    row = set_statement_apart(system, "si-2_smt.a", by=maker)
    approve(row, maker, checker)

    states = Decision.objects.filter(responsibility=row).order_by("number")
    assert [one.state for one in states] == ["proposed", "in-review", "approved"]
    verbs = AuditEvent.objects.filter(target_uuid=row.uuid).order_by("seq")
    assert [event.verb for event in verbs][:2] == [
        AuditVerb.STATEMENT_SET_APART,
        AuditVerb.RESPONSIBILITY_ASSIGNED,
    ]


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"
)
def test_a_run_and_setting_apart_wait_for_each_other(system):
    """Else a run would leave a statement on what was believed before it."""
    control = responsibility_for(system, "si-2")
    with CaptureQueriesContext(connection) as apart:
        statements.set_apart(
            control=control,
            statement="si-2_smt.a",
            version=control.version,
            content=Content(kind=Kind.INHERITED, rationale="So."),
            by=make_grc_lead(),
            at=MONDAY,
        )
    with CaptureQueriesContext(connection) as run:
        make_service(system, "rds")

    for queries in (apart, run):
        held = [q["sql"] for q in queries if "FOR NO KEY UPDATE" in q["sql"]]
        assert any('"controls_system"' in sql for sql in held)
