"""What was recorded is neither changed nor deleted, whatever asks for it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from controls.models import (
    AuditEvent,
    Decision,
    Derivation,
    ImportedInventory,
    ImportedMatrix,
    ImportedRow,
    ReviewSnooze,
    triggers,
)
from controls.services import reviews
from controls.services.setup import system_user
from evidence.models import Artifact, Evidence, EvidenceVerdict, EvidenceVersion
from tests.make import (
    MONDAY,
    make_decision,
    make_duty,
    make_imported_inventory,
    make_imported_matrix,
    make_review,
    make_system,
    make_team,
)

MODELS = (
    AuditEvent,
    Decision,
    Derivation,
    ImportedInventory,
    ImportedMatrix,
    ImportedRow,
    ReviewSnooze,
    Artifact,
    EvidenceVersion,
    EvidenceVerdict,
)
TABLES = [model._meta.db_table for model in MODELS]
REFUSED = "append-only: rows are never changed or deleted"


@pytest.fixture
def rows(db):  # noqa: ARG001 - brings the database
    """A row at least in each append-only table, nothing left for the commit to check."""
    system = make_system(make_team(), "ec2")
    make_decision(system, "si-2")
    review = make_review(make_duty(system, "si-3"))
    reviews.snooze(
        review=review,
        version=review.version,
        until=MONDAY.date() + timedelta(days=7),
        reason="So",
        by=system_user(),
        at=MONDAY,
    )
    make_proof(system.owner_team)
    make_imported_matrix(system)
    make_imported_inventory(system)
    connection.check_constraints()
    if connection.vendor == "postgresql":
        execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_all_append_only_tables_are_tried_here():
    assert sorted(TABLES) == triggers.tables()


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_updated(table):
    key = key_of(table)
    refuses(f"UPDATE {table} SET {key} = {key}")  # noqa: S608 - our own table names


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_deleted(table):
    refuses(f"DELETE FROM {table}")  # noqa: S608


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_emptied_at_once(table):
    refuses(
        f"TRUNCATE {table} CASCADE"
        if connection.vendor == "postgresql"
        else f"DELETE FROM {table} WHERE 1"  # noqa: S608 - SQLite has no TRUNCATE
    )


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_put_in_the_place_of_another(table):
    refuses(
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608
        if connection.vendor == "sqlite"
        else f"INSERT INTO {table} SELECT * FROM {table}"  # noqa: S608
        f" ON CONFLICT ({key_of(table)}) DO UPDATE SET {key_of(table)} = 0"
    )


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("model", MODELS)
def test_a_saved_row_is_not_saved_again(model):
    row = model.objects.first()

    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        row.save()
    with pytest.raises((IntegrityError, models.ProtectedError)), transaction.atomic():
        row.delete()


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("model", MODELS)
def test_the_queryset_says_so_before_the_database_does(model):
    known = model.objects.all()

    for change in (known.delete, lambda: known.update(pk=None), known.bulk_update):
        with pytest.raises(TypeError, match="append-only"):
            change()


@pytest.mark.django_db
def test_lifting_a_trigger_is_noticed():
    on = ' ON "controls_decision"' if connection.vendor == "postgresql" else ""
    execute(f'DROP TRIGGER "controls_decision_no_delete"{on}')

    assert triggers.missing(connection) == ["controls_decision_no_delete"]

    triggers.install(connection)
    assert triggers.missing(connection) == []


@pytest.mark.usefixtures("committed_db")
def test_the_triggers_are_back_after_a_migration_rebuilt_the_table():
    old = AuditEvent._meta.get_field("target_label")
    wider = models.CharField(max_length=201, blank=True)
    wider.set_attributes_from_name("target_label")
    try:
        with connection.schema_editor() as editor:
            editor.alter_field(AuditEvent, old, wider)
        lost = triggers.missing(connection)

        call_command("migrate", verbosity=0)

        assert bool(lost) == (connection.vendor == "sqlite")  # PostgreSQL alters in place
        assert triggers.missing(connection) == []
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(AuditEvent, wider, old)
        triggers.install(connection)


def make_proof(team):
    """A file, a piece of evidence on it, and that it was handed in."""
    by = system_user()
    artifact = Artifact.objects.create(
        sha256="0" * 64, size=1, media_type="text/plain", received_at=MONDAY
    )
    item = Evidence.objects.create(team=team, created_at=MONDAY, created_by=by)
    version = EvidenceVersion.objects.create(
        evidence=item,
        number=1,
        title="Patch report",
        kind="report",
        side="customer",
        collected_on=MONDAY.date(),
        sensitivity="internal",
        artifact=artifact,
        by=by,
        at=MONDAY,
    )
    EvidenceVerdict.objects.create(
        evidence=item, revision=version, state="submitted", made_by=by, by=by, at=MONDAY
    )


def refuses(sql):
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        execute(sql)


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def key_of(table):
    return "seq" if table == AuditEvent._meta.db_table else "id"
