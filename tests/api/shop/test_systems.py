"""Systems over the API: recording them, changing what they use, reading their matrix."""

import uuid

import pytest

from controls.choices import MembershipRole
from controls.models import System, SystemService
from tests.api.shop.calls import (
    ROOT,
    bearer,
    patch,
    places,
    post,
    problem,
    recorded,
    signed_in,
)
from tests.make import (
    make_grc_lead,
    make_member,
    make_profile,
    make_service,
    make_system,
    make_team,
    make_world,
)

pytestmark = pytest.mark.django_db


def wanted(profile, **changes):
    return {
        "key": "portal",
        "name": "Portal",
        "owner_team": "payments",
        "profiles": [profile.key],
        "services": [{"variant": "ec2", "accounts": ["123456789012"]}],
        **changes,
    }


def test_a_system_is_recorded_with_services_and_scope_and_derived(lead):
    profile = make_world()

    answer = post(bearer(lead), "systems/", wanted(profile))

    body = answer.json()
    assert answer.status_code == 201
    assert answer["ETag"] == f'"v{body["version"]}"'
    assert body["owner_team"] == "payments"
    assert body["provider"] == "aws"
    assert [use["variant"] for use in body["services"]] == ["ec2"]
    assert [scope["profile"] for scope in body["profiles"]] == [profile.key]
    assert System.objects.get().responsibilities.count() == 6


def test_a_key_that_is_taken_is_a_conflict(system, lead):
    profile = system.scopes.get().profile
    before = recorded()

    answer = post(bearer(lead), "systems/", wanted(profile, key="shop"))

    assert "shop" in problem(answer, 409, "conflict")["detail"]
    assert recorded() == before


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"services": [{"variant": "ec2"}, {"variant": "no-such"}]}, "services.1.variant"),
        ({"services": [{"variant": "ec2", "accounts": ["12"]}]}, "services.0.accounts.0"),
        ({"services": [{"variant": "ec2", "regions": ["x"]}]}, "services.0.regions.0"),
        ({"services": [{"variant": "ec2", "nickname": "x"}]}, "services.0.nickname"),
        ({"services": [{"variant": "ec2", "since": "soon"}]}, "services.0.since"),
        ({"profiles": ["no-such"]}, "profiles.0"),
        ({"owner_team": "no-such"}, "owner_team"),
        ({"provider": "no-such"}, "provider"),
        ({"key": "Not a key"}, "key"),
        ({"key": "a" * 61}, "key"),
        ({"name": ""}, "name"),
        ({"name": "a" * 121}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"description": "a" * 5_001}, "description"),
        ({"kind": "spaceship"}, "kind"),
        ({"has_custom_code": "perhaps"}, "has_custom_code"),
        ({"version": 7}, "version"),
        ({"created_by": "me"}, "created_by"),
    ],
)
def test_what_cannot_be_recorded_is_named(lead, changes, place):
    profile = make_world()
    client = bearer(lead)
    before = recorded()

    answer = post(client, "systems/", wanted(profile, **changes))

    assert places(problem(answer, 400, "invalid")) == {place}
    assert recorded() == before


def test_all_that_is_wrong_is_named_at_once(lead):
    answer = post(bearer(lead), "systems/", {"name": "", "kind": "spaceship"})

    named = places(problem(answer, 400, "invalid"))
    assert named == {"key", "name", "kind", "owner_team"}


def test_only_a_lead_records_a_system(team):
    profile = make_world()
    client = bearer(make_member(team, MembershipRole.APPROVER))
    before = recorded()

    answer = post(client, "systems/", wanted(profile))

    assert "lead" in problem(answer, 403, "not-allowed")["detail"]
    assert recorded() == before


def test_what_a_system_is_called_is_changed_and_the_rest_stays(system, lead):
    client = bearer(lead)

    answer = patch(client, "systems/shop/", {"name": "Store"}, version=1)

    assert answer.status_code == 200
    assert answer["ETag"] == '"v2"'
    assert answer.json()["name"] == "Store"
    assert answer.json()["has_custom_code"] is True


@pytest.mark.parametrize("field", ["key", "owner_team", "kind", "provider", "services"])
def test_what_a_system_is_stays(system, lead, field):
    answer = patch(bearer(lead), "systems/shop/", {field: "other"}, version=1)

    assert places(problem(answer, 400, "invalid")) == {field}


def test_a_change_without_a_version_or_on_an_old_one_is_refused(system, lead):
    client = bearer(lead)
    patch(client, "systems/shop/", {"name": "Store"}, version=1)
    before = recorded()

    without = patch(client, "systems/shop/", {"name": "Late"})
    old = patch(client, "systems/shop/", {"name": "Late"}, version=1)

    problem(without, 428, "precondition-required")
    document = problem(old, 412, "stale-version")
    assert (document["yours"], document["current"]) == (1, 2)
    assert System.objects.get().name == "Store"
    assert recorded() == before


def test_services_are_put_in_use_at_once_or_not_at_all(system, lead):
    client = bearer(lead)
    taken = {"services": [{"variant": "s3"}, {"variant": "ec2"}]}
    before = recorded()

    refused = post(client, "systems/shop/services/", taken, version=1)
    assert recorded() == before
    answer = post(
        client, "systems/shop/services/", {"services": [{"variant": "s3"}]}, version=1
    )

    problem(refused, 409, "conflict")
    assert {use["variant"] for use in answer.json()["services"]} == {"ec2", "rds", "s3"}
    assert answer["ETag"] == '"v2"'


def test_a_service_ends_today_unless_a_day_is_given(system, lead):
    row = SystemService.objects.get(variant__key="rds")
    client = bearer(lead)

    early = post(
        client,
        f"systems/shop/services/{row.uuid}/end/",
        {"on": "2026-03-01"},
        version=1,
    )
    answer = post(client, f"systems/shop/services/{row.uuid}/end/", {}, version=1)
    again = post(client, f"systems/shop/services/{row.uuid}/end/", {}, version=2)

    assert places(problem(early, 400, "invalid")) == {"on"}
    ended = {use["variant"]: use["ended_on"] for use in answer.json()["services"]}
    assert ended == {"ec2": None, "rds": "2026-03-03"}
    problem(again, 409, "conflict")


def test_a_service_of_another_system_is_not_found(system, team, lead):
    other = make_system(team, "s3", profile=system.scopes.get().profile, key="other")
    row = other.services.get()

    answer = post(bearer(lead), f"systems/shop/services/{row.uuid}/end/", {}, version=1)

    problem(answer, 404, "not-found")


def test_a_profile_comes_into_scope_and_leaves_it(system, lead):
    catalog = system.scopes.get().profile.catalog
    make_profile(catalog, key="more")
    client = bearer(lead)

    put = post(client, "systems/shop/profiles/", {"profile": "more"}, version=1)
    twice = post(client, "systems/shop/profiles/", {"profile": "more"}, version=2)
    scope = next(s for s in put.json()["profiles"] if s["profile"] == "more")
    left = post(client, f"systems/shop/profiles/{scope['uuid']}/end/", version=2)

    problem(twice, 409, "conflict")
    ended = {s["profile"]: s["ended_on"] for s in left.json()["profiles"]}
    assert ended["more"] == "2026-03-03"


def test_another_teams_system_and_a_missing_one_are_answered_alike(system):
    stranger = bearer(make_member(make_team("others"), MembershipRole.LEAD))

    foreign = stranger.get(ROOT + "systems/shop/")
    missing = stranger.get(ROOT + "systems/nope/")

    problem(foreign, 404, "not-found")
    assert foreign.content.replace(b"shop", b"nope") == missing.content


def test_systems_are_listed_for_those_who_may_see_them(system, contributor):
    make_system(make_team("others"), profile=system.scopes.get().profile, key="foreign")

    own = bearer(contributor).get(ROOT + "systems/")
    every = bearer(make_grc_lead()).get(ROOT + "systems/")

    assert [row["key"] for row in own.json()["results"]] == ["shop"]
    assert [row["key"] for row in every.json()["results"]] == ["shop", "foreign"]


def test_a_list_costs_the_same_at_two_sizes(
    system, team, contributor, django_assert_max_num_queries
):
    client = signed_in(contributor)
    for path in ("systems/", "responsibilities/?limit=1", "responsibilities/?limit=6"):
        with django_assert_max_num_queries(6 + SESSION):
            assert client.get(ROOT + path).status_code == 200

    profile = system.scopes.get().profile
    for number in range(5):
        make_system(team, "s3", profile=profile, key=f"more-{number}")

    for path in ("systems/", "responsibilities/"):
        with django_assert_max_num_queries(6 + SESSION):
            assert client.get(ROOT + path).status_code == 200


SESSION = 3
"""Statements that note when a session was last seen, in a savepoint of the test."""


def matrix(client, **query):
    return client.get(ROOT + "systems/shop/matrix/", query)


def test_a_matrix_shows_each_control_by_service(system, contributor):
    body = matrix(bearer(contributor)).json()

    assert [column["variant"] for column in body["columns"]] == ["ec2", "rds"]
    rows = {row["control_id"]: row for row in body["rows"]}
    assert len(rows) == body["counts"]["controls"] == 6
    assert rows["pe-3"]["kind"] == "inherited"
    assert set(rows["si-2"]["cells"]) == {"ec2", "rds"}
    assert rows["si-2"]["decided"] is None
    assert body["as_of"] == "2026-03-03T09:00:00Z"
    assert body["on"] == "2026-03-03"


def test_a_matrix_of_the_past_shows_what_was_recorded_then(system, contributor, lead):
    client = bearer(lead)
    post(client, "systems/shop/services/", {"services": [{"variant": "s3"}]}, version=1)

    now = matrix(client).json()
    yesterday = matrix(client, as_of="2026-03-02").json()
    before = matrix(client, as_of="2026-03-01").json()

    assert [c["variant"] for c in now["columns"]] == ["ec2", "rds", "s3"]
    assert [c["variant"] for c in yesterday["columns"]] == ["ec2", "rds"]
    assert before["columns"] == before["rows"] == []


def test_a_matrix_of_a_coming_day_shows_what_will_be_in_force(system, lead):
    client = bearer(lead)
    post(
        client,
        "systems/shop/services/",
        {"services": [{"variant": "s3", "since": "2026-04-01"}]},
        version=1,
    )

    today = matrix(client).json()
    april = matrix(client, on="2026-04-01").json()

    assert [c["variant"] for c in today["columns"]] == ["ec2", "rds"]
    assert [c["variant"] for c in april["columns"]] == ["ec2", "rds", "s3"]
    assert april["as_of"] == today["as_of"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("as_of", "yesterday"),
        ("as_of", "2026-13-01"),
        ("as_of", "2026-03-04"),
        ("as_of", "2026-03-03T09:00:01Z"),
        ("as_of", "9999-12-31"),
        ("as_of", "\x00"),
        ("on", "tomorrow"),
        ("on", "2026-3-1"),
    ],
)
def test_a_moment_that_is_none_is_refused(system, contributor, name, text):
    answer = matrix(bearer(contributor), **{name: text})

    assert places(problem(answer, 400, "invalid")) == {name}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_any_day_of_the_calendar_may_be_asked_about(system, contributor, day):
    assert matrix(bearer(contributor), on=day).status_code == 200


def test_a_matrix_costs_few_queries_at_two_sizes(
    system, contributor, django_assert_max_num_queries
):
    client = signed_in(contributor)
    with django_assert_max_num_queries(10 + SESSION):
        matrix(client)

    make_service(system, "s3")
    make_service(system, "dynamodb")

    with django_assert_max_num_queries(10 + SESSION):
        assert len(matrix(client).json()["columns"]) == 4


def test_a_stranger_to_the_system_sees_no_matrix(system):
    stranger = bearer(make_member(make_team("others")))

    problem(matrix(stranger), 404, "not-found")


def test_an_unknown_responsibility_is_not_found(contributor):
    client = bearer(contributor)

    problem(client.get(ROOT + f"responsibilities/{uuid.uuid4()}/"), 404, "not-found")
    problem(client.get(ROOT + "responsibilities/not-a-uuid/"), 404, "not-found")
