"""The shipped data files: whole, known tokens only, and refused when they do not add up."""

import csv
import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.knowledge import KnowledgeError, control_token, read_release
from controls.knowledge.reader import read_folder

RELEASE = read_release()
DATA = Path(__file__).parents[2] / "controls" / "knowledge" / "data" / "2026.1"
SERVICES = Path(__file__).parents[3] / "shared" / "knowledge" / "services.csv"
TOKENS = {
    "aws": "provider",
    "aws_customer_config": "provider-if-configured",
    "n/a": "not-applicable",
}


def test_the_release_holds_what_it_says():
    assert (len(RELEASE.layers), len(RELEASE.variants), len(RELEASE.controls)) == (
        27,
        143,
        371,
    )
    assert Counter(b for row in RELEASE.controls.values() for b in row.baselines) == {
        "low": 149,
        "moderate": 287,
        "high": 370,
    }
    in_baselines = {row.control_id for row in RELEASE.controls.values() if row.baselines}
    pairs = [pair for pair in RELEASE.crosswalk if pair.control_id in in_baselines]
    assert Counter(pair.grade for pair in pairs) == {"D": 597, "W": 65, "E": 339}
    assert len({pair.control_id for pair in pairs}) == 237


@pytest.mark.skipif(
    not SERVICES.exists(), reason="the shared facts are not beside the project"
)
def test_every_cell_is_as_compiled():
    with SERVICES.open(newline="") as file:
        rows = list(csv.DictReader(file))
    compiled = {
        (row["code"], code): TOKENS.get(row[code], row[code])
        for row in rows
        for code, layer in RELEASE.layers.items()
        if layer.scope == "service"
    }

    assert {
        (variant, layer): RELEASE.effective(variant, layer).value
        for variant, layer in compiled
    } == compiled
    assert len(compiled) == 143 * 18


def test_a_note_belongs_to_its_layer():
    assert RELEASE.effective("rds", "backup").note == "customer sets retention"
    assert RELEASE.effective("rds", "engine").note == (
        "AWS builds and applies; customer sets maintenance window, auto minor upgrade, "
        "major version"
    )
    assert RELEASE.effective("rds", "guest_os").basis == "model"


def test_every_cadence_says_who_says_so_and_each_task_has_one_default():
    defaults = Counter(row.key for row in RELEASE.cadences if row.is_default)

    assert all(row.source and row.layers for row in RELEASE.cadences)
    assert defaults == dict.fromkeys({row.key for row in RELEASE.cadences}, 1)
    assert RELEASE.lead_times_days == (-30, -7, -1, 0, 7)


def test_a_firewall_review_is_due_every_six_months_as_pci_dss_says():
    (row,) = [row for row in RELEASE.cadences if row.key == "firewall-rules"]

    assert (row.every, row.unit, row.source, row.kind) == (
        6,
        "months",
        "PCI DSS 1.2.7",
        "configuration",
    )


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "release"
    shutil.copytree(DATA, folder)
    return folder


def rewrite(folder, name, old, new):
    """Change a file and its hash, as somebody who edits facts would."""
    path = folder / name
    text = path.read_text().replace(old, new, 1)
    path.write_text(text)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "layers.csv",
            "service,provider",
            "servce,provider",
            "layers.csv, row 2, scope: 'servce'",
        ),
        ("service_variants.csv", "ebs,", "ec2,", "service_variants.csv, row 4, key: 'ec2'"),
        ("service_variants.csv", "infrastructure", "hybrid", "row 2, model: 'hybrid'"),
        ("variant_facts.csv", ",shared,", ",both,", "value: 'both' is not known"),
        (
            "controls.csv",
            "governance",
            "goverment",
            "controls.csv, row 2, layers: 'goverment'",
        ),
        ("crosswalk.csv", "ac-1,", "zz-1,", "crosswalk.csv, row 2, control_id: 'zz-1'"),
        ("cadences.csv", ",6,months", ",0,months", "cadences.csv, row 2, every: '0'"),
        ("frameworks.csv", ",yes", ",maybe", "text_shippable: 'maybe' is not known"),
    ],
)
def test_a_wrong_fact_is_refused_by_file_row_and_field(copy, name, old, new, told):
    rewrite(copy, name, old, new)

    with pytest.raises(KnowledgeError, match=told):
        read_folder(copy)


def test_a_file_that_was_edited_without_its_hash_is_refused(copy):
    path = copy / "layers.csv"
    path.write_text(path.read_text().replace("Physical", "physical"))

    with pytest.raises(KnowledgeError, match=r"layers\.csv: its hash"):
        read_folder(copy)


def test_a_missing_file_is_named(copy):
    (copy / "sources.csv").unlink()

    with pytest.raises(KnowledgeError, match=r"sources\.csv: is missing"):
        read_folder(copy)


@pytest.mark.parametrize(
    ("label", "token"),
    [
        ("AC-2(1)", "ac-2.1"),
        ("AC-02 (07)", "ac-2.7"),
        ("ac-2.1", "ac-2.1"),
        ("A.5.1", "a.5.1"),
        ("CC7.1", "cc7.1"),
        ("A&A-02", "a-a-2"),
        ("12.8.5", "_12.8.5"),
        ("GV.PO-01", "gv.po-1"),
    ],
)
def test_a_printed_id_becomes_a_token(label, token):
    assert control_token(label) == token


@given(
    st.text(alphabet="ABCabc019.-() &_", min_size=1).filter(
        lambda t: any(map(str.isalnum, t))
    )
)
def test_a_token_stays_as_it_is(label):
    assert control_token(control_token(label)) == control_token(label)


def test_what_holds_no_id_is_refused():
    with pytest.raises(ValueError, match="no id"):
        control_token(" & ")
