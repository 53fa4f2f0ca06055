"""Single statements in the admin: seen at the control, decided by themselves, and back."""

from urllib.parse import urlencode

import pytest

from controls.choices import AuditVerb
from controls.models import Responsibility
from tests.admin.worlds import add_url, change_url, decide, list_url, text, verbs
from tests.make import (
    make_approval,
    make_statements,
    responsibility_for,
    set_statement_apart,
)


@pytest.fixture
def control(world):
    make_statements("si-2", "a", "b", "b.1")
    return responsibility_for(world.system, "si-2")


def address(control, statement="si-2_smt.b"):
    query = urlencode({"control": control.pk, "statement": statement})
    return f"{add_url('responsibility')}?{query}"


def apart(world, **content):
    maker = world.people["contributor"]
    return set_statement_apart(world.system, "si-2_smt.b", by=maker, **content)


def test_the_page_of_a_control_lists_its_statements_and_the_way_to_decide_one(
    world, control
):
    page = text(world.as_("contributor").get(change_url(control)))

    assert "Statement b.1." in page
    assert address(control, "si-2_smt.b.1").replace("&", "&amp;") in page


def test_a_reader_sees_the_statements_and_no_way_to_decide_one(world, control):
    page = text(world.as_("viewer").get(change_url(control)))

    assert "Statement b.1." in page
    assert "Decide by itself" not in page


def test_the_form_starts_with_what_is_decided_on_the_control(world, control):
    make_approval(world.system, "si-2", customer_statement="We patch all of it.")

    page = text(world.as_("contributor").get(address(control)))

    assert "Decide SI-2 b. by itself" in page
    assert "We patch all of it." in page
    assert "Statement b." in page


def test_saving_the_form_sets_the_statement_apart(world, control):
    answer = world.as_("contributor").post(
        address(control), decide(control, customer_statement="The edge team does b.")
    )

    row = Responsibility.objects.get(part__part_id="si-2_smt.b")
    assert answer.status_code == 302
    assert answer["Location"] == change_url(row)
    assert row.latest_decision is not None
    assert row.latest_decision.customer_statement == "The edge team does b."
    assert verbs()[-2:] == [
        AuditVerb.STATEMENT_SET_APART,
        AuditVerb.RESPONSIBILITY_ASSIGNED,
    ]


def test_a_stale_form_keeps_what_was_entered(world, control):
    stale = decide(control, version=control.version - 1, customer_statement="Typed.")

    answer = world.as_("contributor").post(address(control), stale)

    assert answer.status_code == 200
    assert "Typed." in text(answer)
    assert "Somebody changed this" in text(answer)
    assert not Responsibility.objects.filter(part__isnull=False).exists()


def test_a_refusal_stands_at_its_field(world, control):
    against = decide(control, kind="inherited", owner_team="")

    answer = world.as_("contributor").post(address(control), against)

    assert "Give the reason for inherited." in text(answer)


@pytest.mark.parametrize("statement", ["si-2_smt", "si-2_smt.z", ""])
def test_what_is_no_statement_is_not_found(world, control, statement):
    answer = world.as_("contributor").get(address(control, statement))

    assert answer.status_code == 404


def test_the_list_names_the_statement_and_its_page_shows_its_text(world, control):
    row = apart(world)
    browser = world.as_("contributor")

    assert "SI-2 b." in text(browser.get(list_url("responsibility")))
    page = text(browser.get(change_url(row)))
    assert "A statement of" in page
    assert "Statement b." in page
    assert change_url(control) in page


def test_the_control_tells_which_statement_stands_apart(world, control):
    row = apart(world)

    page = text(world.as_("contributor").get(change_url(control)))

    assert change_url(row) in page


def test_it_falls_back_by_its_button(world, control):
    row = apart(world)
    row.refresh_from_db()
    browser = world.as_("contributor")
    sent = decide(
        row,
        kind="customer-specific",
        rationale="Theirs alone.",
        _step="fall-back",
        remark="As all of it.",
    )

    answer = browser.post(change_url(row), sent)

    row.refresh_from_db()
    assert answer.status_code == 302
    assert row.ended_at is not None
    assert "SI-2 b." not in text(browser.get(list_url("responsibility"))).replace(
        "SI-2 b. in Shop: follows its control again", ""
    )
    page = text(browser.get(change_url(row)))
    assert "fell back to its control" in page
    assert 'name="_save"' not in page


def test_falling_back_without_a_word_keeps_the_page(world, control):
    row = apart(world)
    row.refresh_from_db()
    sent = decide(
        row, kind="customer-specific", rationale="Theirs alone.", _step="fall-back"
    )

    answer = world.as_("contributor").post(change_url(row), sent)

    assert answer.status_code == 200
    assert "Say why the control" in text(answer)


def test_the_matrix_and_its_drawer_tell_it(world, control):
    apart(world)
    browser = world.as_("contributor")
    matrix = "/admin/systems/shop/matrix/"

    assert "but b." in text(browser.get(matrix))
    assert "decided by itself" in text(browser.get(f"{matrix}?cell=si-2"))
