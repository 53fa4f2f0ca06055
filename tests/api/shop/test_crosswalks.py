"""Editions, profiles, mappings and mapped controls over the API, and what may leave."""

import pytest

from controls.models import Catalog, Control, ControlPart, Profile, Responsibility
from tests.api.shop.calls import ROOT, bearer, places, problem, signed_in
from tests.make import (
    make_catalog,
    make_decision,
    make_facts,
    make_grc_lead,
    make_profile,
    make_release_mapping,
    make_system,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return bearer(make_user())


@pytest.fixture
def mapped():
    """A framework known by id, mapped to a control with layers."""
    make_facts()
    make_catalog({"si-2": ("virtualization", "guest_os")}, key="nist")
    made = make_catalog({"cc7.1": ()}, key="soc2")
    Catalog.objects.filter(pk=made.pk).update(text_shippable=False)
    make_release_mapping("nist", "si-2", "soc2", "cc7.1", grade="E")
    return Catalog.objects.get(pk=made.pk)


def get(client, path, **query):
    answer = client.get(ROOT + path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def control(catalog):
    return catalog.controls.get()


def test_two_editions_are_compared(client):
    make_facts()
    first = make_catalog({"a-1": (), "a-2": ()}, key="rules")
    second = make_catalog({"a-2": (), "a-3": ()}, key="rules-next")
    Catalog.objects.filter(pk=second.pk).update(key="rules", version="2")
    Control.objects.filter(catalog=second, control_id="a-2").update(title="Other")

    found = get(client, f"catalogs/{second.uuid}/diff/", **{"with": first.uuid})

    assert found["counts"] == {"added": 1, "removed": 1, "retitled": 1}
    assert (found["before"]["version"], found["after"]["version"]) == ("1", "2")
    assert found["added"] == [
        {"control_id": "a-3", "label": "A-3", "title": "Title of a-3"}
    ]
    assert found["retitled"][0]["before"] == "Title of a-2"


def test_titles_that_may_not_be_shipped_are_not_in_a_comparison(client, mapped):
    other = make_catalog({"cc7.1": (), "cc7.2": ()}, key="other")

    found = get(client, f"catalogs/{other.uuid}/diff/", **{"with": mapped.uuid})
    back = get(client, f"catalogs/{mapped.uuid}/diff/", **{"with": other.uuid})

    assert found["added"][0]["title"] == "Title of cc7.2"
    assert back["removed"][0]["title"] == "Title of cc7.2"
    other.text_shippable = False
    other.save()
    assert not get(client, f"catalogs/{other.uuid}/diff/", **{"with": mapped.uuid})[
        "added"
    ][0]["title"]


@pytest.mark.parametrize(
    "query",
    [{}, {"with": "x"}, {"with": "00000000-0000-4000-8000-000000000000"}, {"without": "1"}],
)
def test_a_comparison_with_nothing_is_refused_by_field(client, mapped, query):
    answer = client.get(ROOT + f"catalogs/{mapped.uuid}/diff/", query)

    assert places(problem(answer, 400, "invalid")) in ({"with"}, {"without"})


def test_a_control_known_by_id_shows_its_layers_with_the_way_and_grade(client, mapped):
    shown = get(client, f"controls/{control(mapped).uuid}/")

    way = {"catalog": "nist", "labels": ["SI-2"], "grade": "E"}
    assert shown["layers"] == []
    assert shown["through"] == [
        {"layer": "virtualization", "grade": "E", "ways": [way]},
        {"layer": "guest_os", "grade": "E", "ways": [way]},
    ]


def test_a_control_with_layers_of_its_own_comes_through_nothing(client, mapped):
    nist = Control.objects.get(control_id="si-2")

    assert get(client, f"controls/{nist.uuid}/")["through"] == []


def test_of_a_text_that_may_not_be_shipped_only_id_and_label_leave(client, mapped):
    secret = control(mapped)
    ControlPart.objects.create(
        control=secret, part_id="cc7.1_smt", name="statement", prose="Under ©", order=0
    )
    system = make_system(make_team(), "ec2", profile=make_profile(mapped))
    lead = bearer(make_grc_lead())
    row = system.responsibilities.get()

    answers = [
        get(client, f"controls/{secret.uuid}/"),
        get(client, "controls/", catalog="soc2"),
        get(lead, "responsibilities/"),
        get(lead, f"responsibilities/{row.uuid}/"),
        get(lead, f"systems/{system.key}/matrix/"),
        get(lead, f"systems/{system.key}/what-if/", add="s3"),
    ]

    for answer in answers:
        assert "CC7.1" in str(answer)
        assert "Title of" not in str(answer)
        assert "©" not in str(answer)
    assert get(client, "controls/", search="Title of cc7")["results"] == []


def test_a_responsibility_tells_way_and_grade(mapped):
    system = make_system(make_team(), "ec2", profile=make_profile(mapped))
    row = system.responsibilities.get()

    derived = get(bearer(make_grc_lead()), f"responsibilities/{row.uuid}/")["derived"]

    assert (derived["kind"], derived["grade"]) == ("shared", "E")
    assert derived["told"][-1] == (
        "Read through the crosswalk from SI-2 (editorial). Grade: editorial."
    )
    assert derived["explanation"][0]["through"][0]["labels"] == ["SI-2"]


def test_mappings_are_found_by_catalog_control_relation_and_grade(client, mapped):
    (row,) = get(client, "control-mappings/", catalog="soc2")["results"]

    assert row["source"]["label"] == "SI-2"
    assert row["target"] == {
        "uuid": str(control(mapped).uuid),
        "catalog": "soc2",
        "control_id": "cc7.1",
        "label": "CC7.1",
    }
    assert (row["relation"], row["grade"], row["document"]) == ("intersects-with", "E", "")
    assert row["release"] == "test.1"
    for query, found in (
        ({"grade": "E"}, 1),
        ({"grade": "D"}, 0),
        ({"relation": "equal-to"}, 0),
        ({"control": control(mapped).uuid}, 1),
        ({"catalog": "nist"}, 1),
    ):
        assert len(get(client, "control-mappings/", **query)["results"]) == found


def test_a_list_of_mappings_costs_few_queries(mapped, django_assert_max_num_queries):
    make_catalog({f"x-{n}": () for n in range(30)}, key="many")
    for number in range(30):
        make_release_mapping("nist", "si-2", "many", f"x-{number}")
    client = signed_in(make_user())
    for limit in (1, 50):
        with django_assert_max_num_queries(6 + 3):
            get(client, "control-mappings/", limit=limit)


def test_a_profile_shows_what_it_sets_and_a_control_shows_it_in_the_text(client):
    make_facts()
    catalog = make_catalog({"ac-1": ()}, key="rules")
    asked = control(catalog)
    asked.params = {"p": "Assignment: organization-defined frequency"}
    asked.save()
    ControlPart.objects.create(
        control=asked,
        part_id="ac-1_smt",
        name="statement",
        prose="Review {{ insert: param, p }}.",
        order=0,
    )
    profile = make_profile(catalog, key="base")
    Profile.objects.filter(pk=profile.pk).update(parameters={"p": {"values": ["daily"]}})

    plain = get(client, f"controls/{asked.uuid}/")["parts"][0]["prose"]
    told = get(client, f"controls/{asked.uuid}/", profile="base")["parts"][0]["prose"]

    assert get(client, "profiles/base/")["parameters"] == {"p": {"values": ["daily"]}}
    assert plain == "Review [Assignment: organization-defined frequency]."
    assert told == "Review [daily]."
    answer = client.get(ROOT + f"controls/{asked.uuid}/", {"profile": "no-such"})
    assert places(problem(answer, 400, "invalid")) == {"profile"}


def test_what_mapped_decisions_propose_is_shown_and_decides_nothing(mapped):
    team = make_team("platform")
    nist = Control.objects.get(control_id="si-2").catalog
    both = make_profile(nist, key="both")
    both.controls.add(control(mapped))
    system = make_system(team, "ec2", profile=both)
    make_decision(system, "si-2")
    row = Responsibility.objects.get(system=system, control__control_id="cc7.1")

    found = get(bearer(make_grc_lead()), f"responsibilities/{row.uuid}/mapped/")

    (item,) = found["mapped"]
    assert (item["label"], item["path"], item["grade"]) == ("SI-2", ["SI-2"], "E")
    assert item["counts"] is True
    assert found["proposal"]["kind"] == item["kind"]
    assert found["proposal"]["grade"] == "E"
    assert found["proposal"]["reasons"] == [item["reason"]]
    row.refresh_from_db()
    assert row.latest_decision is None
