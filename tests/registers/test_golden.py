"""Each register in each form, byte for byte; and as it was, whatever happens later."""

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest

from controls.models import AuditEvent
from controls.rules.moments import Moment
from evidence.exports.registers import FORMS, REGISTERS
from tests.make import (
    make_decision,
    make_member,
    make_statements,
    make_team,
    set_statement_apart,
)
from tests.registers.worlds import (
    MAY,
    change_everything,
    every_register,
    make_register_world,
    normalised,
    told,
)

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "registers"
CASES = [(name, form) for name in REGISTERS for form in FORMS]


@pytest.mark.parametrize(("name", "form"), CASES)
def test_a_register_is_what_it_was(name, form):
    world = make_register_world()

    text = normalised(told(name, form, world.lead))

    assert text == (GOLDEN / f"{name}.{form}").read_bytes().decode()


def test_a_register_of_an_earlier_day_stays_the_same_whatever_changes_later():
    world = make_register_world()
    before = every_register(world.lead)

    change_everything(world)

    assert every_register(world.lead) == before


def test_what_changed_later_shows_as_of_later():
    world = make_register_world()
    before = every_register(world.lead)

    change_everything(world)

    later = type(world.lead).objects.get(pk=world.lead.pk)
    after = every_register(later, moment=_moment(MAY))
    assert [name for name, text in after.items() if text == before[name]] == []


@pytest.mark.parametrize("name", REGISTERS)
def test_both_forms_hold_the_same_in_the_same_columns(name):
    world = make_register_world()

    sheet = list(csv.reader(io.StringIO(told(name, "csv", world.lead), newline="")))
    lines = [json.loads(line) for line in told(name, "ndjson", world.lead).splitlines()]

    names = [column.name for column in REGISTERS[name].columns]
    assert sheet[0] == names
    assert {len(row) for row in sheet} == {len(names)}
    assert len(sheet) == len(lines) + 1 > 1
    assert all(list(line) == names for line in lines)


@pytest.mark.parametrize("name", REGISTERS)
def test_a_column_holds_what_its_type_says(name):
    world = make_register_world()
    holds = {
        "boolean": bool,
        "integer": int,
        "list": list,
        "words": list,
        "json": dict,
    }

    lines = [json.loads(line) for line in told(name, "ndjson", world.lead).splitlines()]

    for column in REGISTERS[name].columns:
        values = [line[column.name] for line in lines if line[column.name] is not None]
        wanted = holds.get(column.type, str)
        assert all(type(value) is wanted for value in values), column


def test_the_chain_can_be_computed_again_from_the_register():
    world = make_register_world()
    previous = "0" * 64

    for line in told("audit-events", "ndjson", world.lead).splitlines():
        event = json.loads(line)
        sealed = event.pop("hash")
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert event["previous_hash"] == previous
        assert hashlib.sha256(text.encode()).hexdigest() == sealed
        previous = sealed

    assert previous == AuditEvent.objects.latest("seq").hash


def _moment(at):
    return Moment(as_of=at, on=at.date())


def statements_told(user):
    lines = [json.loads(line) for line in told("statements", "ndjson", user).splitlines()]
    return {line["statement"]: line["owner_team"] for line in lines}


def test_who_sees_a_control_is_told_what_holds_for_each_of_its_statements():
    world = make_register_world()
    other, edge = make_team("other"), make_team("verge")
    make_decision(world.system, "si-3", owner_team=other)
    make_statements("si-3", "a", "b")
    set_statement_apart(world.system, "si-3_smt.b", owner_team=edge)

    assert statements_told(make_member(other, "viewer")) == {
        "si-3_smt.a": "other",
        "si-3_smt.b": "verge",
    }
    assert statements_told(make_member(edge, "viewer")) == {"si-3_smt.b": "verge"}
    assert statements_told(make_member(make_team("third"), "viewer")) == {}
