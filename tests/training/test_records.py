"""Recording completions, by hand and from a file."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.errors import (
    ConflictError,
    InvalidFileError,
    InvalidInputError,
    NotAllowedError,
)
from controls.models import AuditEvent
from evidence.models import TrainingRecord
from evidence.services import roster, training
from tests.make import (
    MONDAY,
    make_admin,
    make_evidence,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
)
from tests.training.making import (
    TODAY,
    make_course,
    make_entry,
    make_record,
    some_records,
    take_records,
)

pytestmark = pytest.mark.django_db

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def kim(team):
    return make_entry("kim@example.com", team=team)


@pytest.fixture
def course():
    return make_course("basics")


def withdraw(record, reason="Wrong person.", by=None):
    return training.withdraw(
        record=record, reason=reason, by=by or make_grc_lead(), at=MONDAY
    )


def counts(plan):
    """What changes, without what does not."""
    return {kind: count for kind, count in plan.counts.items() if count}


def told(file, **options):
    """What is wrong, as a person reads it."""
    before = AuditEvent.objects.count()
    with pytest.raises(InvalidFileError) as caught:
        take_records(file, **options)
    assert AuditEvent.objects.count() == before
    return [str(fault) for fault in caught.value.faults]


def test_a_completion_counts_as_long_as_its_course_says_or_as_it_says_itself(kim, course):
    for_ever = make_course(valid_months=None)

    usual = make_record(kim, course, date(2025, 8, 31))
    own = make_record(kim, course, YESTERDAY, valid_until=date(2026, 6, 30))
    always = make_record(kim, for_ever)

    assert usual.valid_until == date(2026, 8, 31)
    assert own.valid_until == date(2026, 6, 30)
    assert always.valid_until is None


def test_a_certificate_from_before_somebody_joined_counts(kim, course):
    record = make_record(kim, course, kim.since - timedelta(days=300))

    assert record.valid_until == date(2026, 5, 6)


def test_nothing_is_completed_before_it_is_done(kim, course):
    with pytest.raises(InvalidInputError, match="lies ahead") as ahead:
        make_record(kim, course, TODAY + timedelta(days=1))
    with pytest.raises(InvalidInputError, match="cannot end before") as backwards:
        make_record(kim, course, TODAY, valid_until=YESTERDAY)

    assert (ahead.value.place, backwards.value.place) == ("completed_on", "valid_until")
    assert not TrainingRecord.objects.exists()


def test_a_completion_is_recorded_once_until_it_is_withdrawn(kim, course):
    record = make_record(kim, course)

    with pytest.raises(ConflictError, match="recorded already"):
        make_record(kim, course)
    withdraw(record)
    make_record(kim, course)

    assert TrainingRecord.objects.believed(as_of=MONDAY).count() == 1


def test_a_withdrawal_says_why_and_is_said_once(kim, course):
    record = make_record(kim, course)

    with pytest.raises(InvalidInputError, match="Say why"):
        withdraw(record, " ")
    assert withdraw(record).why_ended == "Wrong person."
    with pytest.raises(ConflictError, match="withdrawn already"):
        withdraw(record)


def test_the_lead_of_the_persons_team_records_and_nobody_else_of_it(team, kim, course):
    other = make_entry(team=make_team())
    nobodys = make_entry()
    lead = make_member(team, "lead")

    make_record(kim, course, by=lead)
    for somebody in (make_member(team, "approver"), make_admin()):
        with pytest.raises(NotAllowedError, match="lead of the person's team"):
            make_record(kim, course, YESTERDAY, by=somebody)
    for entry in (other, nobodys):
        with pytest.raises(NotAllowedError, match="lead of the person's team"):
            make_record(entry, course, by=lead)
    make_record(nobodys, course, by=make_grc_lead())

    assert TrainingRecord.objects.count() == 2


def test_who_may_record_follows_the_person_to_their_new_team(team, kim, course):
    others = make_team()
    roster.end_entry(entry=kim, on=TODAY, by=make_grc_lead(), at=MONDAY)
    entry = make_entry("kim@example.com", team=others)

    with pytest.raises(NotAllowedError):
        make_record(entry, course, by=make_member(team, "lead"))

    make_record(entry, course, by=make_member(others, "lead"))


def test_a_certificate_must_be_visible_to_whoever_records(team, kim, course):
    lead = make_member(team, "lead")
    mine, foreign = make_evidence(team), make_evidence(make_team())

    with pytest.raises(InvalidInputError, match="no such evidence"):
        make_record(kim, course, by=lead, evidence=foreign)
    record = make_record(kim, course, by=lead, evidence=mine)

    event: Any = AuditEvent.objects.order_by("seq").last()
    assert record.evidence == mine
    assert event.after["evidence"] == str(mine.uuid)
    assert event.after["person"] == str(kim.person.uuid)
    assert "kim" not in repr(event.content()).lower()


@pytest.mark.usefixtures("kim", "course")
def test_a_file_adds_what_is_missing_and_changes_nothing_the_second_time():
    rows = (
        "KIM@example.com,basics,2026-01-31,,97 %",
        "kim@example.com,basics,2025-01-31,,",
    )

    plan = take_records(some_records(*rows))
    before = AuditEvent.objects.count()
    again = take_records(some_records(*rows), at=MONDAY + timedelta(days=40))

    assert (counts(plan), counts(again)) == ({"new": 2}, {"unchanged": 2})
    assert AuditEvent.objects.count() == before
    newest = TrainingRecord.objects.latest("completed_on")
    assert (newest.valid_until, newest.score, newest.source) == (
        date(2027, 1, 31),
        "97 %",
        "imported",
    )


def test_what_a_file_says_otherwise_ends_the_older_record(team, kim, course):
    proof = make_evidence(team)
    make_record(kim, course, YESTERDAY, evidence=proof)

    plan = take_records(some_records(f"kim@example.com,basics,{YESTERDAY},2026-12-31,80"))

    (step,) = plan.steps
    assert counts(plan) == {"changed": 1}
    assert [(d.field, d.old, d.new) for d in step.differences] == [
        ("valid_until", "2027-03-01", "2026-12-31"),
        ("score", "", "80"),
    ]
    old, new = TrainingRecord.objects.order_by("pk")
    assert old.why_ended == "Corrected by records.csv."
    assert (new.valid_until, new.score, new.evidence) == (date(2026, 12, 31), "80", proof)


def test_empty_cells_say_nothing(kim, course):
    make_record(kim, course, TODAY, valid_until=date(2026, 9, 1), score="97")

    short = take_records(
        some_records(f"kim@example.com,basics,{TODAY}", header="email,course,completed_on")
    )
    long = take_records(some_records(f"kim@example.com,basics,{TODAY},,"))

    assert counts(short) == counts(long) == {"unchanged": 1}


@pytest.mark.usefixtures("kim", "course")
def test_what_a_person_withdrew_is_not_brought_back():
    file = some_records(f"kim@example.com,basics,{TODAY},,")
    take_records(file)
    withdraw(TrainingRecord.objects.get())

    plan = take_records(file)

    assert counts(plan) == {"withdrawn": 1}
    assert not TrainingRecord.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.usefixtures("kim", "course")
def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written():
    file = some_records(
        "kim@example.com,basics,2026-03-03,,",
        "kim@example.com,basics,2026-01-02,2026-01-01,",
        "lee@example.com,no-such,2026-01-02,,",
        "kim@example.com,basics,,,",
        "kim@example.com,basics,2026-01-02,,50",
        "lee@example.com,basics,2026-1-2,,",
    )

    assert told(file) == [
        "row 2, completed_on: 2026-03-03 lies ahead: nothing is completed yet.",
        "row 3, valid_until: 2026-01-01 is before 2026-01-02, the day of completion.",
        "row 4, email: Nobody with the address 'lee@example.com' is on a roster that "
        "you see.",
        "row 4, course: There is no course with the key 'no-such'.",
        "row 5, completed_on: The cell is empty.",
        "row 6: kim@example.com, basics, 2026-01-02 stand in row 3.",
        "row 7, email: Nobody with the address 'lee@example.com' is on a roster that "
        "you see.",
        "row 7, completed_on: '2026-1-2' is not a date like 2026-03-31.",
    ]
    assert not TrainingRecord.objects.exists()


@pytest.mark.usefixtures("kim", "course")
def test_a_lead_imports_for_their_team_and_learns_of_nobody_elses(team):
    lead = make_member(team, "lead")
    make_entry("lee@example.com", team=make_team())

    take_records(some_records(f"kim@example.com,basics,{TODAY},,"), by=lead)
    foreign = told(some_records(f"lee@example.com,basics,{TODAY},,"), by=lead)
    missing = told(some_records(f"joe@example.com,basics,{TODAY},,"), by=lead)

    assert foreign == [line.replace("joe", "lee") for line in missing]


@pytest.mark.usefixtures("kim", "course")
def test_a_row_that_its_reader_may_not_record_refuses_the_file(team):
    file = some_records(f"kim@example.com,basics,{TODAY},,")

    with pytest.raises(NotAllowedError, match=r"records\.csv, row 2: this needs the lead"):
        take_records(file, by=make_member(team, "contributor"))

    assert not TrainingRecord.objects.exists()


@pytest.mark.usefixtures("course")
def test_an_import_costs_the_same_for_ten_completions_and_for_thirty(team):
    entries = [make_entry(f"p{number}@example.com", team=team) for number in range(40)]

    def cost(some, score):
        rows = [f"{entry.person.email},basics,{TODAY},,{score}" for entry in some]
        file = some_records(*rows)
        with CaptureQueriesContext(connection) as seen:
            take_records(file)
        return len(seen)

    few, many = cost(entries[:10], "1"), cost(entries[10:], "1")
    few_changed, many_changed = cost(entries[:10], "2"), cost(entries[10:], "2")

    assert few == many <= 12
    assert few_changed == many_changed <= 12


def test_a_record_is_seen_by_whoever_sees_the_person(team, kim, course):
    record = make_record(kim, course)
    system = make_system(team, "ec2")

    assert system.owner_team == team
    seen = TrainingRecord.objects.visible_to
    assert list(seen(make_member(team, "viewer"))) == [record]
    assert list(seen(make_member(make_team(), "lead"))) == []
