"""A new release of the facts is looked at before it is loaded."""

import csv
import hashlib
import io
import json
from importlib import resources
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from controls.models import Derivation, KnowledgeRelease, LayerFact

pytestmark = pytest.mark.django_db


def run(*command):
    told = StringIO()
    call_command(*command, stdout=told)
    return told.getvalue()


def copy_release(folder, *, version, change):
    """Write the shipped release into a folder, with another version and changed facts."""
    shipped = resources.files("controls.knowledge") / "data" / "2026.1"
    for file in shipped.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    path = folder / "variant_facts.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    change(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["version"] = version
    manifest["files"][path.name] = {
        "rows": len(rows),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return str(folder)


def nothing(rows):
    """Change no fact."""


def give_lambdas_runtime_to_the_customer(rows):
    (row,) = [r for r in rows if (r["variant"], r["layer"]) == ("lambda", "engine")]
    row["value"] = "customer"


def test_a_release_is_shown_as_a_difference_and_nothing_is_written(tmp_path):
    run("load_knowledge")
    run("seed_example")
    facts, derived = LayerFact.objects.count(), Derivation.objects.count()
    folder = copy_release(
        tmp_path, version="2026.2", change=give_lambdas_runtime_to_the_customer
    )

    told = run("load_knowledge", "--folder", folder, "--dry-run")

    assert "Release 2026.2 would load" in told
    assert "1 systems changed" in told
    assert "Document intake (document-intake)" in told
    assert "Claims portal" not in told
    assert "SI-2" in told
    assert (LayerFact.objects.count(), Derivation.objects.count()) == (facts, derived)
    assert KnowledgeRelease.objects.get().version == "2026.1"


def test_a_release_that_changes_no_answer_names_no_system(tmp_path):
    run("load_knowledge")
    run("seed_example")
    folder = copy_release(tmp_path, version="2026.2", change=nothing)

    told = run("load_knowledge", "--folder", folder, "--dry-run")

    assert told.count("\n") == 1
    assert "0 systems changed" in told


def test_a_folder_that_holds_no_release_is_one_line(tmp_path):
    with pytest.raises(CommandError, match=r"manifest\.json"):
        run("load_knowledge", "--folder", str(tmp_path))
