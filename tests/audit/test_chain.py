"""What was done to the trail behind SRM's back is found, and where."""

import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from controls.models import AuditEvent, AuditHead, triggers
from controls.queries import audit_trail
from controls.rules.hashing import GENESIS
from tests.make import make_team

pytestmark = pytest.mark.django_db

COLUMNS = [field.attname for field in AuditEvent._meta.fields]
CHANGES = 6
MOVE = "UPDATE controls_auditevent SET seq = %s WHERE seq = %s"


@pytest.fixture
def trail():
    """Six events."""
    for number in range(CHANGES):
        make_team(f"red-{number}")


@pytest.fixture
def behind(trail):  # noqa: ARG001 - there must be a trail
    """Run SQL as somebody would who owns the database and has lifted the triggers."""
    triggers.drop(connection)

    def run(sql, *values):
        with connection.cursor() as cursor:
            cursor.execute(sql, values)

    yield run
    triggers.install(connection)


@pytest.mark.usefixtures("trail")
def test_a_trail_that_nobody_touched_is_whole():
    report = audit_trail.verify()

    assert report.ok
    assert report.events == AuditEvent.objects.count() == CHANGES
    assert report.head == AuditEvent.objects.get(seq=CHANGES).hash


def test_an_empty_trail_is_whole():
    report = audit_trail.verify()

    assert (report.ok, report.events, report.head) == (True, 0, GENESIS)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("target_label", "'Blue'"),
        ("verb", "'team-changed'"),
        ("at", "'2020-01-01 00:00:00+00:00'"),
        ("actor_uuid", "target_uuid"),
        ("team_uuid", "NULL"),
        ("request_id", "'other'"),
        ("after", """'{"name": "Blue"}'"""),
        ("before", """'{"name": "Blue"}'"""),
        ("hash", f"'{'0' * 64}'"),
    ],
)
def test_an_edited_event_is_found(behind, column, value):
    behind(f"UPDATE controls_auditevent SET {column} = {value} WHERE seq = 3")  # noqa: S608

    assert found() == (3, "its content is not what was sealed")


def test_a_deleted_event_is_found(behind):
    behind("DELETE FROM controls_auditevent WHERE seq = 3")

    assert found() == (4, "event 3 is missing")


def test_the_first_event_deleted_is_found(behind):
    behind("DELETE FROM controls_auditevent WHERE seq = 1")

    assert found() == (2, "event 1 is missing")


def test_a_gap_that_was_closed_by_renumbering_is_found(behind):
    behind("DELETE FROM controls_auditevent WHERE seq = 3")
    for seq in range(4, CHANGES + 1):
        behind(MOVE, seq - 1, seq)
    behind("UPDATE controls_audithead SET seq = %s", CHANGES - 1)

    assert found() == (3, "it does not build on the event before")


def test_two_swapped_events_are_found(behind):
    for old, new in ((2, -2), (3, 2), (-2, 3)):
        behind(MOVE, new, old)

    assert found() == (2, "it does not build on the event before")


def test_an_inserted_event_is_found(behind):
    for seq in range(CHANGES, 2, -1):
        behind(MOVE, seq + 1, seq)
    copy_of(2, behind, seq=3)
    behind("UPDATE controls_audithead SET seq = %s", CHANGES + 1)

    assert found() == (3, "it does not build on the event before")


def test_an_event_put_at_the_end_is_found(behind):
    copy_of(CHANGES, behind, seq=CHANGES + 1)

    assert found()[0] == CHANGES + 1


def test_a_tail_cut_off_is_found(behind):
    behind("DELETE FROM controls_auditevent WHERE seq > 4")

    assert found() == (5, f"the trail ends at 4, its head says {CHANGES}")


def test_a_trail_emptied_altogether_is_found(behind):
    behind("DELETE FROM controls_auditevent")

    assert found() == (1, f"the trail ends at 0, its head says {CHANGES}")


def test_a_head_set_back_is_found(behind):
    behind("UPDATE controls_audithead SET seq = 4")

    assert found() == (CHANGES + 1, f"the trail ends at {CHANGES}, its head says 4")


def test_a_rewritten_tail_differs_from_the_seal_that_was_kept_elsewhere(behind):
    kept = audit_trail.verify().head
    behind("DELETE FROM controls_auditevent WHERE seq = %s", CHANGES)
    last = AuditEvent.objects.get(seq=CHANGES - 1)
    AuditHead.objects.update(seq=last.seq, hash=last.hash)

    report = audit_trail.verify()

    assert report.ok
    assert report.head != kept


@pytest.mark.usefixtures("trail")
def test_the_command_tells_how_many_events_and_the_newest_seal():
    out = StringIO()

    call_command("verify_audit_trail", stdout=out)

    assert f"{CHANGES} events" in out.getvalue()
    assert AuditHead.objects.get().hash in out.getvalue()


def test_the_command_fails_and_names_place_and_reason(behind):
    behind("DELETE FROM controls_auditevent WHERE seq = 3")

    with pytest.raises(CommandError) as refused:
        call_command("verify_audit_trail")

    assert refused.value.returncode == 1
    assert "broken at event 4: event 3 is missing" in str(refused.value)


def found():
    report = audit_trail.verify()
    assert not report.ok
    return report.broken_at, report.reason


def copy_of(source, behind, *, seq):
    """Put a copy of an event at a free place, with a uuid and a seal of its own."""
    copied = ", ".join(name for name in COLUMNS if name not in {"seq", "uuid", "hash"})
    own = uuid.uuid4()
    behind(
        f"INSERT INTO controls_auditevent (seq, uuid, hash, {copied}) "  # noqa: S608
        f"SELECT %s, %s, %s, {copied} FROM controls_auditevent WHERE seq = %s",
        seq,
        own.hex if connection.vendor == "sqlite" else own,
        "a" * 64,
        source,
    )
