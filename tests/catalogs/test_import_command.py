"""The command: one line where a file is bad, counts where it is good."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from controls.models import AuditEvent, Catalog, Control
from tests.importers.documents import a_catalog, as_bytes
from tests.importers.test_oscal_catalogs import MODERATE, needs_nist
from tests.make import make_admin, make_member, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "tiny.json"
    path.write_bytes(as_bytes(a_catalog()))
    return path


def run(*args, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command("import_catalog", *args, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_it_says_how_many_controls_changed(good):
    first, _ = run(good)
    again, _ = run(good)

    assert "5 controls: 5 added, 0 changed, 0 unchanged" in first
    assert "5 controls: 0 added, 0 changed, 5 unchanged" in again


def test_progress_is_plain_lines_where_there_is_no_terminal(good):
    _, told = run(good)

    assert told.splitlines()[0] == "Read 5 controls"
    assert "\x1b" not in told


def test_a_dry_run_says_what_would_be_and_writes_nothing(good):
    told, _ = run(good, dry_run=True)

    assert "5 would be added" in told
    assert not Catalog.objects.exists()
    assert not AuditEvent.objects.exists()


def test_the_named_person_acts(good):
    admin = make_admin(email="ada@example.com")

    run(good, by="Ada@example.com")

    assert AuditEvent.objects.get(verb="catalog-imported").actor_uuid == admin.uuid


def test_a_person_without_the_role_is_refused(good):
    make_member(make_team(), email="bob@example.com")

    with pytest.raises(CommandError, match="an administrator or the GRC lead"):
        run(good, by="bob@example.com")

    assert not Catalog.objects.exists()


def test_a_person_who_is_not_there_is_refused(good):
    with pytest.raises(CommandError, match="Nobody with the address x@"):
        run(good, by="x@example.com")


@pytest.mark.parametrize(
    "content",
    [b"", b"no", b'{"profile": {}}', as_bytes(a_catalog())[:-40], b"\xff\xfe", b"[" * 9999],
    ids=["empty", "text", "profile", "truncated", "bytes", "bomb"],
)
def test_a_bad_file_is_one_line_with_its_name_and_nothing_written(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content)

    with pytest.raises(CommandError) as caught:
        run(path)

    assert caught.value.returncode == 1
    assert str(caught.value).startswith("bad.json: ")
    assert "\n" not in str(caught.value)
    assert not Control.objects.exists()


def test_a_duplicate_id_is_named_with_both_places(tmp_path):
    document = a_catalog()
    document["catalog"]["controls"].append({"id": "ac-1", "title": "Again"})
    path = tmp_path / "twice.json"
    path.write_text(json.dumps(document))

    with pytest.raises(
        CommandError, match=r"groups\[0\]\.controls\[0\]\.id: 'ac-1' stands"
    ):
        run(path)

    assert not Control.objects.exists()


def test_a_file_of_100_mb_is_refused(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)

    with pytest.raises(CommandError, match=r"huge\.json: is larger than 50 MB"):
        run(path)


@needs_nist
def test_nists_moderate_baseline_holds_287_controls_and_again_changes_none():
    first, _ = run(MODERATE)
    again, _ = run(MODERATE)

    assert "287 controls: 287 added" in first
    assert "287 controls: 0 added, 0 changed, 287 unchanged" in again
