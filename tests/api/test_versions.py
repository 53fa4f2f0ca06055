"""A change names the version it was made on."""

import pytest

from controls.models import AuditEvent
from tests.make import (
    make_decision,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
    responsibility_for,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def system():
    return make_system(make_team("payments"), "ec2", key="shop")


@pytest.fixture
def changes(system):
    """Every change that needs a version: verb, path, body, the thing it changes."""
    make_decision(system, "si-2", by=make_member(system.owner_team))
    responsibility = responsibility_for(system, "si-2")
    service = system.services.get()
    scope = system.scopes.get()
    path = f"responsibilities/{responsibility.uuid}"
    return [
        ("patch", "systems/shop/", {"name": "Other"}, system),
        ("post", "systems/shop/services/", {"services": [{"variant": "s3"}]}, system),
        ("post", f"systems/shop/services/{service.uuid}/end/", {}, system),
        ("post", "systems/shop/profiles/", {"profile": scope.profile.key}, system),
        ("post", f"systems/shop/profiles/{scope.uuid}/end/", {}, system),
        ("patch", "teams/payments/", {"name": "Other"}, system.owner_team),
        ("post", f"{path}/assign/", {}, responsibility),
        ("post", f"{path}/submit/", {}, responsibility),
        ("post", f"{path}/approve/", {}, responsibility),
        ("post", f"{path}/return/", {"remark": "no"}, responsibility),
    ]


def test_a_change_without_a_version_is_428_and_changes_nothing(api_of, changes):
    api = api_of(make_grc_lead())
    before = AuditEvent.objects.count()

    codes = {
        path: getattr(api, verb)(path, body).status_code for verb, path, body, _ in changes
    }

    assert set(codes.values()) == {428}, codes
    assert AuditEvent.objects.count() == before


def test_a_change_of_a_stale_version_is_412_and_tells_both(api_of, changes):
    api = api_of(make_grc_lead())
    rest = [change for change in changes if not change[1].startswith("teams/")]
    before = AuditEvent.objects.count()

    answers = [
        getattr(api, verb)(path, body, version=thing.version + 7)
        for verb, path, body, thing in rest
    ]

    assert {answer.status_code for answer in answers} == {412}
    assert {answer.json()["type"] for answer in answers} == {
        "urn:srm:problem:stale-version"
    }
    for answer, (_, _, _, thing) in zip(answers, rest, strict=True):
        told = answer.json()
        assert (told["yours"], told["current"]) == (thing.version + 7, thing.version)
    assert AuditEvent.objects.count() == before


def test_the_second_of_two_who_read_the_same_version_is_stopped(api_of, system):
    first, second = (api_of(make_member(system.owner_team, "lead")) for _ in range(2))
    tag = first.get("systems/shop/")["ETag"]

    won = first.patch("systems/shop/", {"name": "First"}, If_Match=tag)
    lost = second.patch("systems/shop/", {"name": "Second"}, If_Match=tag)

    assert (won.status_code, lost.status_code) == (200, 412)
    assert second.get("systems/shop/").json()["name"] == "First"


def test_a_tag_that_compression_weakened_counts(api_of, system):
    api = api_of(make_grc_lead())

    answer = api.patch("systems/shop/", {"name": "Other"}, If_Match='W/"v1"')

    assert (answer.status_code, answer["ETag"]) == (200, '"v2"')


@pytest.mark.parametrize("tag", ["*", "v1", '"1"', '"v1", "v2"', '"v-1"', '"v9999999999"'])
def test_what_is_no_tag_of_ours_is_named(api_of, system, tag):
    answer = api_of(make_grc_lead()).patch("systems/shop/", {"name": "X"}, If_Match=tag)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == "If-Match"


def test_every_step_of_deciding_shows_the_next_version(api_of, system):
    member, second = make_member(system.owner_team), make_grc_lead()
    responsibility = responsibility_for(system, "pe-3")
    path = f"responsibilities/{responsibility.uuid}/"
    tags = [api_of(member).get(path)["ETag"]]

    for person, step in ((member, "assign"), (member, "submit"), (second, "approve")):
        answer = api_of(person).post(f"{path}{step}/", If_Match=tags[-1])
        tags.append(answer["ETag"])

    first = responsibility.version
    assert tags == [f'"v{version}"' for version in range(first, first + 4)]
