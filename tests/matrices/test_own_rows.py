"""A system's own responsibilities in the layout of Appendix J: a row for each statement."""

import pytest

from controls.importers import provider_files
from controls.importers.provider_files import Hints
from controls.rules.moments import Moment
from controls.rules.printed_ids import read
from evidence.exports import appendix_j
from tests.make import (
    MONDAY,
    make_decision,
    make_statements,
    make_system,
    make_team,
    make_world,
    set_statement_apart,
)

pytestmark = pytest.mark.django_db

TODAY = Moment(as_of=MONDAY, on=MONDAY.date())


@pytest.fixture
def system():
    made = make_system(make_team("core"), "ec2", profile=make_world())
    make_statements("si-2", "a", "b", "b.1")
    make_decision(
        made,
        "si-2",
        customer_statement="We patch.",
        implementation_status="implemented",
    )
    return made


def rows(system):
    return {row.printed_id: row for row in appendix_j.rows_of_system(system, moment=TODAY)}


def test_each_lettered_statement_has_a_row_and_a_control_without_any_one(system):
    assert [name for name in rows(system) if name.startswith(("SI", "PE"))] == [
        "PE-3",
        "SI-2 (a)",
        "SI-2 (b)",
        "SI-3",
    ]


def test_a_statement_reads_as_its_control(system):
    found = rows(system)

    assert found["SI-2 (a)"].text == found["SI-2 (b)"].text == "We patch."
    assert found["SI-2 (a)"].statuses == ("implemented",)
    assert found["SI-2 (a)"].originations == ("sp-system", "inherited")


def test_one_that_stands_apart_reads_as_itself(system):
    set_statement_apart(
        system, "si-2_smt.a", kind="inherited", owner_team=None, customer_statement=""
    )

    found = rows(system)
    assert found["SI-2 (a)"].originations == ("inherited",)
    assert found["SI-2 (a)"].text == ""
    assert found["SI-2 (b)"].text == "We patch."


def test_what_stands_apart_within_a_statement_is_told_on_its_row(system):
    set_statement_apart(
        system,
        "si-2_smt.b.1",
        customer_statement="The edge team alone.",
        implementation_status="planned",
    )

    row = rows(system)["SI-2 (b)"]
    assert row.text == "We patch.\nThe edge team alone."
    assert row.statuses == ("implemented", "planned")


def test_the_workbook_is_read_again_statement_by_statement(system):
    written = appendix_j.rows_of_system(system, moment=TODAY)
    book = appendix_j.workbook(written, title="Core", at=MONDAY)

    again = provider_files.read(book, file="own.xlsx", hints=Hints())

    assert [row.printed_id for row in again.rows] == [row.printed_id for row in written]
    named = [read(row.printed_id) for row in again.rows]
    statements = {one.statement_id for one in named if one}
    assert statements >= {"si-2_smt.a", "si-2_smt.b", "pe-3_smt"}
