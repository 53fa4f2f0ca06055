"""What the fixture `committed_db` promises to the tests that need real commits."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, connections

from controls.models import AuditEvent, AuditHead, Team, triggers
from tests.make import make_team


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.usefixtures("committed_db")
def test_a_commit_is_seen_by_others_and_gone_in_the_next_test(turn):  # noqa: ARG001
    assert Team.objects.count() == 0
    assert AuditEvent.objects.count() == 0
    assert AuditHead.objects.get().seq == 0
    make_team()

    def count():
        try:
            return Team.objects.count()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(count).result() == 1


@pytest.mark.usefixtures("committed_db")
def test_the_record_is_guarded_there_too():
    make_team()

    assert triggers.missing(connection) == []
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM controls_auditevent")


@pytest.mark.django_db
def test_the_base_rows_are_there_for_everybody_else():
    assert AuditHead.objects.count() == 1
    assert Team.objects.count() == 0
