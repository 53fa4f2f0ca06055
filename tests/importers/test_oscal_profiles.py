"""Reading OSCAL profiles: what they give, and how a bad one is refused."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from controls.errors import InvalidInputError
from controls.importers.oscal_profiles import parse_profile, read_profile
from tests.importers.documents import as_bytes
from tests.importers.oscal_documents import PROFILE_UUID, a_profile, an_import

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FEDRAMP = DATA / "fedramp" / "FedRAMP_rev5_MODERATE-baseline_profile-min.json"
SCHEMA = DATA / "oscal-schemas-1.2.1" / "oscal_profile_schema.json"
needs_data = pytest.mark.skipif(
    not FEDRAMP.is_file(), reason="FedRAMP's files are not here: they are not shipped"
)


def parsed(document):
    return parse_profile(io.BytesIO(as_bytes(document)), name="p.json")


def refusal(document):
    with pytest.raises(InvalidInputError) as caught:
        parsed(document)
    return caught.value


def changed(*path, to):
    document: Any = a_profile()
    *way, last = path
    holder = document["profile"]
    for step in way:
        holder = holder[step]
    holder[last] = to
    return document


@needs_data
def test_our_small_profile_is_one_by_the_official_schema():
    validator = jsonschema_rs.Draft7Validator(json.loads(SCHEMA.read_text()))

    assert list(validator.iter_errors(a_profile())) == []


def test_a_profile_gives_its_imports_with_what_the_back_matter_says_of_the_source():
    found = parsed(a_profile())

    (only,) = found.imports
    assert (found.title, found.version) == ("Tiny baseline", "1.0")
    assert found.document_uuid == PROFILE_UUID
    assert only.source.words == ("Tiny", "../json/tiny.json")
    assert only.includes
    assert [name for name, _ in only.includes[0].ids] == ["ac-1"]


def test_ids_know_their_place():
    (only,) = parsed(a_profile(an_import("ac-1", "ac-2"))).imports

    assert only.includes
    assert only.includes[0].ids[1] == (
        "ac-2",
        "profile.imports[0].include-controls[0].with-ids[1]",
    )


def test_all_but_some_is_read_with_patterns_and_children():
    document = a_profile(
        {
            "href": "tiny.json",
            "include-all": {},
            "exclude-controls": [
                {"matching": [{"pattern": "pe-*"}], "with-child-controls": "yes"}
            ],
        }
    )

    (only,) = parsed(document).imports

    assert only.includes is None
    assert only.source.words == ("tiny.json",)
    (left_out,) = only.excludes
    assert left_out.with_children
    assert left_out.patterns[0][0] == "pe-*"


def test_values_constraints_and_labels_of_parameters_are_kept():
    settings = [
        {"param-id": "p1", "values": ["daily"], "label": "cycle"},
        {"param-id": "p2", "constraints": [{"description": "at least yearly"}, {}]},
    ]

    found = parsed(a_profile(modify={"set-parameters": settings}))

    assert found.parameters == {
        "p1": {"values": ["daily"], "label": "cycle"},
        "p2": {"constraints": ["at least yearly"]},
    }


def test_what_is_not_applied_is_counted():
    alters = [
        {
            "control-id": "ac-1",
            "removes": [{"by-name": "x"}],
            "adds": [{"props": [{}, {}], "parts": [{}], "params": [{}]}],
        }
    ]

    found = parsed(a_profile(modify={"alters": alters}))

    assert found.passed_over == {
        "removals": 1,
        "added properties": 2,
        "added texts": 1,
        "added parameters": 1,
    }
    regrouped = changed("merge", to={"flat": {}})
    assert parsed(regrouped).passed_over == {"regrouping": 1}


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("imports",), [], "profile.imports: imports nothing"),
        (("imports",), {}, "profile.imports: is not a list"),
        (("imports", 0), 1, "profile.imports[0]: is not an object"),
        (("imports", 0), {"href": "x"}, "says neither include-all nor include-controls"),
        (("imports", 0), {"include-all": {}}, "profile.imports[0].href: is missing"),
        (("metadata",), {}, "profile.metadata.oscal-version: is missing"),
        (("modify",), [], "profile.modify: is not an object"),
        (("modify",), {"set-parameters": [{}]}, ".param-id: is missing"),
        (
            ("modify",),
            {"set-parameters": [{"param-id": "p"}, {"param-id": "p"}]},
            "set-parameters[1].param-id: 'p' is set twice",
        ),
        (
            ("imports", 0, "include-controls"),
            [{"matching": [{"pattern": "x" * 201}]}],
            "matching[0]: is longer than 200",
        ),
        (("back-matter",), {"resources": [{}]}, "resources[0].uuid: is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path, to, said):
    assert said in refusal(changed(*path, to=to)).message


def test_a_catalog_is_no_profile():
    assert "is not an OSCAL profile: it holds catalog" in refusal({"catalog": {}}).message


@needs_data
def test_fedramps_baseline_takes_323_controls_and_sets_236_parameters():
    found = read_profile(FEDRAMP)

    (only,) = found.imports
    assert only.includes
    assert len(only.includes[0].ids) == 323
    assert only.source.version == "5.1.1"
    assert len(found.parameters) == 236
    assert found.parameters["ac-01_odp.05"] == {"constraints": ["at least every 3 years"]}
    assert found.passed_over == {"added properties": 3655, "added texts": 85}
