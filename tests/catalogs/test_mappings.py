"""Importing crosswalks: what is written, what changes in systems, and what is refused."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.errors import InvalidFileError, NotAllowedError
from controls.importers.oscal_mappings import parse_mappings
from controls.importers.tabular_mappings import parse_table
from controls.models import (
    AuditEvent,
    Control,
    ControlMapping,
    ControlPart,
    Responsibility,
)
from controls.services import mappings
from controls.services.setup import system_user
from tests.importers.documents import as_bytes
from tests.importers.oscal_documents import a_map, a_mapping
from tests.make import (
    MONDAY,
    make_admin,
    make_catalog,
    make_facts,
    make_member,
    make_profile,
    make_release_mapping,
    make_system,
    make_team,
)

pytestmark = pytest.mark.django_db

HEADER = "source catalog,source id,relation,target catalog,target id,grade"


@pytest.fixture(autouse=True)
def catalogs():
    """`one` touches layers, `two` and `three` do not."""
    make_facts()
    one = {"a-1": ("iam",), "a-2": ("guest_os", "virtualization"), "a-3": ("app",)}
    made = [make_catalog(one, key="one")]
    for key, letter in (("two", "b"), ("three", "c")):
        made.append(make_catalog({f"{letter}-{n}": () for n in (1, 2, 3)}, key=key))
    return made


def bring(*rows, name="m.csv", **options):
    raw = "\n".join((HEADER, *rows)).encode()
    parsed = parse_table(io.BytesIO(raw), name=name)
    return mappings.import_mapping(parsed=parsed, by=system_user(), at=MONDAY, **options)


def bring_oscal(document):
    parsed = parse_mappings(io.BytesIO(as_bytes(document)), name="m.json")
    return mappings.import_mapping(parsed=parsed, by=system_user(), at=MONDAY)


def refusal(*rows):
    with pytest.raises(InvalidFileError) as caught:
        bring(*rows)
    assert not ControlMapping.objects.exists()
    return caught.value


def pairs():
    return sorted(
        (m.source.control_id, m.relation, m.target.control_id, m.grade)
        for m in ControlMapping.objects.select_related("source", "target")
    )


def tallied(done):
    return done.added, done.changed, done.unchanged


def test_pairs_are_written_with_the_file_that_says_so():
    done = bring("one,A-1,equal-to,two,B-1,D", "One,a-2,subset of,two,b-2,weak")

    assert tallied(done) == (2, 0, 0)
    assert pairs() == [("a-1", "equal-to", "b-1", "D"), ("a-2", "subset-of", "b-2", "W")]
    assert set(ControlMapping.objects.values_list("document", flat=True)) == {"m.csv"}
    assert [catalog.key for catalog in done.catalogs] == ["one", "two"]


def test_the_same_file_again_writes_nothing():
    bring("one,a-1,equal-to,two,b-1,D")
    events = AuditEvent.objects.count()

    with CaptureQueriesContext(connection) as queries:
        done = bring("one,a-1,equal-to,two,b-1,D")

    assert tallied(done) == (0, 0, 1)
    assert AuditEvent.objects.count() == events
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE"))]


def test_a_pair_is_one_whichever_side_a_file_calls_the_source():
    bring("one,a-1,subset-of,two,b-1,D")

    same = bring("two,b-1,superset-of,one,a-1,D")
    other = bring("two,b-1,subset-of,one,a-1,E")

    assert tallied(same) == (0, 0, 1)
    assert tallied(other) == (0, 1, 0)
    assert pairs() == [("a-1", "superset-of", "b-1", "E")]


def test_what_a_release_says_is_taken_over_where_a_file_says_otherwise():
    shipped = make_release_mapping("one", "a-1", "two", "b-1", grade="E")

    bring("one,a-1,intersects-with,two,b-1,E")
    shipped.refresh_from_db()
    assert shipped.release is not None

    bring("one,a-1,intersects-with,two,b-1,D")
    ours = ControlMapping.objects.get()
    assert (ours.release, ours.document, ours.grade) == (None, "m.csv", "D")


def test_systems_are_derived_anew_through_what_came():
    two = make_profile(Control.objects.get(control_id="b-1").catalog)
    system = make_system(make_team(), "ec2", profile=two)
    row = Responsibility.objects.get(system=system, control__control_id="b-1")
    assert row.latest_derivation
    assert row.latest_derivation.kind == "undetermined"

    done = bring("one,a-2,equal-to,two,b-1,W")

    row.refresh_from_db()
    assert done.systems_changed == 1
    assert row.latest_derivation.kind == "shared"
    assert row.latest_derivation.cause == "Crosswalk m.csv imported"
    assert [r["through"] for r in row.latest_derivation.explanation] == [
        [{"catalog": "one", "labels": ["A-2"], "grade": "W"}]
    ] * 2


def test_a_catalog_that_maps_only_to_a_mapped_one_comes_through_both():
    bring("one,a-1,equal-to,two,b-1,D", "two,b-1,equal-to,three,c-1,D")
    three = make_profile(Control.objects.get(control_id="c-1").catalog)

    system = make_system(make_team(), "ec2", profile=three)

    row = Responsibility.objects.get(system=system, control__control_id="c-1")
    assert row.latest_derivation
    assert row.latest_derivation.kind == "customer-specific"
    (reason,) = row.latest_derivation.explanation
    assert reason["through"] == [{"catalog": "one", "labels": ["B-1", "A-1"], "grade": "W"}]


def test_systems_whose_controls_have_layers_are_left_alone():
    one = make_profile(Control.objects.get(control_id="a-1").catalog)
    make_system(make_team(), "ec2", profile=one)

    assert bring("one,a-1,equal-to,two,b-1,D").systems_changed == 0


def test_one_event_tells_of_the_file():
    done = bring("one,a-1,equal-to,two,b-1,D")

    event = AuditEvent.objects.get(verb="mapping-imported")
    assert event.after
    assert event.target_uuid == done.catalogs[0].uuid
    assert event.after == {
        "file": "m.csv",
        "sha256": event.after["sha256"],
        "catalogs": ["one", "two"],
        "added": 1,
        "changed": 0,
    }


def test_an_oscal_collection_is_written_and_statements_are_kept_at_their_control():
    control = Control.objects.get(control_id="a-1")
    ControlPart.objects.create(
        control=control, part_id="a-1_smt.a", name="item", prose="Do.", order=0
    )
    document = a_mapping(a_map(["a-1_smt.a"], ["b-1"]), a_map(["a-2", "a-3"], ["b-2"]))
    source = document["mapping-collection"]["mappings"][0]
    source["source-resource"]["href"] = "one"
    source["target-resource"]["href"] = "two"

    done = bring_oscal(document)

    assert done.statements == 1
    assert pairs() == [
        ("a-1", "equal-to", "b-1", "D"),
        ("a-2", "subset-of", "b-2", "D"),
        ("a-3", "subset-of", "b-2", "D"),
    ]


def test_a_catalog_that_is_not_loaded_and_an_unknown_id_are_named_with_their_cells():
    error = refusal(
        "one,a-1,equal-to,four,b-1,D", "one,zz-1,equal-to,two,b-1,D", "one,a-1,,one,A-1,"
    )

    assert [str(fault) for fault in error.faults] == [
        "m.csv, row 2, column E: 'four' is no catalog that is loaded. Import it first.",
        "m.csv, row 3, column B: 'zz-1' is not in One 1.",
        "m.csv, row 4: A-1 is mapped to itself.",
    ]


def test_pairs_that_contradict_one_another_are_named_with_both_rows():
    error = refusal("one,a-1,subset-of,two,b-1,D", "two,b-1,subset-of,one,a-1,D")

    assert error.message.startswith("m.csv, row 3: B-1 of two is subset of (published)")
    assert "at m.csv, row 2" in error.message


def test_a_circle_is_named_even_where_a_part_of_it_was_there_before():
    bring("one,a-1,subset-of,two,b-1,D", "two,b-1,subset-of,three,c-1,D")

    with pytest.raises(InvalidFileError, match="subsets go in a circle") as caught:
        bring("three,c-1,subset-of,one,a-1,D", name="later.csv")

    assert "later.csv, row 2" in caught.value.message
    assert "A-1 of one within B-1 of two within C-1 of three" in caught.value.message
    assert ControlMapping.objects.count() == 2


def test_only_who_may_load_facts_imports():
    parsed = parse_table(io.BytesIO(f"{HEADER}\none,a-1,,two,b-1,".encode()), name="m.csv")

    with pytest.raises(NotAllowedError):
        mappings.import_mapping(parsed=parsed, by=make_member(make_team()), at=MONDAY)

    assert mappings.import_mapping(parsed=parsed, by=make_admin(), at=MONDAY).added == 1


def test_an_import_takes_as_many_queries_for_many_pairs_as_for_few(
    django_assert_max_num_queries,
):
    make_catalog({f"d-{n}": () for n in range(100)}, key="four")
    for count in (5, 100):
        rows = [f"one,a-{count % 3 + 1},,four,d-{n},D" for n in range(count)]
        with django_assert_max_num_queries(24):
            assert bring(*rows).added == count


def run(path, **options):
    out = io.StringIO()
    call_command("import_mapping", path, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_the_command_says_what_changed_and_a_dry_run_writes_nothing(tmp_path):
    path = tmp_path / "ours.csv"
    path.write_text(f"{HEADER}\none,a-1,,two,b-1,")

    would = run(path, dry_run=True)
    assert not ControlMapping.objects.exists()
    told = run(path)

    assert would.startswith("ours: 1 mappings would be added, 0 would be changed")
    assert told == "ours: 1 mappings added, 0 changed, 0 unchanged\nBetween One 1, Two 1\n"


def test_the_command_reads_oscal_and_refuses_in_one_line(tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(as_bytes(a_mapping(a_map(["zz"], ["b-1"]))))

    with pytest.raises(CommandError, match=r"id-ref: 'zz' is not in One 1\."):
        run(path)
