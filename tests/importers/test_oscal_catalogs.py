"""Reading OSCAL catalogs: what they give, and how a bad file is refused."""

import io
import json
from pathlib import Path
from typing import Any, cast

import pytest

from controls.errors import InvalidInputError
from controls.importers import oscal
from controls.importers.oscal_catalogs import parse_catalog, read_catalog
from tests.importers.documents import a_catalog, as_bytes

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "nist-sp800-53r5"
MODERATE = DATA / "NIST_SP-800-53_rev5_MODERATE-baseline-resolved-profile_catalog-min.json"
FULL = DATA / "NIST_SP-800-53_rev5_catalog-min.OSCAL-1.0.0.json"
needs_nist = pytest.mark.skipif(
    not DATA.is_dir(), reason="NIST's files are not here: ../shared/data is absent"
)


def parsed(document):
    return parse_catalog(io.BytesIO(as_bytes(document)), name="file.json")


def refusal(content):
    raw = content if isinstance(content, bytes) else as_bytes(content)
    with pytest.raises(InvalidInputError) as caught:
        parse_catalog(io.BytesIO(raw), name="file.json")
    return caught.value


def changed(*path, to):
    """The good document with one value replaced, added or, with `to=None`, removed."""
    document = a_catalog()
    *way, last = path
    holder: Any = document
    for step in way:
        holder = holder[step]
    if to is None:
        del holder[last]
    else:
        holder[last] = to
    return document


AC1 = ("catalog", "groups", 0, "controls", 0)


def test_a_catalog_gives_its_title_version_publisher_and_seal():
    found = parsed(a_catalog())

    assert (found.title, found.version, found.publisher) == ("Tiny", "1.0", "Test Press")
    assert len(found.sha256) == 64
    assert not found.is_resolved_profile


def test_controls_come_in_the_files_order_with_groups_within_groups():
    found = parsed(a_catalog())

    assert [(c.control_id, c.parent, c.group_id) for c in found.controls] == [
        ("tiny-0", "", ""),
        ("ac-1", "", "ac"),
        ("ac-1.1", "ac-1", "ac"),
        ("ac-2", "", "ac"),
        ("pe-1", "", "pe-in"),
    ]


def test_the_plain_label_stands_before_one_of_a_class_and_the_id_is_the_last_resort():
    labels = {c.control_id: c.label for c in parsed(a_catalog()).controls}

    assert labels["ac-1"] == "AC-1"
    assert labels["pe-1"] == "pe-1"


def test_a_withdrawn_control_is_marked_however_it_is_spelt():
    withdrawn = [c.control_id for c in parsed(a_catalog()).controls if c.withdrawn]

    assert withdrawn == ["ac-2"]


def test_statements_items_and_guidance_are_kept_and_objectives_are_not():
    control = next(c for c in parsed(a_catalog()).controls if c.control_id == "ac-1")

    assert [(p.part_id, p.parent, p.name, p.label) for p in control.parts] == [
        ("ac-1_smt", "", "statement", ""),
        ("ac-1_smt.a", "ac-1_smt", "item", "a."),
        ("ac-1_smt_item.1", "ac-1_smt", "item", "b."),
        ("ac-1_gdn", "", "guidance", ""),
    ]


def test_parameters_are_kept_as_what_they_stand_for():
    control = next(c for c in parsed(a_catalog()).controls if c.control_id == "ac-1")

    assert control.params == {
        "ac-1_prm_1": "Assignment: organization-defined frequency",
        "ac-1_prm_2": (
            "Selection (one or more): weekly; every {{ insert: param, ac-1_prm_1 }}"
        ),
        "ac-1_prm_3": "12 months",
    }


def test_a_resolved_profile_is_known_by_its_source():
    links = [{"rel": "source-profile", "href": "profile.json"}]

    assert parsed(changed("catalog", "metadata", "links", to=links)).is_resolved_profile


def test_a_byte_order_mark_does_not_matter():
    found = parse_catalog(io.BytesIO(b"\xef\xbb\xbf" + as_bytes(a_catalog())), name="f")

    assert len(found.controls) == 5


@pytest.mark.parametrize("version", ["1.0.0", "1.1.2", "1.2.1", "1.2", "1.0.0-rc2"])
def test_the_known_versions_of_oscal_are_read(version):
    document = changed("catalog", "metadata", "oscal-version", to=version)

    assert parsed(document).controls


BAD = {
    "empty": (b"", "is not JSON: line 1, column 1"),
    "text": (b"AC-1, Access control", "is not JSON: line 1, column 1"),
    "xml": (b"<?xml version='1.0'?><catalog/>", "is not JSON"),
    "not UTF-8": ('{"catalog": "é"}'.encode("latin-1"), "is not UTF-8 text (byte 13)"),
    "UTF-16": (as_bytes(a_catalog()).decode().encode("utf-16"), "is not UTF-8 text"),
    "a zip": (b"PK\x03\x04\xff\xfe\x00", "is not UTF-8 text"),
    "cut within a string": (as_bytes(a_catalog())[:400], "seems to be cut off"),
    "cut within a list": (b'{"catalog": {"groups": [', "seems to be cut off"),
    "a list": (b"[]", "the document: is not an OSCAL catalog: it is not an object"),
    "null": (b"null", "is not an OSCAL catalog"),
    "an empty object": (b"{}", "it holds nothing"),
    "a profile": ({"profile": {}}, "it holds profile. A profile names controls"),
    "a component definition": ({"component-definition": {}}, "component-definition"),
    "a catalog that is a list": ({"catalog": []}, "is not an OSCAL catalog"),
    "no metadata": ({"catalog": {}}, "catalog.metadata: is missing"),
    "a bomb of lists": (b"[" * 200_000, "is nested too deeply"),
    "a bomb of digits": (b'{"catalog": ' + b"9" * 5000 + b"}", "a number too long"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_catalog_is_refused_in_one_line(name):
    content, said = BAD[name]

    error = refusal(content)

    assert error.message.startswith("file.json: ")
    assert said in error.message
    assert "\n" not in error.message
    assert error.place


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("metadata", "title"), None, "catalog.metadata.title: is missing"),
        (("metadata", "title"), "", "catalog.metadata.title: is missing"),
        (("metadata", "title"), 7, "catalog.metadata.title: is not text"),
        (("metadata", "version"), None, "catalog.metadata.version: is missing"),
        (("metadata", "oscal-version"), None, "catalog.metadata.oscal-version: is missing"),
        (("metadata", "oscal-version"), "2.0.0", "'2.0.0' is not known; SRM reads OSCAL"),
        (("metadata", "oscal-version"), "1.3.0", "1.0, 1.1 and 1.2"),
        (("metadata", "parties"), {}, "catalog.metadata.parties: is not a list"),
        (("groups",), {}, "catalog.groups: is not a list"),
        (("groups", 1), "x", "catalog.groups[1]: is not an object"),
        (("groups", 1, "title"), ["x"], "catalog.groups[1].title: is not text"),
        (("groups", 1, "id"), "ac", "'ac' stands at catalog.groups[0] already"),
    ],
)
def test_what_is_wrong_with_the_catalog_is_named_with_its_place(path, to, said):
    assert said in refusal(changed("catalog", *path, to=to)).message


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("id",), None, ".id: is missing"),
        (("id",), "AC-1(1)", ".id: 'AC-1(1)' is not an id"),
        (("id",), "a" * 81, ".id: 'aaa"),
        (("id",), "tiny-0", ".id: 'tiny-0' stands at catalog.controls[0] already"),
        (("title",), None, ".title: is missing"),
        (("title",), "a\x00b", ".title: holds a character that is not text"),
        (("title",), "a\ud800b", ".title: holds a character that is not text"),
        (("props",), {}, ".props: is not a list"),
        (("props", 1, "value"), 5, ".value: is not text"),
        (("params", 0, "id"), None, ".params[0].id: is missing"),
        (("params", 2, "values"), [1], ".params[2].values[0]: is not text"),
        (("parts", 0, "parts", 0, "id"), "ac-1_smt", ".parts[0].parts[0].id: 'ac-1_smt'"),
        (("parts", 0, "prose"), {}, ".parts[0].prose: is not text"),
        (("parts", 0), 1, ".parts[0]: is not an object"),
    ],
)
def test_what_is_wrong_with_a_control_is_named_with_its_place(path, to, said):
    error = refusal(changed(*AC1, *path, to=to))

    assert error.place.startswith("catalog.groups[0].controls[0]")
    assert said in error.message


def test_a_catalog_without_controls_is_refused():
    document = a_catalog()
    document["catalog"] = {"metadata": document["catalog"]["metadata"]}

    assert "catalog: holds no controls" in refusal(document).message


def test_groups_nested_without_end_are_refused_with_their_place():
    document = a_catalog()
    inner = document["catalog"]
    for number in range(60):
        inner["groups"] = [{"id": f"g{number}", "title": "deeper"}]
        inner = inner["groups"][0]

    assert "levels deep" in refusal(document).message


class _Endless(io.RawIOBase):
    """A file of 100 MB that is never wholly there; counts what is read of it."""

    given = 0

    def read(self, size=-1):
        assert 0 < size <= 51 * 1024 * 1024
        self.given += size
        return b" " * size


def test_a_file_of_100_mb_is_refused_without_being_read_to_the_end():
    file = _Endless()

    with pytest.raises(InvalidInputError, match="larger than 50 MB"):
        parse_catalog(cast("Any", file), name="huge.json")

    assert file.given <= oscal.LARGEST + 1


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(InvalidInputError, match=r"nowhere\.json: No such file"):
        read_catalog(tmp_path / "nowhere.json")


def test_a_folder_is_refused_by_name(tmp_path):
    with pytest.raises(InvalidInputError, match="Is a directory"):
        read_catalog(tmp_path)


@needs_nist
def test_nists_moderate_baseline_holds_287_controls():
    found = read_catalog(MODERATE)

    assert len(found.controls) == 287
    assert found.is_resolved_profile
    assert not any(control.withdrawn for control in found.controls)


@needs_nist
def test_nists_whole_catalog_holds_1189_controls_of_which_182_are_withdrawn():
    found = read_catalog(FULL)

    assert len(found.controls) == 1189
    assert sum(control.withdrawn for control in found.controls) == 182


@needs_nist
def test_a_cut_file_of_nist_is_refused_wherever_it_was_cut():
    whole = MODERATE.read_bytes()

    for tenth in range(1, 10):
        assert "is not JSON" in refusal(whole[: len(whole) * tenth // 10]).message


@needs_nist
@pytest.mark.parametrize("name", ["MODERATE-baseline_profile", "PRIVACY-baseline_profile"])
def test_a_profile_of_nist_is_no_catalog(name):
    path = DATA / f"NIST_SP-800-53_rev5_{name}-min.json"

    assert "it holds profile" in refusal(json.loads(path.read_bytes())).message
