"""A new release of the facts is looked at before it is loaded."""

import csv
import hashlib
import io
import json
from importlib import resources
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from controls.models import (
    Control,
    Derivation,
    KnowledgeRelease,
    Layer,
    LayerFact,
    Provider,
    Responsibility,
)
from controls.services import own_facts
from controls.services.own_facts import Service
from controls.services.setup import system_user

pytestmark = pytest.mark.django_db


def run(*command):
    told = StringIO()
    call_command(*command, stdout=told)
    return told.getvalue()


def copy_release(folder, *, version, change, file="variant_facts.csv"):
    """Write the shipped release into a folder, with another version and changed facts."""
    shipped = resources.files("controls.knowledge") / "data" / "2026.1"
    for one in shipped.iterdir():
        (folder / one.name).write_bytes(one.read_bytes())
    path = folder / file
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


def let_physical_access_touch_identities(rows):
    (row,) = [row for row in rows if row["control_id"] == "pe-3"]
    row["layers"] = "facility iam"


def layers(system, control_id):
    row = Responsibility.objects.get(system__key=system, control__control_id=control_id)
    assert row.latest_derivation is not None
    return sorted(row.latest_derivation.parties)


def test_a_release_that_moves_a_control_to_other_layers_changes_what_is_derived(tmp_path):
    run("load_knowledge")
    run("seed_example")
    folder = copy_release(
        tmp_path,
        version="2026.2",
        change=let_physical_access_touch_identities,
        file="controls.csv",
    )

    told = run("load_knowledge", "--folder", folder, "--dry-run")
    assert "PE-3" in told
    assert layers("claims-portal", "pe-3") == ["facility"]

    run("load_knowledge", "--folder", folder)
    assert layers("claims-portal", "pe-3") == ["facility", "iam"]


def test_a_release_leaves_what_the_organisation_says_itself(tmp_path):
    run("load_knowledge")
    run("seed_example")
    control = Control.objects.get(catalog__key="nist-sp800-53r5", control_id="pe-3")
    by, at = system_user(), timezone.now()
    own_facts.tag(
        control=control,
        layers=[Layer.objects.get(code="governance")],
        reason="Our landlord.",
        by=by,
        at=at,
    )
    variant = own_facts.add_variant(
        key="relay",
        provider=Provider.objects.get(key="aws"),
        service=Service(name="Relay", model="managed"),
        by=by,
        at=at,
    )
    folder = copy_release(
        tmp_path,
        version="2026.2",
        change=let_physical_access_touch_identities,
        file="controls.csv",
    )

    run("load_knowledge", "--folder", folder)

    assert layers("claims-portal", "pe-3") == ["governance"]
    assert [row.layer.code for row in control.layers.order_by("order")] == [
        "facility",
        "iam",
    ]
    variant.refresh_from_db()
    assert (variant.name, variant.is_own) == ("Relay", True)
