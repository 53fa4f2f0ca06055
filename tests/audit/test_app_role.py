"""The role that SRM runs as on PostgreSQL can add to the record, and nothing else."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from controls.models import AuditEvent, grants
from tests.make import make_decision, make_system, make_team

pytestmark = pytest.mark.django_db

ROLE = "srm_app_under_test"
FORBIDDEN = [
    "UPDATE controls_auditevent SET verb = 'x'",
    "DELETE FROM controls_auditevent",
    "TRUNCATE controls_auditevent",
    "UPDATE controls_decision SET kind = 'shared'",
    "DELETE FROM controls_derivation",
    "ALTER TABLE controls_auditevent DISABLE TRIGGER ALL",
    "DROP TRIGGER controls_auditevent_no_update ON controls_auditevent",
    "SET session_replication_role = replica",
    "INSERT INTO controls_auditevent SELECT * FROM controls_auditevent"
    " ON CONFLICT (seq) DO UPDATE SET verb = 'x'",
]


@pytest.fixture
def app_role():
    """A role that owns nothing, limited as after a migrate; the test acts as it."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        cursor.execute(f"GRANT {ROLE} TO CURRENT_USER")
        grants.limit(connection, ROLE)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield
        cursor.execute("RESET ROLE")


def test_a_role_is_limited_where_the_database_has_roles(request):
    limited = on_postgresql(request)

    with CaptureQueriesContext(connection) as asked:
        if not limited:
            grants.limit(connection, ROLE)

    assert limited == (connection.vendor == "postgresql")
    assert len(asked) == 0


def acting(statement):
    """Run a statement as the role, and say whether the database let it pass."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return False
    return True


def on_postgresql(request):
    if connection.vendor == "postgresql":
        request.getfixturevalue("app_role")
        return True
    return False


def test_the_app_adds_to_the_record(request):
    on_postgresql(request)

    team = make_team()

    assert AuditEvent.objects.filter(target_uuid=team.uuid).count() == 1


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_app_cannot_change_the_record(request, statement):
    make_decision(make_system(make_team(), "ec2"), "si-2")
    before = list(AuditEvent.objects.order_by("seq").values_list("seq", "verb"))
    on_postgresql(request)

    passed = acting(statement)

    assert not passed
    assert list(AuditEvent.objects.order_by("seq").values_list("seq", "verb")) == before
