"""Catalogs from tables beside outlines, ids in capitals, what may leave, and what differs
between editions.
"""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from controls.importers.oscal_catalogs import parse_catalog
from controls.importers.tabular_catalogs import Named, parse_table
from controls.models import AuditEvent, Catalog, Control, Profile
from controls.queries import editions
from controls.queries.facts import layers_of
from controls.services import catalogs
from controls.services.setup import system_user
from tests.importers.documents import a_catalog, as_bytes
from tests.importers.workbooks import a_workbook
from tests.make import (
    MONDAY,
    make_catalog,
    make_facts,
    make_profile,
    make_release_mapping,
    make_system,
    make_team,
)

pytestmark = pytest.mark.django_db

TABLE = b"id,title,parent,text\nA.5.1,Policies,,Write them.\nA.8.8,Weaknesses,,\n"


def bring_table(raw=TABLE, name="ours.csv", key="iso", **options):
    parsed = parse_table(io.BytesIO(raw), name=name, named=Named(title="ISO"))
    return catalogs.import_catalog(
        parsed=parsed, key=key, by=system_user(), at=MONDAY, **options
    )


def bring(document, key="", **options):
    parsed = parse_catalog(io.BytesIO(as_bytes(document)), name="tiny.json")
    return catalogs.import_catalog(
        parsed=parsed, key=key, by=system_user(), at=MONDAY, **options
    )


def outline(key, *control_ids):
    """An outline as the shipped facts make one: ids only, mapped, with a profile of all."""
    make_facts()
    make_catalog({"si-2": ("guest_os",)}, key="nist")
    catalog = make_catalog(dict.fromkeys(control_ids, ()), key=key)
    Catalog.objects.filter(pk=catalog.pk).update(
        is_outline=True, version="", text_shippable=False
    )
    make_profile(catalog, key=key)
    make_release_mapping("nist", "si-2", key, control_ids[0])
    return Catalog.objects.get(pk=catalog.pk)


def test_a_table_fills_the_outline_and_keeps_mappings_layers_and_scope():
    made = outline("iso", "a.8.8")
    system = make_system(make_team(), "ec2", profile=Profile.objects.get(key="iso"))

    done = bring_table()
    again = bring_table()

    control = Control.objects.get(catalog=made, control_id="a.8.8")
    assert (done.catalog, done.added, done.changed) == (made, 1, 1)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert (control.label, control.title) == ("A.8.8", "Weaknesses")
    assert layers_of([control.pk]) == {control.pk: ("guest_os",)}
    assert done.profile.key == "iso"
    assert set(done.profile.controls.values_list("label", flat=True)) == {"A.5.1", "A.8.8"}
    assert system.responsibilities.count() == 2


def test_a_table_with_a_part_of_the_framework_takes_nothing_away():
    outline("iso", "a.8.8", "a.5.9")

    done = bring_table()

    assert done.profile.controls.count() == 3


def test_nists_file_of_the_csf_fills_the_outline_though_it_names_ids_in_capitals():
    made = outline("csf", "gv.oc-01", "gv.oc-02")
    before = {c.control_id: c.pk for c in made.controls.all()}
    document = a_catalog()
    document["catalog"]["controls"] = []
    document["catalog"]["groups"] = [
        {
            "id": "GV",
            "title": "GOVERN",
            "controls": [
                {
                    "id": "GV.OC",
                    "title": "Organizational Context",
                    "controls": [{"id": "GV.OC-01", "title": "Mission"}],
                }
            ],
        }
    ]

    done = bring(document, key="csf")
    again = bring(document, key="csf")

    control = Control.objects.get(catalog=made, control_id="GV.OC-01")
    assert control.pk == before["gv.oc-01"]
    assert control.parent
    assert control.parent.control_id == "GV.OC"
    assert (done.added, done.changed) == (1, 1)
    assert (again.added, again.changed) == (0, 0)
    assert layers_of([control.pk]) == {control.pk: ("guest_os",)}
    assert Control.objects.filter(catalog=made, control_id="gv.oc-02").exists()


def test_two_ids_that_differ_only_in_capitals_stay_two():
    document = a_catalog()
    document["catalog"]["controls"].append({"id": "TINY-0", "title": "Another"})

    bring(document)
    done = bring(document)

    assert done.unchanged == 6


def test_titles_of_a_table_stay_in_the_house_unless_told():
    assert not bring_table().catalog.text_shippable

    told = bring_table(may_ship=True)
    event = AuditEvent.objects.filter(verb="catalog-imported").latest("seq")
    assert event.after
    kept = bring_table()

    assert told.catalog.text_shippable
    assert event.after["text_shippable"] is True
    assert kept.catalog.text_shippable
    assert not bring_table(may_ship=False).catalog.text_shippable


def test_what_differs_between_editions_is_told_by_kind():
    first = bring(a_catalog()).catalog
    newer = a_catalog()
    newer["catalog"]["metadata"]["version"] = "2.0"
    group = newer["catalog"]["groups"][0]["controls"]
    group[0]["title"] = "Policies"
    group[0]["parts"][0]["parts"][0]["prose"] = "Review it."
    group.append({"id": "ac-9", "title": "New"})
    group.append({**newer["catalog"]["groups"][1]["groups"][0]["controls"][0]})
    newer["catalog"]["groups"].pop(1)
    group[-1]["props"] = [{"name": "status", "value": "withdrawn"}]
    newer["catalog"]["controls"] = []
    second = bring(newer).catalog

    found = editions.difference(first, second)

    assert found.counts == {
        "added": 1,
        "removed": 1,
        "withdrawn": 1,
        "retitled": 1,
        "with another text": 1,
    }
    assert found.reworded[0].parts == ("ac-1_smt.a",)
    assert editions.others(second) == [first]


def test_two_editions_are_compared_in_four_queries_whatever_their_size(
    django_assert_num_queries,
):
    for count in (5, 60):
        document = a_catalog()
        document["catalog"]["metadata"]["title"] = f"Of {count}"
        document["catalog"]["controls"] = [
            {"id": f"x-{n}", "title": "X"} for n in range(count)
        ]
        first = bring(document).catalog
        document["catalog"]["metadata"]["version"] = "2"
        second = bring(document).catalog
        with django_assert_num_queries(4):
            assert editions.difference(first, second).counts == {}


def run(*args, **options):
    out = io.StringIO()
    call_command("import_catalog", *args, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def newer(tmp_path):
    bring(a_catalog())
    document = a_catalog()
    document["catalog"]["metadata"]["version"] = "2.0"
    document["catalog"]["controls"][0]["title"] = "Inside none"
    document["catalog"]["controls"] += [
        {"id": f"x-{n}", "title": f"X {n}"} for n in range(30)
    ]
    path = tmp_path / "newer.json"
    path.write_text(json.dumps(document))
    return path


def test_the_command_compares_without_importing(newer):
    told = run(newer, diff_only=True)

    assert "Compared with Tiny 1.0: 30 added, 1 retitled, 3 the same." in told
    assert "tiny-0: 'Outside any group' is 'Inside none' now" in told
    assert "x-29 X 29" in told
    assert Catalog.objects.count() == 1


def test_a_dry_run_says_what_differs_shortly(newer):
    told = run(newer, dry_run=True)

    assert "35 controls: 35 would be added" in told
    assert "Added (30):\n  x-0 X 0" in told
    assert "  and 10 more" in told
    assert Catalog.objects.count() == 1


def test_of_a_new_catalog_there_is_nothing_to_compare(tmp_path):
    path = tmp_path / "tiny.json"
    path.write_bytes(as_bytes(a_catalog()))

    assert "No edition of this catalog is here" in run(path, diff_only=True)


def test_the_command_imports_a_workbook_with_what_it_does_not_say_itself(tmp_path):
    path = tmp_path / "ccm.xlsx"
    rows = [["Control ID", "Control Title"], ["A&A-01", "Audit"]]
    path.write_bytes(a_workbook({"Read me": [["x"]], "CCM": rows}))

    told = run(path, key="ccm", title="Our CCM", edition="4.1", publisher="CSA")

    catalog = Catalog.objects.get(key="ccm")
    assert told.startswith("Our CCM 4.1\n1 controls: 1 added")
    assert (catalog.version, catalog.publisher) == ("4.1", "CSA")
    assert not catalog.text_shippable
    assert catalog.controls.get().label == "A&A-01"


def test_what_an_oscal_file_says_itself_is_not_said_again(newer):
    with pytest.raises(CommandError, match="says itself what --title would"):
        run(newer, title="Mine")


def test_a_sheet_that_is_not_there_is_one_line(tmp_path):
    path = tmp_path / "ours.xlsx"
    path.write_bytes(a_workbook({"One": [["id", "title"], ["A", "a"]]}))

    with pytest.raises(CommandError) as caught:
        run(path, sheet="Two")

    assert str(caught.value) == "ours.xlsx: has no sheet 'Two'. There are: 'One'."
    assert not Catalog.objects.exists()
