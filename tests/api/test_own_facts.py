"""Own services and tags over the API."""

import pytest

from controls.models import ControlTag, ServiceVariant
from tests.api.conftest import Api
from tests.make import (
    MONDAY,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
    make_world,
    responsibility_for,
)

pytestmark = pytest.mark.django_db

RELAY = {"key": "mail-relay", "name": "Mail relay", "model": "infrastructure"}


@pytest.fixture
def system():
    return make_system(
        make_team("payments"), "s3", profile=make_world(), key="shop", at=MONDAY
    )


@pytest.fixture
def grc(system):
    return Api(make_grc_lead())


@pytest.fixture
def pe_3(system):
    return responsibility_for(system, "pe-3").control


def test_an_own_service_is_added_shown_and_found_among_the_others(grc):
    made = grc.post("service-variants/", RELAY)

    body = made.json()
    assert made.status_code == 201
    assert made["ETag"] == '"v1"'
    assert (body["key"], body["own"], body["provider"]) == ("own.mail-relay", True, "aws")
    assert {row["layer"]: row["value"] for row in body["layers"]}["guest_os"] == "customer"
    assert grc.get("service-variants/own.mail-relay/").json() == body
    assert [row["key"] for row in grc.rows("service-variants/", own="true")] == [
        "own.mail-relay"
    ]


def test_it_is_changed_on_its_version(grc):
    grc.post("service-variants/", RELAY)
    path = "service-variants/own.mail-relay/"

    without = grc.patch(path, {"model": "managed"})
    changed = grc.patch(path, {"model": "managed"}, If_Match='"v1"')
    stale = grc.patch(path, {"model": "abstracted"}, If_Match='"v1"')

    assert (without.status_code, changed.status_code, stale.status_code) == (428, 200, 412)
    assert changed.json()["name"] == "Mail relay"
    assert ServiceVariant.objects.get(key="own.mail-relay").model == "managed"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"key": "A B"}, "key"),
        ({"model": "mainframe"}, "model"),
        ({"name": ""}, "name"),
        ({"provider": "nobody"}, "provider"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_added(grc, change, place):
    answer = grc.post("service-variants/", RELAY | change)

    assert answer.status_code == 400
    assert [error["place"] for error in answer.json()["errors"]] == [place]
    assert not ServiceVariant.objects.own().exists()


def test_a_shipped_service_is_not_changed(grc):
    answer = grc.patch("service-variants/s3/", {"name": "Mine"}, If_Match='"v1"')

    assert answer.status_code == 409
    assert "shipped" in answer.json()["detail"]


def test_a_control_is_tagged_and_the_tag_ends(grc, pe_3):
    body = {"control": str(pe_3.uuid), "layers": ["iam", "facility"], "reason": "Ours."}

    made = grc.post("control-tags/", body)
    shown = grc.get(f"controls/{pe_3.uuid}/").json()["tagged"]
    ended = grc.post(f"control-tags/{made.json()['uuid']}/end/", {"reason": "Wrong."})

    assert made.status_code == 201
    assert made.json()["layers"] == shown["layers"] == ["iam", "facility"]
    assert made.json()["shipped_layers"] == ["facility"]
    assert ended.json()["ended_at"] is not None
    assert grc.get(f"controls/{pe_3.uuid}/").json()["tagged"] is None
    assert len(grc.rows("control-tags/", ended="true")) == 1


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"layers": []}, "layers"),
        ({"layers": ["no_such"]}, "layers.0"),
        ({"reason": ""}, "reason"),
        ({"control": "5b1b3f0e-0000-4000-8000-000000000000"}, "control"),
    ],
)
def test_a_wrong_tag_is_named_and_nothing_is_said(grc, pe_3, change, place):
    body = {"control": str(pe_3.uuid), "layers": ["iam"], "reason": "Ours."}

    answer = grc.post("control-tags/", body | change)

    assert answer.status_code == 400
    assert [error["place"] for error in answer.json()["errors"]] == [place]
    assert not ControlTag.objects.exists()


def test_all_that_is_said_otherwise_comes_in_one_answer(grc, pe_3):
    grc.post("service-variants/", RELAY)
    grc.post(
        "overrides/", {"layer": "guest_os", "value": "shared", "reason": "We both do."}
    )
    grc.post(
        "control-tags/", {"control": str(pe_3.uuid), "layers": ["iam"], "reason": "Ours."}
    )

    told = grc.get("own-facts/").json()

    assert [row["key"] for row in told["services"]] == ["own.mail-relay"]
    assert told["services"][0]["systems"] == 0
    (override,) = told["overrides"]
    assert override["value"] == "shared"
    assert "own.mail-relay" in override["shipped"]["customer"]
    assert [row["label"] for row in told["tags"]] == ["PE-3"]


def test_a_team_lead_reads_it_and_changes_nothing(system, pe_3):
    lead = Api(make_member(system.owner_team, "lead"))
    body = {"control": str(pe_3.uuid), "layers": ["iam"], "reason": "Ours."}

    assert lead.get("own-facts/").status_code == 200
    assert lead.post("service-variants/", RELAY).status_code == 403
    assert lead.post("control-tags/", body).status_code == 403


def test_controls_are_found_by_the_layers_that_hold(grc, pe_3):
    def found(layer):
        return [row["control_id"] for row in grc.rows("controls/", layer=layer)]

    assert "pe-3" in found("facility")
    body = {"control": str(pe_3.uuid), "layers": ["iam"], "reason": "Ours."}
    grc.post("control-tags/", body)

    assert "pe-3" in found("iam")
    assert "pe-3" not in found("facility")
    assert "ac-2" in found("iam")
