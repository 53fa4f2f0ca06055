"""The screens of catalogs, profiles and mappings, and what mapped decisions propose."""

import pytest
from django.urls import reverse

from controls.models import Catalog, Control, ControlMapping, Profile, Responsibility
from tests.make import (
    make_catalog,
    make_decision,
    make_facts,
    make_grc_lead,
    make_profile,
    make_release_mapping,
    make_system,
    make_team,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client):
    client.force_login(make_grc_lead())
    return client


def shown(browser, row):
    name = f"admin:controls_{row._meta.model_name}_change"
    answer = browser.get(reverse(name, args=[row.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def mapped():
    make_facts()
    nist = make_catalog({"si-2": ("guest_os",)}, key="nist")
    make_catalog({"cc7.1": ()}, key="soc2")
    make_release_mapping("nist", "si-2", "soc2", "cc7.1", grade="W")
    return nist


def test_a_catalog_shows_what_differs_from_its_other_editions(browser):
    make_facts()
    make_catalog({"a-1": (), "a-2": ()}, key="rules")
    second = make_catalog({f"a-{n}": () for n in range(2, 30)}, key="next")
    Catalog.objects.filter(pk=second.pk).update(key="rules", version="2")

    page = shown(browser, second)

    assert "27 added, 1 removed, 1 the same" in page
    assert "Not in it any more: A-1" in page
    assert "and 7 more" in page


def test_a_profile_shows_what_it_sets(browser):
    make_facts()
    profile = make_profile(make_catalog(key="rules"))
    Profile.objects.filter(pk=profile.pk).update(
        parameters={"p": {"values": ["daily"], "label": "cycle"}}
    )

    assert "p: called cycle; daily" in shown(browser, profile)


def test_a_mapping_says_who_tells_it(browser, mapped):
    mapping = ControlMapping.objects.get()
    assert "Facts test.1" in shown(browser, mapping)

    ControlMapping.objects.update(release=None, document="ours.csv")

    assert "ours.csv" in shown(browser, mapping)


def test_a_control_shows_the_layers_that_come_through_others(browser, mapped):
    page = shown(browser, Control.objects.get(control_id="cc7.1"))

    assert "guest os: through SI-2 (weak)" in page


def test_a_responsibility_shows_what_mapped_decisions_propose_and_the_way(browser, mapped):
    both = make_profile(mapped, key="both")
    both.controls.add(Control.objects.get(control_id="cc7.1"))
    system = make_system(make_team(name="Platform"), "ec2", profile=both)
    row = Responsibility.objects.get(system=system, control__control_id="cc7.1")
    assert "Decisions on mapped controls propose" not in shown(browser, row)
    make_decision(system, "si-2")

    page = shown(browser, row)

    assert "Decisions on mapped controls propose: customer-specific." in page
    assert "mapped (weak)." in page
    assert "through SI-2 (weak)" in page


def test_the_drawer_shows_it_too(browser, mapped):
    both = make_profile(mapped, key="both")
    both.controls.add(Control.objects.get(control_id="cc7.1"))
    system = make_system(make_team(name="Platform"), "ec2", profile=both)
    make_decision(system, "si-2")

    answer = browser.get(f"/admin/systems/{system.key}/matrix/", {"cell": "cc7.1"})
    page = answer.content.decode()

    assert "Decisions on mapped controls propose: customer-specific." in page
    assert "Read through the crosswalk from SI-2 (weak). Grade: weak." in page
