"""Importing a catalog: what is written, what stays, and that again changes nothing."""

import copy
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.errors import InvalidInputError, NotAllowedError
from controls.importers.oscal_catalogs import parse_catalog, read_catalog
from controls.knowledge import LATEST, read_release
from controls.models import (
    AuditEvent,
    Catalog,
    Control,
    ControlLayer,
    ControlPart,
    Decision,
    Profile,
)
from controls.services import catalogs, knowledge
from controls.services.setup import system_user
from tests.importers.documents import a_catalog, as_bytes
from tests.importers.test_oscal_catalogs import FULL, MODERATE, needs_nist
from tests.make import (
    MONDAY,
    make_admin,
    make_catalog,
    make_decision,
    make_facts,
    make_member,
    make_profile,
    make_system,
    make_team,
    responsibility_for,
)

pytestmark = pytest.mark.django_db


def read(document, name="tiny.json"):
    return parse_catalog(io.BytesIO(as_bytes(document)), name=name)


def bring(document, **options):
    return catalogs.import_catalog(
        parsed=read(document), by=system_user(), at=MONDAY, **options
    )


def bring_file(path):
    return catalogs.import_catalog(parsed=read_catalog(path), by=system_user(), at=MONDAY)


def tallied(done):
    return done.added, done.changed, done.unchanged


def outline_of(*control_ids, key="tiny"):
    """An outline as the shipped facts make one, with layers."""
    make_facts()
    catalog = make_catalog(dict.fromkeys(control_ids, ("iam",)), key=key)
    Catalog.objects.filter(pk=catalog.pk).update(is_outline=True, version="")
    return catalog


def load_shipped():
    knowledge.load(facts=read_release(LATEST), by=system_user(), at=MONDAY)


def test_a_new_catalog_comes_with_controls_text_and_a_profile_of_those_in_force():
    done = bring(a_catalog())

    catalog = Catalog.objects.get(key="tiny", version="1.0")
    assert done.catalog == catalog
    assert (catalog.publisher, catalog.source, catalog.is_outline) == (
        "Test Press",
        "tiny.json",
        False,
    )
    assert tallied(done) == (5, 0, 0)
    assert ControlPart.objects.count() == 5
    ids = done.profile.controls.order_by("order").values_list("control_id", flat=True)
    assert list(ids) == ["tiny-0", "ac-1", "ac-1.1", "pe-1"]


def test_enhancements_and_items_point_to_what_they_stand_in():
    bring(a_catalog())

    enhancement = Control.objects.get(control_id="ac-1.1")
    assert enhancement.parent == Control.objects.get(control_id="ac-1")
    item = ControlPart.objects.get(part_id="ac-1_smt.a")
    assert item.parent == ControlPart.objects.get(part_id="ac-1_smt")
    assert item.label == "a."


def test_the_same_file_again_writes_no_row():
    bring(a_catalog())
    events = AuditEvent.objects.count()

    with CaptureQueriesContext(connection) as queries:
        done = bring(a_catalog())

    assert tallied(done) == (0, 0, 5)
    assert AuditEvent.objects.count() == events
    writes = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE"))]
    assert writes == []


def test_one_audit_event_tells_the_counts_and_the_seal_of_the_file():
    done = bring(a_catalog())

    event = AuditEvent.objects.get(verb="catalog-imported")
    assert event.target_uuid == done.catalog.uuid
    assert event.after == {
        "key": "tiny",
        "version": "1.0",
        "file": "tiny.json",
        "sha256": read(a_catalog()).sha256,
        "added": 5,
        "changed": 0,
        "profile": "tiny-all",
    }


def test_what_a_newer_file_of_the_same_version_says_differently_is_brought_up_to_date():
    bring(a_catalog())
    newer = a_catalog()
    control = newer["catalog"]["groups"][0]["controls"][0]
    control["parts"][0]["parts"][0]["prose"] = "Review it often."
    newer["catalog"]["controls"][0]["title"] = "Renamed"

    done = bring(newer)

    assert tallied(done) == (0, 2, 3)
    assert Control.objects.get(control_id="tiny-0").title == "Renamed"
    assert ControlPart.objects.get(part_id="ac-1_smt.a").prose == "Review it often."


def test_a_new_control_takes_the_place_that_the_file_gives_it():
    bring(a_catalog())
    newer = a_catalog()
    newer["catalog"]["groups"][0]["controls"].insert(1, {"id": "ac-1a", "title": "New"})

    done = bring(newer)

    assert tallied(done) == (1, 0, 5)
    ordered = Control.objects.order_by("order").values_list("control_id", flat=True)
    assert list(ordered) == ["tiny-0", "ac-1", "ac-1.1", "ac-1a", "ac-2", "pe-1"]


def test_another_version_stands_beside_the_first_and_touches_the_same_layers():
    make_facts()
    first = make_catalog({"ac-1": ("virtualization", "iam")}, key="tiny")
    second = bring(a_catalog()).catalog

    assert second.pk != first.pk
    touched = ControlLayer.objects.filter(control__catalog=second).order_by("order")
    assert list(touched.values_list("control__control_id", "layer__code")) == [
        ("ac-1", "virtualization"),
        ("ac-1", "iam"),
    ]


def test_two_editions_keep_their_own_profiles():
    first = bring(a_catalog())
    newer = a_catalog()
    newer["catalog"]["metadata"]["version"] = "2.0"
    del newer["catalog"]["controls"]

    second = bring(newer)

    assert (first.profile.key, second.profile.key) == ("tiny-all", "tiny-all-2-0")
    assert first.profile.controls.count() == 4
    assert second.profile.controls.count() == 3


def test_a_file_fills_the_outline_in_place():
    outline = outline_of("ac-1", "zz-9")

    done = bring(a_catalog())

    outline.refresh_from_db()
    assert done.catalog == outline
    assert (outline.version, outline.title, outline.is_outline) == ("1.0", "Tiny", False)
    assert tallied(done) == (4, 1, 0)
    assert ControlLayer.objects.filter(control__catalog=outline).count() == 2


def test_what_the_file_does_not_hold_stays_where_it_stood():
    outline = outline_of("ac-1", "ac-1.9", "pe-1", "zz-9")

    bring(a_catalog())

    ordered = outline.controls.order_by("order").values_list("control_id", flat=True)
    assert list(ordered) == [
        *("tiny-0", "ac-1", "ac-1.9", "ac-1.1", "ac-2", "pe-1", "zz-9")
    ]


def test_decisions_on_an_outline_stay_with_their_controls():
    outline = outline_of("ac-1", "pe-1")
    team = make_team()
    system = make_system(team, "ec2", profile=make_profile(outline))
    decision = make_decision(system, "ac-1")

    bring(a_catalog())

    assert responsibility_for(system, "ac-1").latest_decision == decision
    assert Decision.objects.count() == 1


def test_nobody_is_asked_about_a_withdrawn_control():
    profile = make_profile(outline_of("ac-1", "ac-2"))

    bring(a_catalog())

    system = make_system(make_team(), "ec2", profile=profile)
    asked = system.responsibilities.values_list("control__control_id", flat=True)
    assert list(asked) == ["ac-1"]


def test_a_resolved_profile_that_grew_brings_new_responsibilities():
    make_facts()
    resolved = a_catalog()
    resolved["catalog"]["metadata"]["links"] = [{"rel": "source-profile", "href": "p"}]
    smaller = copy.deepcopy(resolved)
    del smaller["catalog"]["groups"][1]
    profile = bring(smaller).profile
    system = make_system(make_team(), "ec2", profile=profile)

    done = bring(resolved)

    assert done.profile == profile
    assert done.systems_changed == 1
    assert system.responsibilities.filter(control__control_id="pe-1").exists()


def test_a_profile_of_the_same_controls_serves_as_it_is():
    first = bring(a_catalog()).profile
    resolved = a_catalog()
    resolved["catalog"]["metadata"]["title"] = "Tiny baseline"
    resolved["catalog"]["metadata"]["links"] = [{"rel": "source-profile", "href": "p"}]

    done = bring(resolved, key="tiny")

    assert done.profile == first
    assert Profile.objects.count() == 1
    assert tallied(done) == (0, 0, 5)


def test_every_baseline_of_nist_is_the_same_catalog():
    document = a_catalog()
    document["catalog"]["controls"] = []
    metadata = document["catalog"]["metadata"]
    for title in (
        "NIST Special Publication 800-53 Revision 5.1.1 MODERATE IMPACT BASELINE",
        "NIST SP 800-53 Rev 5 LOW",
        "Electronic Version of NIST SP 800-53 Rev. 5 Controls",
    ):
        metadata["title"] = title
        document["catalog"]["groups"] = [
            {"id": "ac", "title": "A", "controls": [{"id": "ac-1", "title": "P"}]}
        ]

        assert bring(document).catalog.key == "nist-sp800-53r5"


def test_a_title_alone_does_not_make_a_catalog_nists():
    document = a_catalog()
    document["catalog"]["metadata"]["title"] = "Our reading of NIST 800-53 revision 5"

    assert bring(document).catalog.key == "our-reading-of-nist-800-53-revision-5"


def test_a_key_of_ones_own_wins():
    assert bring(a_catalog(), key="mine").catalog.key == "mine"


@pytest.mark.parametrize("key", ["Not a key", "a/b", "-", "x" * 81, "ü"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(InvalidInputError, match="is not a key"):
        bring(a_catalog(), key=key)

    assert not Catalog.objects.filter(title="Tiny").exists()


def test_a_title_without_letters_asks_for_a_key():
    document = a_catalog()
    document["catalog"]["metadata"]["title"] = "統制"

    with pytest.raises(InvalidInputError, match="name one with --key"):
        bring(document)


def test_only_who_may_load_facts_imports():
    contributor = make_member(make_team())

    with pytest.raises(NotAllowedError):
        catalogs.import_catalog(parsed=read(a_catalog()), by=contributor, at=MONDAY)

    done = catalogs.import_catalog(parsed=read(a_catalog()), by=make_admin(), at=MONDAY)
    assert done.added == 5


def test_an_import_says_how_far_it_is():
    heard: list[str] = []

    bring(a_catalog(), tell=heard.append)

    assert heard[0] == "5 controls added, 0 changed; writing their text"


def of_size(count):
    document = a_catalog()
    document["catalog"]["groups"] = [
        {
            "id": "xx",
            "title": "Many",
            "controls": [
                {
                    "id": f"xx-{n}",
                    "title": f"Control {n}",
                    "parts": [{"id": f"xx-{n}_smt", "name": "statement", "prose": "Do."}],
                }
                for n in range(count)
            ],
        }
    ]
    return document


@pytest.mark.parametrize("count", [10, 100])
def test_an_import_takes_as_many_queries_for_many_controls_as_for_few(
    count, django_assert_max_num_queries
):
    parsed = read(of_size(count))

    with django_assert_max_num_queries(37):
        catalogs.import_catalog(parsed=parsed, by=system_user(), at=MONDAY)
    with django_assert_max_num_queries(17):
        catalogs.import_catalog(parsed=parsed, by=system_user(), at=MONDAY)


@needs_nist
def test_nists_moderate_baseline_fills_the_shipped_outline():
    load_shipped()

    done = bring_file(MODERATE)
    again = bring_file(MODERATE)

    assert (done.controls, done.added, done.changed) == (287, 0, 287)
    assert tallied(again) == (0, 0, 287)
    assert done.profile.key == "nist-sp800-53r5-moderate"
    assert done.catalog.title.startswith("NIST SP 800-53")
    assert not done.catalog.is_outline
    assert done.catalog.controls.count() == 371


@needs_nist
def test_nists_whole_catalog_brings_the_withdrawn_controls_too():
    load_shipped()

    done = bring_file(FULL)
    again = bring_file(FULL)

    assert done.controls == done.catalog.controls.count() == 1189
    assert done.catalog.controls.filter(withdrawn=True).count() == 182
    assert done.profile.controls.count() == 1007
    assert tallied(again) == (0, 0, 1189)
    first = done.catalog.controls.order_by("order").values_list("label", flat=True)[:5]
    assert list(first) == ["AC-1", "AC-2", "AC-2(1)", "AC-2(2)", "AC-2(3)"]


@needs_nist
def test_a_second_edition_of_nists_catalog_touches_the_same_layers():
    load_shipped()
    bring_file(MODERATE)

    done = bring_file(FULL)

    assert Catalog.objects.filter(key="nist-sp800-53r5").count() == 2
    assert done.catalog.controls.filter(layers__isnull=False).distinct().count() >= 370
    assert done.catalog.text_shippable
