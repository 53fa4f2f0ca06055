"""Catalogs, controls, profiles and facts over the API: open to all who sign in."""

import pytest

from controls.models import Control, ControlMapping
from tests.api.shop.calls import ROOT, bearer, places, problem, send, signed_in
from tests.make import make_catalog, make_facts, make_profile, make_user, make_world

pytestmark = pytest.mark.django_db

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client():
    return bearer(make_user())


def rows(client, path, **query):
    answer = client.get(ROOT + path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_a_catalog_says_who_published_it_and_whether_its_text_is_here(client):
    make_facts()
    made = make_catalog(key="rules")

    (listed,) = rows(client, "catalogs/", key="rules")
    shown = client.get(ROOT + f"catalogs/{made.uuid}/").json()

    assert listed == shown
    assert shown["publisher"] == "Test"
    assert shown["is_outline"] is made.is_outline


def test_a_profile_says_how_many_controls_it_has(client):
    profile = make_world()

    shown = client.get(ROOT + f"profiles/{profile.key}/").json()

    assert shown["controls"] == 6
    assert shown["catalog"] == profile.catalog.key


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"control_id": "si-2"}, {"si-2"}),
        ({"group": "si"}, {"si-2", "si-3"}),
        ({"layer": "training"}, {"at-2"}),
        ({"search": "PE-3"}, {"pe-3"}),
        ({"search": "title of pe"}, {"pe-3"}),
        ({"withdrawn": "true"}, set()),
        ({"catalog": "no-such"}, set()),
        ({"profile": "no-such"}, set()),
    ],
)
def test_controls_are_found_by_what_they_are(client, query, found):
    make_world()

    assert {row["control_id"] for row in rows(client, "controls/", **query)} == found


def test_a_control_in_several_profiles_is_listed_once(client):
    profile = make_world()
    make_profile(profile.catalog, key="again")

    assert len(rows(client, "controls/", catalog=profile.catalog.key)) == 6
    assert len(rows(client, "controls/", profile="again")) == 6


def test_a_control_shows_the_layers_it_touches(client):
    make_world()
    control = Control.objects.get(control_id="si-2")

    body = client.get(ROOT + f"controls/{control.uuid}/").json()

    assert [layer["layer"] for layer in body["layers"]] == [
        "virtualization",
        "guest_os",
        "engine",
        "app",
    ]
    assert body["parts"] == body["mappings"] == []


def test_a_mapping_is_shown_from_both_ends(client):
    profile = make_world()
    other = make_catalog({"zz-1": ("iam",)}, key="other")
    source = Control.objects.get(catalog=profile.catalog, control_id="ac-2")
    target = other.controls.get()
    ControlMapping.objects.create(
        source=source, target=target, relation="equal-to", grade="D"
    )

    there = client.get(ROOT + f"controls/{source.uuid}/").json()
    back = client.get(ROOT + f"controls/{target.uuid}/").json()

    assert [m["control"] for m in there["mappings"]] == [str(target.uuid)]
    assert [m["control"] for m in back["mapped_from"]] == [str(source.uuid)]
    assert there["mapped_from"] == back["mappings"] == []


def test_a_service_variant_shows_who_carries_each_layer(client):
    make_facts()

    body = client.get(ROOT + "service-variants/rds/").json()

    told = {layer["layer"]: layer["value"] for layer in body["layers"]}
    assert told["guest_os"] == "provider"
    assert told["engine"] == "provider-if-configured"
    assert told["iam"] == "customer"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "dynamo"}, ["dynamodb"]),
        ({"model": "abstracted"}, ["s3", "dynamodb"]),
        ({"iam_prefix": "ec2"}, ["ec2"]),
    ],
)
def test_service_variants_are_found_by_what_they_are(client, query, found):
    make_facts()

    listed = [row["key"] for row in rows(client, "service-variants/", **query)]

    assert sorted(listed) == sorted(found)


def test_layers_are_found_by_scope(client):
    make_facts()

    found = {row["code"] for row in rows(client, "layers/", scope="organization")}

    assert found == {"training", "governance"}


def test_the_provider_is_aws(client):
    (row,) = rows(client, "providers/")

    assert row["key"] == "aws"
    assert client.get(ROOT + "providers/aws/").json() == row


@pytest.mark.parametrize(
    "path",
    [
        f"catalogs/{NOBODY}/",
        f"controls/{NOBODY}/",
        "controls/si-2/",
        "profiles/no-such/",
        "providers/no-such/",
        "layers/no-such/",
        "service-variants/no-such/",
    ],
)
def test_what_is_not_there_is_not_found(client, path):
    problem(client.get(ROOT + path), 404, "not-found")


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("noun", ["catalogs/", "controls/", "profiles/", "layers/"])
def test_facts_are_not_changed_over_the_api(client, verb, noun):
    problem(send(client, verb, noun), 405, "method-not-allowed")


def test_a_search_for_what_no_text_holds_is_named(client):
    answer = client.get(ROOT + "controls/", {"search": "a\x00b"})

    assert places(problem(answer, 400, "invalid")) == {"search"}


@pytest.mark.parametrize(
    "path", ["catalogs/", "controls/", "profiles/", "service-variants/", "layers/"]
)
def test_a_list_of_facts_costs_few_queries(path, django_assert_max_num_queries):
    make_world()
    make_catalog({f"zz-{number}": ("iam",) for number in range(30)})
    client = signed_in(make_user())
    # Three of them note when the session was last seen.
    for limit in (1, 50):
        with django_assert_max_num_queries(6 + 3):
            assert client.get(ROOT + path, {"limit": limit}).status_code == 200
