"""Deciding and reviewing in the admin: each button is one service call."""

from controls.choices import AuditVerb, WorkflowState
from controls.models import Decision
from tests.admin.worlds import change_url, decide, newest, submitted, text, verbs
from tests.make import make_decision, make_service, responsibility_for


def test_saving_the_form_assigns(world):
    row = responsibility_for(world.system, "si-2")

    answer = world.as_("contributor").post(
        change_url(row), decide(row, customer_statement="We patch.")
    )

    decision = Decision.objects.get(responsibility=row)
    assert answer.status_code == 302
    assert decision.customer_statement == "We patch."
    assert decision.decided_by == world.people["contributor"]
    assert verbs()[-1] == AuditVerb.RESPONSIBILITY_ASSIGNED


def test_submitting_asks_a_second_person(world):
    make_decision(world.system, "si-2", by=world.people["contributor"])
    row = responsibility_for(world.system, "si-2")

    world.as_("contributor").post(change_url(row), decide(row, _step="submit"))

    assert newest(world.system, "si-2").state == WorkflowState.IN_REVIEW
    assert verbs()[-1] == AuditVerb.RESPONSIBILITY_SUBMITTED


def test_an_approver_approves_what_somebody_else_submitted(world):
    row = submitted(world, "si-2")

    world.as_("approver").post(
        change_url(row), decide(row, _step="approve", remark="Looks right.")
    )

    decision = newest(world.system, "si-2")
    assert decision.state == WorkflowState.APPROVED
    assert decision.by == world.people["approver"]
    assert decision.remark == "Looks right."


def test_returning_needs_a_word_and_keeps_the_page(world):
    row = submitted(world, "si-2")

    answer = world.as_("approver").post(change_url(row), decide(row, _step="return"))

    assert answer.status_code == 200
    assert "Say why you return it." in text(answer)
    assert newest(world.system, "si-2").number == 2


def test_a_contributor_has_no_button_to_approve_and_cannot(world):
    row = submitted(world, "si-2")
    browser = world.as_("contributor")

    page = text(browser.get(change_url(row)))
    answer = browser.post(change_url(row), decide(row, _step="approve"))

    assert 'value="approve"' not in page
    assert "A second person must review it." in page
    assert "This needs an approver" in text(answer)
    assert newest(world.system, "si-2").number == 2


def test_the_maker_cannot_approve_even_as_an_approver(world):
    maker = world.people["approver"]
    make_decision(world.system, "si-2", by=maker)
    browser = world.as_("approver")
    row = responsibility_for(world.system, "si-2")
    browser.post(change_url(row), decide(row, _step="submit"))
    row = responsibility_for(world.system, "si-2")

    answer = browser.post(change_url(row), decide(row, _step="approve"))

    assert "A second person must review it." in text(answer)
    assert newest(world.system, "si-2").number == 2


def test_a_step_never_throws_away_what_was_typed_beside_it(world):
    make_decision(world.system, "si-2", by=world.people["contributor"])
    row = responsibility_for(world.system, "si-2")

    answer = world.as_("contributor").post(
        change_url(row), decide(row, _step="submit", customer_statement="Half a thought")
    )

    assert "Save that first" in text(answer)
    assert "Half a thought" in text(answer)
    assert newest(world.system, "si-2").number == 1


def test_another_kind_without_a_reason_is_an_error_of_the_field(world):
    row = responsibility_for(world.system, "si-2")

    answer = world.as_("contributor").post(change_url(row), decide(row, kind="inherited"))

    form = answer.context["adminform"].form
    assert "Give the reason" in form.errors["rationale"][0]
    assert not Decision.objects.exists()


def test_a_viewer_reads_why_and_who_may_decide(world):
    row = responsibility_for(world.system, "si-2")
    browser = world.as_("viewer")

    page = text(browser.get(change_url(row)))
    answer = browser.post(change_url(row), decide(row))

    assert "guest os" in page
    assert "To change it takes a contributor" in page
    assert 'name="kind"' not in page
    assert answer.status_code == 403


def test_what_is_foreign_is_not_there(world):
    row = responsibility_for(world.foreign, "si-2")
    browser = world.as_("lead")

    assert browser.get(change_url(row)).status_code == 404
    assert browser.post(change_url(row), decide(row)).status_code == 404


def test_a_stale_form_shows_both_values_and_saves_nothing(world):
    row = responsibility_for(world.system, "si-2")
    stale = decide(row, customer_statement="Mine")
    make_decision(world.system, "si-2", kind="shared", customer_statement="Theirs")

    answer = world.as_("contributor").post(change_url(row), stale)

    (conflict,) = answer.context["adminform"].form.conflicts
    current = responsibility_for(world.system, "si-2")
    assert (conflict.yours, conflict.current) == ("Mine", "Theirs")
    assert "Somebody changed this since you opened it" in text(answer)
    assert f'name="version" value="{current.version}"' in text(answer)
    assert newest(world.system, "si-2").number == 1


def test_a_stale_form_can_take_the_recorded_value_for_each_field(world):
    make_decision(
        world.system, "si-2", customer_statement="Theirs", provider_statement="Old"
    )
    row = responsibility_for(world.system, "si-2")
    settled = decide(
        row,
        customer_statement="Mine",
        provider_statement="New",
        **{"take-customer_statement": "recorded", "take-provider_statement": "yours"},
    )

    world.as_("contributor").post(change_url(row), settled)

    decision = newest(world.system, "si-2")
    assert decision.number == 2
    assert decision.customer_statement == "Theirs"
    assert decision.provider_statement == "New"


def test_a_form_without_its_version_changes_nothing(world):
    row = responsibility_for(world.system, "si-2")

    world.as_("contributor").post(change_url(row), decide(row, version=""))

    assert not Decision.objects.exists()


def test_a_decision_in_doubt_says_what_changed(world):
    make_decision(world.system, "si-2")
    make_service(world.system, "s3")
    row = responsibility_for(world.system, "si-2")

    page = text(world.as_("viewer").get(change_url(row)))

    assert "Suspect: what this decision rests on has changed" in page
    assert "Service added: s3" in page


def test_every_revision_is_listed_with_who_made_it(world):
    row = submitted(world, "si-2")

    page = text(world.as_("viewer").get(change_url(row)))

    assert "#1" in page
    assert "#2" in page
    assert "Contributor" in page


def test_the_history_tells_the_audit_events(world):
    row = submitted(world, "si-2")

    page = text(world.as_("viewer").get(change_url(row).replace("change", "history")))

    assert "Responsibility submitted" in page
    assert "Contributor" in page
