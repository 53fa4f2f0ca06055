"""Registers over HTTP: what they answer, what they refuse, and what they cost."""

import csv
import gzip
import io
import json
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.choices import MembershipRole
from controls.models import AuditEvent, Reminder
from evidence.exports.registers import FORMS, REGISTERS
from evidence.models import TrainingRecord
from tests.make import make_auditor, make_member, make_team
from tests.registers.worlds import (
    APRIL,
    make_entry,
    make_evidence,
    make_other_system,
    make_register_world,
    told,
)

pytestmark = pytest.mark.django_db

THEN = "as_of=2026-04-10"
ADDRESS = "/api/v1/registers/"
EVERY = [f"{name}.{form}" for name in REGISTERS for form in FORMS]


def read(answer):
    """The whole answer as text."""
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content).decode()


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("file", EVERY)
def test_a_register_streams_what_it_is_asked_for(client_of, file):
    world = make_register_world()
    name, _, form = file.partition(".")

    answer = client_of(world.lead).get(f"{ADDRESS}{file}?{THEN}")

    assert answer.streaming
    assert read(answer) == told(name, form, world.lead)


@pytest.mark.parametrize("form", FORMS)
def test_its_headers_say_what_it_is(client_of, form):
    world = make_register_world()

    answer = client_of(world.lead).get(
        f"{ADDRESS}duties.{form}?{THEN}&system=shop&team=core"
    )

    assert answer.headers["Content-Type"].startswith(
        {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}[form]
    )
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="srm-duties-shop-core-2026-04-10.{form}"'
    )
    assert answer.headers["X-SRM-As-Of"] == "2026-04-10T23:59:59.999999Z"
    assert answer.headers["X-SRM-On"] == "2026-04-10"
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson", "image/png", "*/*"])
def test_the_address_says_the_form_whatever_is_accepted(client_of, accept):
    browser = client_of(make_register_world().lead)

    answer = browser.get(f"{ADDRESS}duties.csv", headers={"Accept": accept})

    assert answer.status_code == 200
    assert read(answer).startswith("duty,responsibility,")


def test_head_answers_as_get_and_sends_nothing(client_of):
    browser = client_of(make_register_world().lead)

    with CaptureQueriesContext(connection) as asked:
        answer = browser.head(f"{ADDRESS}responsibilities.csv?{THEN}")

    got = browser.get(f"{ADDRESS}responsibilities.csv?{THEN}")
    names = ("Content-Type", "Content-Disposition", "X-SRM-As-Of", "X-SRM-On")
    assert answer.content == b""
    assert [answer.headers[n] for n in names] == [got.headers[n] for n in names]
    assert [q for q in asked.captured_queries if "derivation" in q["sql"]] == []


def test_it_goes_out_compressed(client_of):
    world = make_register_world()

    answer = client_of(world.lead).get(
        f"{ADDRESS}audit-events.csv?{THEN}", headers={"Accept-Encoding": "gzip"}
    )

    assert answer.headers["Content-Encoding"] == "gzip"
    body = gzip.decompress(b"".join(answer.streaming_content)).decode()
    assert body == told("audit-events", "csv", world.lead)


@pytest.mark.parametrize(
    ("query", "place", "word"),
    [
        ("sytem=shop", "sytem", "Known: as_of, on, system, team"),
        ("system=", "system", "There is no system of this key that you may see."),
        ("system=none", "system", "There is no system of this key that you may see."),
        ("system=a%00b", "system", "There is no system of this key that you may see."),
        ("team=none", "team", "There is no team of this key that you may see."),
        ("as_of=yesterday", "as_of", "is not a date"),
        ("as_of=2999-01-01", "as_of", "lies in the future"),
        ("on=2026-02-30", "on", "is not a date"),
        ("limit=5", "limit", "There is no such filter."),
    ],
)
@pytest.mark.parametrize("verb", ["get", "head"])
def test_a_wrong_question_is_a_problem_before_the_first_byte(
    client_of, verb, query, place, word
):
    browser = client_of(make_register_world().lead)

    answer = getattr(browser, verb)(f"{ADDRESS}reviews.csv?{query}")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    (error,) = json.loads(browser.get(f"{ADDRESS}reviews.csv?{query}").content)["errors"]
    assert error["place"] == place
    assert word in error["detail"]


@pytest.mark.parametrize("file", ["findings.csv", "duties.xlsx", "duties", "Duties.csv"])
def test_what_is_no_register_is_nowhere(client_of, file):
    answer = client_of(make_register_world().lead).get(f"{ADDRESS}{file}")

    assert answer.status_code == 404


def test_reading_leaves_no_event(client_of):
    browser = client_of(make_register_world().lead)
    before = AuditEvent.objects.count()

    for file in EVERY:
        read(browser.get(ADDRESS + file))

    assert AuditEvent.objects.count() == before


def test_a_bare_date_means_the_end_of_that_day(client_of):
    world = make_register_world()
    browser = client_of(world.lead)

    day = read(browser.get(f"{ADDRESS}reviews.csv?as_of=2026-04-10"))
    instant = read(browser.get(f"{ADDRESS}reviews.csv?as_of={APRIL:%Y-%m-%dT%H:%M:%S.%fZ}"))
    earlier = read(browser.get(f"{ADDRESS}reviews.csv?as_of=2026-03-19"))

    assert day == instant != earlier


@time_machine.travel("2026-04-12T10:00:00Z", tick=False)
def test_without_a_moment_it_is_now(client_of):
    answer = client_of(make_register_world().lead).get(f"{ADDRESS}reviews.csv")

    assert answer.headers["X-SRM-As-Of"] == "2026-04-12T10:00:00.000000Z"
    assert answer.headers["X-SRM-On"] == "2026-04-12"


def test_on_asks_about_another_day(client_of):
    browser = client_of(make_register_world().lead)

    text = read(browser.get(f"{ADDRESS}reviews.ndjson?{THEN}&on=2026-06-11"))

    late = {row["title"]: row["days_late"] for row in rows_of(text) if row["overdue"]}
    assert late == {"Patch round": 41, "Look at settings": 10}


@pytest.mark.parametrize("name", REGISTERS)
def test_a_filter_leaves_rows_of_the_whole(client_of, name):
    world = make_register_world()
    make_other_system(world.edge, "other")
    browser = client_of(world.lead)
    address = f"{ADDRESS}{name}.ndjson?{THEN}"

    whole = read(browser.get(address)).splitlines()
    parts = {
        query: read(browser.get(f"{address}&{query}")).splitlines()
        for query in ("system=shop", "system=other", "team=core", "team=edge")
    }

    for part in parts.values():
        assert [line for line in whole if line in part] == part
        assert len(part) < len(whole)
    assert parts["team=core"]
    assert parts["system=shop"]


def test_one_sees_what_is_of_ones_team(client_of):
    world = make_register_world()
    make_other_system(world.edge, "other")

    for file in EVERY:
        text = read(client_of(world.ada).get(f"{ADDRESS}{file}?{THEN}"))
        assert not re.search(r"\bother\b|Nobody|ben@example", text), file


def test_an_auditor_sees_the_systems_in_scope(client_of):
    world = make_register_world()
    other = make_other_system(world.edge, "other")

    found = {
        name: rows_of(
            read(client_of(make_auditor(other)).get(f"{ADDRESS}{name}.ndjson?{THEN}"))
        )
        for name in REGISTERS
    }

    for name in ("responsibilities", "duties"):
        assert {row["system"] for row in found[name]} == {"other"}
    assert {row["system"] for row in found["audit-events"]} == {str(other.uuid)}
    assert {row["team"] for row in found["training"]} == {"edge"}
    assert {row["title"] for row in found["reviews"]} == {"other"}
    assert found["evidence"] == found["reminders"] == []


def test_a_link_to_what_one_may_not_see_is_left_out(client_of):
    world = make_register_world()
    helper = make_team("helpers")
    member = make_member(helper, MembershipRole.VIEWER)
    type(world.evidence).objects.update(team=helper)

    text = read(client_of(member).get(f"{ADDRESS}evidence.ndjson?{THEN}"))

    assert {row["team"] for row in rows_of(text)} == {"helpers"}
    assert {row["system"] for row in rows_of(text)} == {None}


def test_a_certificate_that_one_may_not_see_is_left_out(client_of):
    world = make_register_world()
    hidden = make_evidence(world.edge, world.eve, title="Certificate")
    TrainingRecord.objects.update(evidence=hidden)

    text = read(client_of(world.ada).get(f"{ADDRESS}training.ndjson?{THEN}"))

    (row,) = [row for row in rows_of(text) if row["completed_on"]]
    assert row["evidence"] is None
    assert hidden.reference in told("training", "csv", world.lead)


@pytest.mark.parametrize("name", REGISTERS)
@pytest.mark.parametrize("who", ["lead", "ada"])
def test_queries_do_not_grow_with_rows(name, who):
    world = make_register_world()
    person = getattr(world, who)
    with CaptureQueriesContext(connection) as few:
        before = told(name, "csv", person)
    for number in range(3):
        make_other_system(world.core, f"more-{number}")
        make_evidence(world.core, world.ada, title="More")
        make_entry(f"More{number}", world.core, [], by=world.lead)
        Reminder.objects.update(recipient=world.ada)

    with CaptureQueriesContext(connection) as many:
        after = told(name, "csv", person)

    assert len(many) == len(few) <= 14
    assert len(after) > len(before)


def test_the_dictionary_names_every_column_in_its_place(client_of):
    world = make_register_world()
    browser = client_of(world.lead)

    answer = browser.get(ADDRESS)

    assert [row["name"] for row in answer.json()] == list(REGISTERS)
    for register in answer.json():
        text = read(browser.get(register["links"]["csv"]))
        (header, *_) = csv.reader(io.StringIO(text, newline=""))
        assert header == [column["name"] for column in register["columns"]]
        assert all(column["meaning"] for column in register["columns"])
        assert set(register["filters"]) == {"system", "team", "as_of", "on"}
