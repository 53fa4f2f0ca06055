"""Importing profiles: what is taken, what comes and goes, and what is refused."""

import copy
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.errors import ConflictError, InvalidInputError, NotAllowedError
from controls.importers.oscal_catalogs import parse_catalog, read_catalog
from controls.importers.oscal_profiles import parse_profile, read_profile
from controls.knowledge import LATEST, read_release
from controls.models import AuditEvent, Catalog, Control, Profile
from controls.queries.statements import lines, settings_of
from controls.services import catalogs, knowledge, profiles
from controls.services.setup import system_user
from tests.importers.documents import a_catalog, as_bytes
from tests.importers.oscal_documents import a_profile, an_import
from tests.importers.test_oscal_catalogs import DATA, FULL, MODERATE, needs_nist
from tests.importers.test_oscal_profiles import FEDRAMP
from tests.make import MONDAY, make_admin, make_facts, make_member, make_system, make_team

pytestmark = pytest.mark.django_db

BASELINE = DATA / "NIST_SP-800-53_rev5_MODERATE-baseline_profile-min.json"


def bring_catalog(document=None, name="tiny.json"):
    parsed = parse_catalog(io.BytesIO(as_bytes(document or a_catalog())), name=name)
    return catalogs.import_catalog(parsed=parsed, by=system_user(), at=MONDAY).catalog


def bring(document, **options):
    parsed = parse_profile(io.BytesIO(as_bytes(document)), name="p.json")
    return profiles.import_profile(parsed=parsed, by=system_user(), at=MONDAY, **options)


def bring_file(path, **options):
    return profiles.import_profile(
        parsed=read_profile(path), by=system_user(), at=MONDAY, **options
    )


def ids(profile):
    return list(profile.controls.order_by("order").values_list("control_id", flat=True))


def newer_edition():
    document = a_catalog()
    document["catalog"]["metadata"]["version"] = "2.0"
    document["catalog"]["controls"] = []
    document["catalog"]["groups"][0]["controls"][0]["title"] = "Policies"
    return document


def test_a_profile_takes_what_it_names_from_the_catalog_it_means():
    catalog = bring_catalog()

    done = bring(a_profile(an_import("ac-1", "PE-1")))

    assert done.profile.key == "tiny-baseline"
    assert done.profile.catalog == catalog
    assert ids(done.profile) == ["ac-1", "pe-1"]
    assert (done.is_new, done.entered, done.left) == (True, ("AC-1", "pe-1"), ())
    assert (done.profile.version, done.profile.source) == ("1.0", "p.json")


def test_children_patterns_and_exclusions_are_followed():
    bring_catalog()
    document = a_profile(
        {
            "href": "tiny.json",
            "include-controls": [
                {"with-ids": ["ac-1"], "with-child-controls": "yes"},
                {"matching": [{"pattern": "*-1"}, {"pattern": "tiny*"}]},
            ],
            "exclude-controls": [{"with-ids": ["pe-1"]}],
        }
    )

    assert ids(bring(document).profile) == ["tiny-0", "ac-1", "ac-1.1"]


def test_nobody_is_asked_about_what_the_catalog_has_withdrawn():
    bring_catalog()

    done = bring(a_profile({"href": "tiny.json", "include-all": {}}), key="all-of-it")

    assert "ac-2" not in ids(done.profile)
    assert done.withdrawn == ("ac-2",)


def test_the_same_file_again_writes_nothing():
    bring_catalog()
    bring(a_profile())
    events = AuditEvent.objects.count()

    with CaptureQueriesContext(connection) as queries:
        done = bring(a_profile())

    assert (done.entered, done.left, done.stayed) == ((), (), 1)
    assert AuditEvent.objects.count() == events
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_changed_file_shows_what_comes_and_goes_and_the_event_counts_it():
    bring_catalog()
    bring(a_profile(an_import("ac-1", "pe-1")))

    done = bring(a_profile(an_import("pe-1", "tiny-0")))

    assert (done.entered, done.left, done.stayed) == (("tiny-0",), ("AC-1",), 1)
    event = AuditEvent.objects.filter(verb="profile-imported").latest("seq")
    assert event.target_uuid == done.profile.uuid
    assert event.after == {
        "key": "tiny-baseline",
        "version": "1.0",
        "catalog": "tiny",
        "catalog_version": "1.0",
        "file": "p.json",
        "sha256": done.profile.sha256,
        "entered": 1,
        "left": 1,
        "parameters": 0,
    }


def test_systems_in_whose_scope_it_is_are_asked_about_what_came():
    make_facts()
    bring_catalog()
    profile = bring(a_profile()).profile
    system = make_system(make_team(), "ec2", profile=profile)

    done = bring(a_profile(an_import("ac-1", "pe-1")))

    assert done.systems_changed == 1
    assert system.responsibilities.filter(control__control_id="pe-1").exists()


def test_parameters_are_kept_and_stand_in_the_text():
    catalog = bring_catalog()
    settings = [
        {"param-id": "ac-1_prm_1", "values": ["every Monday"]},
        {"param-id": "nowhere", "values": ["x"]},
    ]

    done = bring(a_profile(modify={"set-parameters": settings}))

    control = Control.objects.get(catalog=catalog, control_id="ac-1")
    told = lines(control, settings_of(control, [done.profile.pk]))
    assert "Review [every Monday]." in [line.prose for line in told]
    assert done.unknown_parameters == ("nowhere",)


def test_a_profile_may_stand_on_another_that_is_loaded_and_overrides_what_it_sets():
    bring_catalog()
    settings = [
        {"param-id": "ac-1_prm_1", "values": ["daily"]},
        {"param-id": "ac-1_prm_3", "values": ["2 years"]},
    ]
    base = a_profile(an_import("ac-1", "ac-1.1"), modify={"set-parameters": settings})
    bring(base)
    ours = copy.deepcopy(a_profile({"href": "tiny-baseline", "include-all": {}}))
    ours["profile"]["uuid"] = "0c2b6a6e-6a2c-4b39-9a5b-7cc1d3f1a0ff"
    ours["profile"]["metadata"] = {**ours["profile"]["metadata"], "title": "Ours"}
    ours["profile"]["imports"][0]["exclude-controls"] = [{"with-ids": ["ac-1.1"]}]
    ours["profile"]["modify"] = {
        "set-parameters": [{"param-id": "ac-1_prm_1", "values": ["weekly"]}]
    }

    done = bring(ours)

    assert ids(done.profile) == ["ac-1"]
    assert done.profile.parameters == {
        "ac-1_prm_1": {"values": ["weekly"]},
        "ac-1_prm_3": {"values": ["2 years"]},
    }


def test_what_is_not_in_the_profile_it_stands_on_is_named():
    bring_catalog()
    bring(a_profile())
    ours = a_profile(an_import("pe-1", href="tiny-baseline"))
    ours["profile"]["uuid"] = "0c2b6a6e-6a2c-4b39-9a5b-7cc1d3f1a0ff"

    with pytest.raises(InvalidInputError, match="'pe-1' is not in Tiny baseline"):
        bring(ours, key="ours")


def test_a_profile_that_only_imports_itself_is_refused():
    bring_catalog()
    bring(a_profile())

    with pytest.raises(InvalidInputError, match="is no catalog or profile that is loaded"):
        bring(a_profile({"href": "tiny-baseline", "include-all": {}}))


def test_a_catalog_that_is_not_loaded_is_named_with_those_that_are():
    bring_catalog()
    document = a_profile(an_import("ac-1", href="https://example.org/other_catalog.json"))

    with pytest.raises(InvalidInputError) as caught:
        bring(document)

    assert caught.value.message == (
        "p.json: profile.imports[0].href: 'https://example.org/other_catalog.json' is no "
        "catalog or profile that is loaded. Import it first, or name one with --catalog. "
        "Loaded catalogs: tiny."
    )
    assert not Profile.objects.filter(key="tiny-baseline").exists()


def test_ids_that_the_catalog_does_not_have_are_named_with_their_places():
    bring_catalog()

    with pytest.raises(InvalidInputError) as caught:
        bring(a_profile(an_import("zz-1", "ac-1", "zz-2")))

    assert caught.value.message == (
        "p.json: profile.imports[0].include-controls[0].with-ids[0]: 'zz-1' is not in "
        "Tiny 1.0. 1 more is unknown. Nothing of the file is taken."
    )


def another_catalog(name="other.json"):
    document = a_catalog()
    document["catalog"]["metadata"]["title"] = "Other"
    return bring_catalog(document, name)


def test_a_source_that_may_be_several_catalogs_asks_which():
    bring_catalog(name="catalog.json")
    another_catalog(name="catalog.json")
    document = a_profile(an_import("ac-1", href="https://example.org/catalog.json"))

    with pytest.raises(InvalidInputError, match="may be any of other, tiny"):
        bring(document)

    assert bring(document, catalog="Other").profile.catalog.key == "other"


def test_a_profile_of_two_catalogs_is_refused():
    bring_catalog()
    another_catalog()

    with pytest.raises(InvalidInputError, match=r"several catalogs \(other, tiny\)"):
        bring(a_profile(an_import("ac-1"), an_import("ac-1", href="other")))


def test_a_profile_that_takes_nothing_is_refused():
    bring_catalog()
    nothing = {**an_import("ac-1"), "exclude-controls": [{"with-ids": ["ac-1"]}]}

    with pytest.raises(InvalidInputError, match="takes no control"):
        bring(a_profile(nothing))


def test_of_several_editions_the_one_named_is_taken_then_the_newest_that_has_all():
    first = bring_catalog()
    second = bring_catalog(newer_edition())

    in_second = bring(a_profile(an_import("ac-1")), key="named", catalog="tiny@2.0")
    only_in_first = bring(a_profile(an_import("tiny-0")), key="all-in-first")

    assert in_second.profile.catalog == second
    assert only_in_first.profile.catalog == first


def test_a_profile_stays_with_the_edition_that_it_stands_on():
    first = bring_catalog()
    bring(a_profile(an_import("ac-1")))
    document = newer_edition()
    bring_catalog(document)

    done = bring(a_profile(an_import("ac-1", "pe-1")))

    assert done.profile.catalog == first


def test_a_key_of_another_catalog_is_not_taken_over():
    bring_catalog()
    another_catalog()
    bring(a_profile())

    with pytest.raises(ConflictError, match="name another with --key"):
        bring(a_profile(an_import("ac-1", href="other")))


def test_a_profile_of_the_same_controls_serves_under_the_name_it_has():
    catalog = bring_catalog()
    known = Profile.objects.create(key="known", catalog=catalog, title="Known")
    known.controls.set(catalog.controls.filter(control_id="ac-1"))

    done = bring(a_profile())

    assert done.profile == known
    assert (done.profile.title, done.profile.source) == ("Known", "p.json")
    assert Profile.objects.filter(key="tiny-baseline").count() == 0


def test_only_who_may_load_facts_imports():
    bring_catalog()
    parsed = parse_profile(io.BytesIO(as_bytes(a_profile())), name="p.json")

    with pytest.raises(NotAllowedError):
        profiles.import_profile(parsed=parsed, by=make_member(make_team()), at=MONDAY)

    done = profiles.import_profile(parsed=parsed, by=make_admin(), at=MONDAY)
    assert done.entered


def test_an_import_takes_as_many_queries_for_many_controls_as_for_few(
    django_assert_max_num_queries,
):
    document = a_catalog()
    document["catalog"]["groups"][0]["controls"] += [
        {"id": f"xx-{number}", "title": "More"} for number in range(200)
    ]
    bring_catalog(document)

    for count in (5, 200):
        wanted = [f"xx-{number}" for number in range(count)]
        with django_assert_max_num_queries(30):
            bring(a_profile(an_import(*wanted)), key=f"of-{count}")


def run(*args, **options):
    out = io.StringIO()
    call_command("import_profile", *args, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_the_command_says_what_comes_and_goes_and_a_dry_run_writes_nothing(tmp_path):
    bring_catalog()
    path = tmp_path / "p.json"
    path.write_bytes(as_bytes(a_profile()))
    would = run(path, dry_run=True)
    assert not Profile.objects.filter(key="tiny-baseline").exists()

    first = run(path)
    path.write_bytes(as_bytes(a_profile(an_import("pe-1"))))
    second = run(path)

    assert "1 would enter, 0 would leave, 0 stay" in would
    assert "1 enter, 0 leave, 0 stay" in first
    assert "Enter (1):\n  pe-1\nLeave (1):\n  AC-1" in second
    assert second.endswith("Profile tiny-baseline\n")


def test_the_command_refuses_in_one_line(tmp_path):
    path = tmp_path / "p.json"
    path.write_bytes(as_bytes(a_profile()))

    with pytest.raises(CommandError) as caught:
        run(path)

    assert str(caught.value).startswith("p.json: profile.imports[0].href: 'Tiny; ")
    assert "Loaded catalogs: none." in str(caught.value)


# --- As published ---


def load_shipped():
    knowledge.load(facts=read_release(LATEST), by=system_user(), at=MONDAY)


@needs_nist
def test_nists_moderate_baseline_against_the_whole_catalog_is_nists_resolved_file():
    load_shipped()
    full = catalogs.import_catalog(
        parsed=read_catalog(FULL), by=system_user(), at=MONDAY
    ).catalog

    done = bring_file(BASELINE)

    resolved = {row.control_id: row for row in read_catalog(MODERATE).controls}
    assert done.profile.catalog == full
    assert done.size == 287
    assert set(ids(done.profile)) == set(resolved)
    assert done.withdrawn == ()
    # The catalog is release 5.0.1, the resolved file 5.1.1: NIST corrected capitals in
    # seven titles between the two, and nothing else in titles.
    differing = {
        row.label: (row.title, resolved[row.control_id].title)
        for row in done.profile.controls.all()
        if row.title != resolved[row.control_id].title
    }
    assert set(differing) == {
        *("IA-2", "IA-8", "PL-4(1)", "SC-20", "SC-21", "SC-22", "SR-2(1)")
    }
    assert all(old.lower() == new.lower() for old, new in differing.values())
    # Labels and families are the same in both.
    for row in done.profile.controls.all():
        assert row.label == resolved[row.control_id].label
        assert row.group_id == resolved[row.control_id].group_id


@needs_nist
def test_fedramps_moderate_baseline_takes_323_controls_and_its_parameters_are_read():
    load_shipped()
    full = catalogs.import_catalog(
        parsed=read_catalog(FULL), by=system_user(), at=MONDAY
    ).catalog
    catalogs.import_catalog(parsed=read_catalog(MODERATE), by=system_user(), at=MONDAY)

    done = bring_file(FEDRAMP)
    again = bring_file(FEDRAMP)

    assert done.profile.catalog == full
    assert (done.size, len(done.entered), again.stayed) == (323, 323, 323)
    assert len(done.profile.parameters) == 236
    # 17 are of controls beyond NIST's Moderate, whose newer ids no file here tells; the
    # others that FedRAMP sets are in neither edition under that name.
    assert len(done.unknown_parameters) == 19
    control = full.controls.get(control_id="ac-1")
    told = [line.prose for line in lines(control, settings_of(control, [done.profile.pk]))]
    assert (
        "Policy [Assignment: organization-defined frequency: at least every 3 years] and "
        "following [Assignment: organization-defined events]; and"
    ) in told


@needs_nist
@pytest.mark.parametrize(("level", "size"), [("LOW", 149), ("HIGH", 370), ("PRIVACY", 96)])
def test_nists_other_baselines_resolve_against_the_whole_catalog(level, size):
    catalogs.import_catalog(parsed=read_catalog(FULL), by=system_user(), at=MONDAY)

    done = bring_file(DATA / f"NIST_SP-800-53_rev5_{level}-baseline_profile-min.json")

    assert done.size == size


@needs_nist
def test_a_baseline_that_needs_more_than_the_outline_names_what_is_missing():
    load_shipped()
    outline = Catalog.objects.get(key="nist-sp800-53r5")

    with pytest.raises(InvalidInputError, match="is not in NIST SP 800-53 Revision 5"):
        bring_file(DATA / "NIST_SP-800-53_rev5_PRIVACY-baseline_profile-min.json")

    outline.refresh_from_db()
    assert outline.is_outline
