"""A start-up that has only SOC 2, ISO 27001 or PCI DSS sees its split on day one: layers
come through the crosswalk, with the way and its grade.
"""

from dataclasses import replace

import pytest
from django.db import transaction

from controls.knowledge import LATEST, read_release
from controls.models import (
    Catalog,
    Control,
    ControlMapping,
    Derivation,
    Layer,
    Profile,
    Responsibility,
)
from controls.queries import explaining
from controls.queries.facts import Touching, layers_of
from controls.rules.crosswalk import grade_of
from controls.rules.derivation import Row
from controls.services import knowledge
from controls.services.setup import system_user
from tests.make import MONDAY, make_provider, make_system, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def shipped(
    django_db_setup,  # noqa: ARG001 - asked for what it does
    django_db_blocker,
):
    """The shipped facts, loaded once; what a test changes is undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        knowledge.load(facts=read_release(LATEST), by=system_user(), at=MONDAY)
        yield
        transaction.set_rollback(True)


def system_of(profile):
    return make_system(make_team(), "ec2", "s3", profile=Profile.objects.get(key=profile))


def derived(system, label):
    row = Responsibility.objects.get(system=system, control__label=label)
    return row.latest_derivation


@pytest.mark.parametrize(
    ("profile", "label", "kind", "via", "grade"),
    [
        ("iso-27001-2022", "A.8.8", "shared", "RA-5", "D"),
        ("soc2-tsc", "CC7.1", "shared", "RA-5", "E"),
        ("pci-dss-4", "6.3.3", "shared", "SI-2", "D"),
    ],
)
def test_a_control_of_which_only_the_id_is_known_shows_its_split_way_and_grade(
    profile, label, kind, via, grade
):
    found = derived(system_of(profile), label)
    assert found is not None
    told = explaining.tell(found, make_provider())

    assert found.kind == kind
    assert grade_of(found.explanation) == grade
    assert all(row["through"] and row["grade"] for row in found.explanation)
    assert via in {way["labels"][-1] for row in found.explanation for way in row["through"]}
    assert told.sentences[-1].startswith("Read through the crosswalk from ")
    assert all(stratum.through for stratum in told.strata)


def test_every_framework_has_a_profile_of_all_of_it_and_almost_all_of_it_is_split():
    for key in ("soc2-tsc", "iso-27001-2022", "pci-dss-4", "csf-2.0", "csa-ccm-4"):
        kinds = set(
            Derivation.objects.filter(responsibility__system=system_of(key)).values_list(
                "kind", flat=True
            )
        )

        assert "shared" in kinds
        assert "undetermined" not in kinds


def test_loading_again_gives_the_profiles_to_an_older_installation():
    Profile.objects.get(key="soc2-tsc").controls.clear()

    knowledge.load(facts=read_release(LATEST), by=system_user(), at=MONDAY)

    assert Profile.objects.get(key="soc2-tsc").controls.count() == 32


def test_what_a_person_imported_is_left_alone_by_a_release():
    mapping = ControlMapping.objects.filter(grade="D").first()
    assert mapping is not None
    ControlMapping.objects.filter(pk=mapping.pk).update(
        release=None, document="ours.csv", grade="E"
    )
    facts = replace(read_release(LATEST), version="2099.1")

    knowledge.load(facts=facts, by=system_user(), at=MONDAY)

    mapping.refresh_from_db()
    assert (mapping.grade, mapping.document) == ("E", "ours.csv")


def test_layers_of_its_own_win_over_those_of_the_crosswalk():
    control = Control.objects.get(label="A.8.8")
    control.layers.create(layer=Layer.objects.get(code="app"), order=0, confidence="H")

    assert layers_of([control.pk]) == {control.pk: ("app",)}


def test_a_control_without_mapping_stays_without_layers():
    control = Control.objects.get(label="A.8.8")
    control.mapped_from.all().delete()

    assert layers_of([control.pk]) == {}


def test_what_has_no_relationship_is_not_followed():
    control = Control.objects.get(label="6.3.3")
    control.mapped_from.update(relation="no-relationship")

    assert layers_of([control.pk]) == {}


def test_layers_cost_five_queries_however_many_controls_come_through_the_crosswalk(
    django_assert_num_queries,
):
    for key in ("soc2-tsc", "csa-ccm-4"):
        controls = list(Profile.objects.get(key=key).controls.values_list("pk", flat=True))

        # One of them asks which controls the organisation tagged itself.
        with django_assert_num_queries(5):
            Touching(controls)


def test_layers_of_nist_cost_two_queries_one_of_them_for_own_tags(
    django_assert_num_queries,
):
    profile = Profile.objects.get(key="nist-sp800-53r5-moderate")
    controls = list(profile.controls.values_list("pk", flat=True))

    with django_assert_num_queries(2):
        found = Touching(controls)

    control = Control.objects.get(catalog=profile.catalog, control_id="si-2")
    assert found.explained(control.pk, [Row("app", "system", "customer", "layer")]) == [
        {"layer": "app", "scope": "system", "value": "customer", "basis": "layer"}
    ]


def test_another_edition_of_a_catalog_is_mapped_like_the_first():
    first = Control.objects.get(label="A.8.8")
    newer = Catalog.objects.create(
        key=first.catalog.key, version="2031", title="Newer", imported_at=MONDAY
    )
    control = Control.objects.create(
        catalog=newer, control_id="A.8.8", label="A.8.8", order=0
    )

    assert layers_of([control.pk])[control.pk] == layers_of([first.pk])[first.pk]
