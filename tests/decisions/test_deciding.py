"""Deciding a responsibility: who may, in which order, and what is kept."""

import pytest
from django.db import IntegrityError, transaction

from controls.choices import AuditVerb, DecisionSource, WorkflowState
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    SeparationOfDutiesError,
    StaleVersionError,
    TransitionError,
)
from controls.models import AuditEvent, Decision
from controls.services import decisions
from controls.services.decisions import Content
from tests.make import (
    MONDAY,
    make_decision,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
    make_world,
    responsibility_for,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def system(team):
    return make_system(team, "ec2", profile=make_world())


def step(service, system, by, *, version=None, **more):
    responsibility = responsibility_for(system, "si-2")
    version = responsibility.version if version is None else version
    return service(responsibility=responsibility, version=version, by=by, at=MONDAY, **more)


def in_review(system, team):
    maker = make_member(team, "contributor")
    make_decision(system, "si-2", by=maker)
    step(decisions.submit, system, maker)
    return maker


def test_a_contributor_decides_and_an_approver_approves(system, team):
    maker = in_review(system, team)
    checker = make_member(team, "approver")

    approved = step(decisions.approve, system, checker, remark="Seen.")

    assert (approved.number, approved.state) == (3, WorkflowState.APPROVED)
    assert (approved.decided_by, approved.submitted_by, approved.by) == (
        maker,
        maker,
        checker,
    )
    assert responsibility_for(system, "si-2").latest_decision == approved


def test_each_revision_is_kept_and_recorded(system, team):
    in_review(system, team)
    step(
        decisions.send_back, system, make_member(team, "approver"), remark="Name the nodes."
    )

    revisions = Decision.objects.order_by("number").values_list("number", "state")
    verbs = AuditEvent.objects.filter(verb__startswith="responsibility-").exclude(
        verb=AuditVerb.RESPONSIBILITY_PROPOSED
    )
    assert list(revisions) == [(1, "proposed"), (2, "in-review"), (3, "returned")]
    assert list(
        verbs.order_by("seq").values_list("verb", "after__number", "after__remark")
    ) == [
        ("responsibility-assigned", 1, ""),
        ("responsibility-submitted", 2, ""),
        ("responsibility-returned", 3, "Name the nodes."),
    ]


def test_the_derived_kind_is_sourced_from_the_derivation_another_from_a_person(system):
    derived = make_decision(system, "si-2")
    by_hand = make_decision(system, "pe-3", kind="shared", rationale="We lock the cage.")

    assert derived.source == DecisionSource.DERIVED
    assert derived.derivation == responsibility_for(system, "si-2").latest_derivation
    assert by_hand.source == DecisionSource.MANUAL


@pytest.mark.parametrize("step_name", ["approve", "send_back"])
def test_the_maker_is_not_the_checker_even_as_grc_lead(system, step_name):
    lead = make_grc_lead()
    make_decision(system, "si-2", by=lead)
    step(decisions.submit, system, lead)

    with pytest.raises(SeparationOfDutiesError):
        step(getattr(decisions, step_name), system, lead, remark="Fine.")

    assert Decision.objects.count() == 2


def test_whoever_worked_on_it_since_the_last_approval_is_a_maker(system):
    first, second = make_grc_lead(), make_grc_lead()
    make_decision(system, "si-2", by=first)
    make_decision(system, "si-2", by=second, customer_statement="Weekly.")
    step(decisions.submit, system, second)

    with pytest.raises(SeparationOfDutiesError):
        step(decisions.approve, system, first)


def test_after_an_approval_the_next_round_starts_anew(system, team):
    maker = in_review(system, team)
    checker = make_member(team, "lead")
    step(decisions.approve, system, checker)
    make_decision(system, "si-2", by=checker, customer_statement="Monthly.")
    step(decisions.submit, system, checker)

    with pytest.raises(NotAllowedError):
        step(decisions.approve, system, maker)
    approved = step(decisions.approve, system, make_member(team, "approver"))

    assert approved.customer_statement == "Monthly."


def test_the_database_itself_refuses_a_maker_as_checker(system, team):
    maker = in_review(system, team)
    row = Decision.objects.get(number=2)
    row.pk, row.number, row.state = None, 3, WorkflowState.APPROVED
    row._state.adding = True

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert row.by == maker


@pytest.mark.parametrize("role", ["viewer", "outsider"])
def test_who_lacks_the_role_changes_nothing(system, team, role):
    by = make_member(make_team() if role == "outsider" else team, "viewer")

    with pytest.raises(NotAllowedError, match="contributor of the team"):
        make_decision(system, "si-2", by=by)

    assert not Decision.objects.exists()
    assert responsibility_for(system, "si-2").latest_decision is None


def test_the_owning_team_of_a_responsibility_may_decide_it_too(system):
    other = make_team("network")
    make_decision(system, "si-2", owner_team=other)

    revised = make_decision(system, "si-2", by=make_member(other), owner_team=other)

    assert revised.number == 2


def test_a_stale_version_changes_nothing_and_names_both(system):
    make_decision(system, "si-2")
    current = responsibility_for(system, "si-2").version

    with pytest.raises(StaleVersionError) as stale:
        step(decisions.submit, system, make_grc_lead(), version=current - 1)

    assert (stale.value.yours, stale.value.current) == (current - 1, current)
    assert Decision.objects.count() == 1


def test_steps_out_of_order_are_refused(system):
    lead = make_grc_lead()

    with pytest.raises(TransitionError, match="assign it first"):
        step(decisions.submit, system, lead)
    make_decision(system, "si-2")
    with pytest.raises(TransitionError):
        step(decisions.approve, system, lead)


def test_a_return_says_why(system, team):
    in_review(system, team)

    with pytest.raises(InvalidInputError) as refused:
        step(decisions.send_back, system, make_grc_lead(), remark=" ")

    assert refused.value.place == "remark"


def test_a_customers_part_without_a_team_is_not_submitted(system):
    make_decision(system, "si-2", owner_team=None)

    with pytest.raises(InvalidInputError) as refused:
        step(decisions.submit, system, make_grc_lead())

    assert refused.value.place == "owner_team"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"kind": "undetermined"}, "kind"),
        ({"kind": "inherited"}, "rationale"),
        ({"kind": "shared", "implementation_status": "done"}, "implementation_status"),
        ({"kind": "shared", "effective_on": MONDAY.date().replace(day=30)}, "effective_on"),
    ],
)
def test_wrong_content_is_refused_by_field(system, content, place):
    with pytest.raises(InvalidInputError) as refused:
        step(decisions.assign, system, make_grc_lead(), content=Content(**content))

    assert refused.value.place == place
    assert not Decision.objects.exists()


def test_what_the_organisation_decides_once_is_not_decided_again(team):
    profile = make_world()
    system = make_system(team, "ec2", profile=profile)
    alone = make_decision(system, "at-2")
    make_system(team, profile=profile, key="acme", kind="organization")

    with pytest.raises(ConflictError, match=r"AT-2 is decided once .*acme"):
        make_decision(system, "at-2")

    assert responsibility_for(system, "at-2").latest_decision == alone
    assert make_decision(system, "si-2").number == 1


def test_a_decision_costs_the_same_queries_however_long_its_history(
    system, django_assert_max_num_queries
):
    lead = make_grc_lead()
    lead.organization_roles()
    for _ in range(30):
        make_decision(system, "si-2")
    responsibility = responsibility_for(system, "si-2")

    with django_assert_max_num_queries(12):
        decisions.assign(
            responsibility=responsibility,
            version=responsibility.version,
            content=Content(kind="shared", owner_team=system.owner_team),
            by=lead,
            at=MONDAY,
        )
