"""The shipped data files: whole, known tokens only, and refused when they do not add up."""

import csv
import hashlib
import json
import re
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


def test_who_patches_is_as_sure_as_what_was_read_about_the_variant():
    assert RELEASE.effective("qbusiness", "engine").confidence == "L"
    assert RELEASE.effective("sqs", "guest_os").sources == "class"
    sure = {
        (fact.confidence, variant.confidence)
        for variant in RELEASE.variants.values()
        for fact in (
            RELEASE.effective(variant.key, "guest_os"),
            RELEASE.effective(variant.key, "engine"),
        )
    }
    assert all(stated == of_the_variant for stated, of_the_variant in sure)


def test_every_fact_names_documents_that_have_a_title():
    cited = [
        *(row.sources for row in RELEASE.layers.values()),
        *(row.sources for row in RELEASE.variants.values()),
        *(row.sources for row in RELEASE.variant_facts.values()),
        *(row.document for row in RELEASE.cadences),
    ]

    assert all(cited)
    assert all(RELEASE.sources[key].title for keys in cited for key in keys.split())
    assert {"VULN-*", "CFG-*", "QS-*-1"} <= {key for keys in cited for key in keys.split()}


def test_a_document_has_a_public_address_unless_it_is_our_own_judgement():
    without = [row.key for row in RELEASE.sources.values() if not row.url]

    assert without == ["editorial"]
    assert all(
        row.url.startswith("https://") for row in RELEASE.sources.values() if row.url
    )


def test_nobodys_spelling_but_ours_is_left_in_the_files():
    foreign = {"aws", "aws_customer_config", "n/a", "organisation", "aws_report"}
    tokens = {
        *(layer.scope for layer in RELEASE.layers.values()),
        *(value for layer in RELEASE.layers.values() for value in layer.defaults.values()),
        *(fact.value for fact in RELEASE.variant_facts.values()),
        *(kind for row in RELEASE.controls.values() for kind in row.evidence_kinds),
    }

    assert not tokens & foreign
    assert not [token for token in tokens if "_" in token]


@pytest.mark.parametrize("row", RELEASE.cadences, ids=lambda row: f"{row.key} {row.source}")
def test_a_cadence_says_who_says_so_and_a_sane_interval(row):
    days = {"days": 1, "weeks": 7, "months": 30, "years": 365}

    assert row.layers
    assert row.source != row.document or row.document == "editorial"
    assert 1 <= row.every * days[row.unit] <= 3 * 365


def test_each_task_has_one_default_and_reminders_their_days():
    defaults = Counter(row.key for row in RELEASE.cadences if row.is_default)

    assert defaults == dict.fromkeys({row.key for row in RELEASE.cadences}, 1)
    assert RELEASE.lead_times_days == (-30, -7, -1, 0, 7)


@pytest.mark.parametrize(
    ("task", "source"),
    [
        ("awareness-training", "FedRAMP at-2_prm_1"),
        ("awareness-content", "FedRAMP at-02_odp.06"),
        ("incident-training", "FedRAMP ir-02_odp.02"),
        ("incident-training-content", "FedRAMP ir-02_odp.03"),
        ("software-support", "CIS v8.1 2.2"),
    ],
)
def test_an_id_stands_at_the_task_that_it_is_about(task, source):
    assert [row.key for row in RELEASE.cadences if row.source == source] == [task]


def test_nothing_of_a_release_can_be_changed_by_who_reads_it():
    with pytest.raises(TypeError, match="does not support item assignment"):
        RELEASE.layers["facility"] = RELEASE.layers["media"]  # type: ignore[index]

    assert read_release() is RELEASE


def test_only_frameworks_in_the_public_domain_may_show_their_text():
    shown = {row.key for row in RELEASE.frameworks.values() if row.text_shippable}

    assert shown == {"nist-sp800-53r5", "csf-2.0"}
    assert set(RELEASE.attribution) >= set(RELEASE.frameworks)


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
        ("cadences.csv", "PCI DSS 1.2.7", "1.2.7", "cadences.csv, row 2, source: '1.2.7'"),
        ("cadences.csv", "months,yes", "months,no", "firewall-rules, is_default: 0 rows"),
        ("frameworks.csv", ",yes", ",maybe", "text_shippable: 'maybe' is not known"),
        ("layers.csv", "parallel,", "shared,", "scope: a layer above the services"),
        ("controls.csv", ",governance,", ",,", "controls.csv, row 2, layers: is missing"),
        ("layers.csv", "QS-PE", "QS-XX", "layers.csv, row 2, sources: 'QS-XX'"),
        ("controls.csv", "ac-1,", "ac-9,", "controls.csv, row 2, control_id: 'ac-9'"),
        ("controls.csv", ",policy,", ",poem,", "row 2, evidence_kinds: 'poem'"),
        (
            "controls.csv",
            "virtualization iam",
            "iam iam",
            "layers: 'iam' stands there twice",
        ),
        ("variant_facts.csv", "ec2.bare_metal,vir", "ec3,vir", "row 2, variant: 'ec3'"),
        (
            "variant_facts.csv",
            "virtualization",
            "data",
            "data does not depend on a service",
        ),
        (
            "sources.csv",
            "editorial,Judgement",
            "editorial,more,Judgement",
            "the last: more",
        ),
        ("crosswalk.csv", ",W\n", "\n", "crosswalk.csv, row 2, grade: is missing"),
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


def test_a_file_of_another_length_than_stated_is_refused(copy):
    rewrite(copy, "layers.csv", "supplier,", "facility,extra\nsupplier,")

    with pytest.raises(KnowledgeError, match=r"layers\.csv: holds 28 rows, not 27"):
        read_folder(copy)


def test_a_file_in_another_encoding_is_refused(copy):
    content = b"key,title\nx,\xff\n"
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"]["sources.csv"]["sha256"] = hashlib.sha256(content).hexdigest()
    (copy / "manifest.json").write_text(json.dumps(manifest))
    (copy / "sources.csv").write_bytes(content)

    with pytest.raises(KnowledgeError, match=r"sources\.csv: is not CSV in UTF-8"):
        read_folder(copy)


@pytest.mark.parametrize("content", ["{", "[]", '{"version": "2026.1"}'])
def test_a_manifest_that_is_none_is_refused(copy, content):
    (copy / "manifest.json").write_text(content)

    with pytest.raises(KnowledgeError, match=r"manifest\.json: is not a manifest"):
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
        ("AC-2(10)", "ac-2.10"),
        ("A&A-01", "a-a-01"),
        ("IAM-07", "iam-07"),
        ("12.8.5", "_12.8.5"),
        ("GV.PO-01", "gv.po-01"),
    ],
)
def test_a_printed_id_becomes_a_token(label, token):
    assert control_token(label) == token


@given(
    st.text(alphabet="ABCabc019.-() &_", min_size=1).filter(
        lambda t: any(map(str.isalnum, t))
    )
)
def test_a_token_is_one_for_oscal_and_stays_as_it_is(label):
    token = control_token(label)

    assert re.fullmatch(r"[a-z_][a-z0-9._-]*", token)
    assert control_token(token) == token
    assert control_token(token.upper()) == token


@given(st.integers(1, 99), st.integers(1, 99))
def test_padding_changes_nothing_in_ids_of_nist(number, enhancement):
    plain = f"ac-{number}.{enhancement}"

    assert control_token(f"AC-{number}({enhancement})") == plain
    assert control_token(f"AC-{number:02} ({enhancement:02})") == plain
    assert control_token(f"ac-{number:02}.{enhancement:02}") == plain


@pytest.mark.parametrize("framework", RELEASE.frameworks)
def test_no_two_ids_of_a_framework_have_one_token(framework):
    labels = {row.label for row in RELEASE.crosswalk if row.framework == framework}

    assert len({control_token(label) for label in labels}) == len(labels)


def test_what_holds_no_id_is_refused():
    with pytest.raises(ValueError, match="no id"):
        control_token(" & ")
