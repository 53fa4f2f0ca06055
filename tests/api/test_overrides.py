"""Overrides over the API."""

import pytest

from controls.models import AuditEvent, LayerOverride
from tests.make import make_grc_lead, make_member, make_system, make_team

pytestmark = pytest.mark.django_db

WORD = {
    "system": "shop",
    "variant": "rds",
    "layer": "engine",
    "value": "customer",
    "reason": "We patch the engine ourselves.",
    "since": "2026-03-02",
}


@pytest.fixture
def system():
    return make_system(make_team("payments"), "ec2", "rds", key="shop")


@pytest.fixture
def lead_api(api_of, system):
    return api_of(make_member(system.owner_team, "lead"))


def cell(api, control_id, variant, **query):
    rows = api.get("systems/shop/matrix/", **query).json()["rows"]
    return next(r["cells"][variant] for r in rows if r["control_id"] == control_id)


def test_an_override_is_recorded_and_changes_the_matrix(lead_api):
    before = cell(lead_api, "si-2", "rds")

    answer = lead_api.post("overrides/", WORD)

    assert answer.status_code == 201
    assert answer.json()["value"] == "customer"
    assert lead_api.get(f"overrides/{answer.json()['uuid']}/").json() == answer.json()
    row = lead_api.rows("responsibilities/", system="shop", control_id="si-2")[0]
    parties = lead_api.get(f"responsibilities/{row['uuid']}/").json()["derived"]["parties"]
    assert before == "inherited-if-configured"
    assert parties["engine"] == ["customer"]
    assert cell(lead_api, "si-2", "rds") == "shared"


def test_an_override_ends_and_the_matrix_is_as_before(lead_api):
    before = lead_api.get("systems/shop/matrix/").json()["rows"]
    made = lead_api.post("overrides/", WORD).json()

    answer = lead_api.post(f"overrides/{made['uuid']}/end/", {"on": "2026-03-03"})
    again = lead_api.post(f"overrides/{made['uuid']}/end/", {"on": "2026-03-03"})

    assert (answer.status_code, answer.json()["ended_on"]) == (200, "2026-03-03")
    assert again.status_code == 409
    assert lead_api.get("systems/shop/matrix/").json()["rows"] == before


def test_a_past_day_shows_an_override_that_was_in_force_then(lead_api):
    made = lead_api.post("overrides/", WORD | {"value": "provider"}).json()
    lead_api.post(f"overrides/{made['uuid']}/end/", {"on": "2026-03-10"})

    inside = lead_api.get("systems/shop/matrix/", on="2026-03-05").json()
    after = lead_api.get("systems/shop/matrix/", on="2026-03-10").json()

    assert inside["rows"] != after["rows"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"layer": "no_such"}, "layer"),
        ({"layer": None}, "layer"),
        ({"layer": {"code": "engine"}}, "layer"),
        ({"variant": "no-such"}, "variant"),
        ({"variant": "rds", "layer": "app"}, "variant"),
        ({"value": "somebody"}, "value"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 5001}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"system": "a\x00b"}, "system"),
        ({"system": "nobodys"}, "system"),
        ({"since": "2026-02-30"}, "since"),
        ({"until": "2026-03-02"}, "until"),
        ({"started_by": "me"}, "started_by"),
        ({"ended_at": None}, "ended_at"),
    ],
)
def test_what_is_wrong_with_an_override_is_named(lead_api, change, place):
    before = AuditEvent.objects.count()

    answer = lead_api.post("overrides/", WORD | change)

    assert answer.status_code == 400
    assert [error["place"] for error in answer.json()["errors"]] == [place]
    assert not LayerOverride.objects.exists()
    assert AuditEvent.objects.count() == before


def test_an_override_for_all_systems_needs_the_grc_lead(api_of, lead_api, system):
    body = {name: value for name, value in WORD.items() if name != "system"}

    refused = lead_api.post("overrides/", body)
    made = api_of(make_grc_lead()).post("overrides/", body)

    assert (refused.status_code, made.status_code) == (403, 201)
    assert "GRC lead" in refused.json()["detail"]
    assert lead_api.get(f"overrides/{made.json()['uuid']}/").status_code == 200


def test_overrides_are_found_by_what_they_are_about(lead_api):
    made = lead_api.post("overrides/", WORD).json()
    other = lead_api.post("overrides/", WORD | {"layer": "guest_os"}).json()
    lead_api.post(f"overrides/{other['uuid']}/end/")

    def found(**query):
        return {row["uuid"] for row in lead_api.rows("overrides/", **query)}

    assert found(system="shop") == {made["uuid"], other["uuid"]}
    assert found(layer="engine") == {made["uuid"]}
    assert found(ended="true") == {other["uuid"]}
    assert found(variant="ec2") == set()


def test_a_second_word_on_the_same_days_is_refused(lead_api):
    lead_api.post("overrides/", WORD)

    again = lead_api.post("overrides/", WORD | {"value": "provider"})

    assert again.status_code == 409
    assert "overridden there already" in again.json()["detail"]
    assert LayerOverride.objects.get().value == "customer"


def test_one_that_ended_makes_room_for_another(lead_api):
    made = lead_api.post("overrides/", WORD | {"until": "2026-03-20"}).json()

    before = lead_api.post("overrides/", WORD | {"since": "2026-03-19"})
    after = lead_api.post("overrides/", WORD | {"since": "2026-03-20"})
    lead_api.post(f"overrides/{made['uuid']}/end/", {"on": "2026-03-10"})
    between = lead_api.post(
        "overrides/", WORD | {"since": "2026-03-10", "until": "2026-03-20"}
    )

    assert [answer.status_code for answer in (before, after, between)] == [409, 201, 201]


def test_another_service_or_layer_is_another_place(lead_api):
    lead_api.post("overrides/", WORD)

    others = ({"variant": "ec2"}, {"variant": None}, {"layer": "guest_os"})
    assert [lead_api.post("overrides/", WORD | it).status_code for it in others] == [
        201,
        201,
        201,
    ]
