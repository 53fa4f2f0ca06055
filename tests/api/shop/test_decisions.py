"""Deciding over the API: versions, roles, and what each refusal says."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.choices import MembershipRole, SystemKind
from controls.models import Decision
from controls.services import systems
from controls.services.setup import system_user
from tests.api.shop.calls import (
    ROOT,
    TUESDAY,
    bearer,
    places,
    post,
    problem,
    recorded,
)
from tests.make import (
    make_catalog,
    make_decision,
    make_member,
    make_profile,
    make_system,
    make_team,
    responsibility_for,
)

pytestmark = pytest.mark.django_db

DERIVED = 2
"""The version of what was recorded and derived, and not touched since."""

OURS = {"kind": "customer-specific"}


def path(system, control_id, step=""):
    row = responsibility_for(system, control_id)
    return f"responsibilities/{row.uuid}/" + (f"{step}/" if step else "")


def test_a_responsibility_says_why_it_is_so(system, contributor):
    answer = bearer(contributor).get(ROOT + path(system, "si-2"))

    body = answer.json()
    assert answer["ETag"] == f'"v{body["version"]}"'
    assert body["system"] == "shop"
    assert body["kind"] == body["derived_kind"] == body["derived"]["kind"] == "shared"
    assert set(body["derived"]["cells"]) == {"ec2", "rds"}
    assert body["derived"]["told"]
    assert body["decided"] is None
    assert body["state"] == "proposed"


def test_what_was_derived_is_assigned_submitted_and_approved(system, contributor, approver):
    maker, checker = bearer(contributor), bearer(approver)
    body = {"owner_team": "payments", "customer_statement": "We patch weekly."}

    first = post(maker, path(system, "si-2", "assign"), body, version=DERIVED)
    second = post(maker, path(system, "si-2", "submit"), version=3)
    third = post(checker, path(system, "si-2", "approve"), {"remark": "Fine."}, version=4)

    assert [answer.status_code for answer in (first, second, third)] == [200, 200, 200]
    assert [a.json()["state"] for a in (first, second, third)] == [
        "proposed",
        "in-review",
        "approved",
    ]
    assert [a["ETag"] for a in (first, second, third)] == ['"v3"', '"v4"', '"v5"']
    decided = third.json()["decided"]
    assert decided["number"] == 3
    assert decided["kind"] == "shared"
    assert decided["customer_statement"] == "We patch weekly."
    assert decided["decided_by"] == decided["submitted_by"] == "Cora"
    assert decided["by"] == "April"
    assert decided["remark"] == "Fine."


def test_what_is_left_out_of_a_revision_stays_as_it_was(system, contributor):
    client = bearer(contributor)
    post(
        client,
        path(system, "si-2", "assign"),
        {"customer_statement": "Kept."},
        version=DERIVED,
    )

    answer = post(
        client, path(system, "si-2", "assign"), {"owner_team": "payments"}, version=3
    )

    assert answer.json()["decided"]["customer_statement"] == "Kept."
    assert answer.json()["owner_team"] == "payments"


def test_what_was_submitted_is_returned_with_a_reason(system, contributor, approver):
    maker, checker = bearer(contributor), bearer(approver)
    post(maker, path(system, "si-2", "assign"), {"owner_team": "payments"}, version=DERIVED)
    post(maker, path(system, "si-2", "submit"), version=3)

    without = post(checker, path(system, "si-2", "return"), {"remark": " "}, version=4)
    answer = post(checker, path(system, "si-2", "return"), {"remark": "No."}, version=4)

    assert places(problem(without, 400, "invalid")) == {"remark"}
    assert answer.json()["state"] == "returned"
    assert answer.json()["decided"]["remark"] == "No."


def test_every_revision_is_listed_newest_first(system, contributor):
    make_decision(system, "si-2", by=contributor)
    client = bearer(contributor)
    post(client, path(system, "si-2", "assign"), {"owner_team": "payments"}, version=3)

    answer = client.get(ROOT + path(system, "si-2", "decisions"))

    assert [row["number"] for row in answer.json()["results"]] == [2, 1]


@pytest.mark.parametrize("step", ["assign", "submit", "approve", "return"])
def test_a_step_without_a_version_is_a_428(system, approver, step):
    before = recorded()

    answer = post(bearer(approver), path(system, "si-2", step), {})

    problem(answer, 428, "precondition-required")
    assert recorded() == before


@pytest.mark.parametrize("step", ["assign", "submit", "approve", "return"])
def test_a_step_on_an_old_version_is_a_412_that_names_both(system, approver, step):
    make_decision(system, "si-2")
    before = recorded()
    body = {"remark": "x"} if step in {"approve", "return"} else {}

    answer = post(bearer(approver), path(system, "si-2", step), body, version=DERIVED)

    document = problem(answer, 412, "stale-version")
    assert (document["yours"], document["current"]) == (2, 3)
    assert recorded() == before


def test_a_weakened_tag_is_taken_for_the_tag(system, contributor):
    answer = post(
        bearer(contributor), path(system, "si-2", "assign"), headers={"If-Match": 'W/"v2"'}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("tag", ["*", "1", '"1"', '"v1", "v2"', '"v99999999999999999999"'])
def test_what_is_not_one_tag_as_read_is_a_400(system, contributor, tag):
    answer = post(
        bearer(contributor), path(system, "si-2", "assign"), headers={"If-Match": tag}
    )

    assert places(problem(answer, 400, "invalid")) == {"If-Match"}
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("role", "step", "may"),
    [
        (MembershipRole.VIEWER, "assign", False),
        (MembershipRole.CONTRIBUTOR, "assign", True),
        (MembershipRole.VIEWER, "approve", False),
        (MembershipRole.CONTRIBUTOR, "approve", False),
    ],
)
def test_the_role_decides_who_may(system, team, role, step, may):
    client = bearer(make_member(team, role))
    before = recorded()

    answer = post(client, path(system, "si-2", step), {}, version=DERIVED)

    if may:
        assert answer.status_code == 200
        return
    assert "This needs" in problem(answer, 403, "not-allowed")["detail"]
    assert recorded() == before


def test_who_decided_does_not_approve(system, approver):
    client = bearer(approver)
    post(
        client, path(system, "si-2", "assign"), {"owner_team": "payments"}, version=DERIVED
    )
    post(client, path(system, "si-2", "submit"), version=3)

    answer = post(client, path(system, "si-2", "approve"), version=4)

    problem(answer, 409, "separation-of-duties")


def test_what_is_not_decided_cannot_be_approved(system, approver):
    answer = post(bearer(approver), path(system, "si-2", "approve"), version=DERIVED)

    problem(answer, 409, "wrong-state")
    assert responsibility_for(system, "si-2").version == DERIVED


def test_another_kind_than_derived_needs_a_rationale(system, contributor):
    answer = post(
        bearer(contributor), path(system, "si-2", "assign"), OURS, version=DERIVED
    )

    assert places(problem(answer, 400, "invalid")) == {"rationale"}
    assert not Decision.objects.exists()


def test_another_kind_with_a_rationale_is_by_hand(system, contributor):
    body = {**OURS, "rationale": "We patch what AWS offers."}

    answer = post(
        bearer(contributor), path(system, "si-2", "assign"), body, version=DERIVED
    )

    assert answer.json()["decided"]["source"] == "manual"
    assert answer.json()["derived_kind"] == "shared"
    assert answer.json()["kind"] == "customer-specific"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"kind": "nobody"}, "kind"),
        ({"kind": None}, "kind"),
        ({"owner_team": "no-such-team"}, "owner_team"),
        ({"owner_team": ["payments"]}, "owner_team"),
        ({"owner_team": {"key": "payments"}}, "owner_team"),
        ({"owner_team": "pay\x00ments"}, "owner_team"),
        ({"implementation_status": "nearly"}, "implementation_status"),
        ({"customer_statement": "a\x00b"}, "customer_statement"),
        ({"customer_statement": "a" * 20_001}, "customer_statement"),
        ({"rationale": "a" * 5_001}, "rationale"),
        ({"effective_on": "yesterday"}, "effective_on"),
        ({"effective_on": "2026-03-04"}, "effective_on"),
        ({"state": "approved"}, "state"),
        ({"decided_by": "somebody"}, "decided_by"),
    ],
)
def test_what_cannot_be_decided_is_named(system, contributor, body, place):
    before = recorded()

    answer = post(
        bearer(contributor), path(system, "si-2", "assign"), body, version=DERIVED
    )

    document = problem(answer, 400, "invalid")
    assert places(document) == {place}
    assert recorded() == before
    assert responsibility_for(system, "si-2").version == DERIVED


def test_submitting_takes_no_content(system, contributor):
    make_decision(system, "si-2", by=contributor)

    answer = post(
        bearer(contributor), path(system, "si-2", "submit"), {"kind": "shared"}, version=3
    )

    assert places(problem(answer, 400, "invalid")) == {"kind"}


def test_another_teams_key_is_answered_as_an_unknown_one(system, contributor):
    make_team("secret")
    client = bearer(contributor)

    foreign = post(
        client, path(system, "si-2", "assign"), {"owner_team": "secret"}, version=DERIVED
    )
    missing = post(
        client, path(system, "si-2", "assign"), {"owner_team": "nobody"}, version=DERIVED
    )

    assert foreign.content.replace(b"secret", b"nobody") == missing.content


def test_a_control_out_of_scope_has_no_responsibility_to_decide(system, contributor):
    before = recorded()

    answer = post(
        bearer(contributor), f"responsibilities/{uuid.uuid4()}/assign/", {}, version=DERIVED
    )

    problem(answer, 404, "not-found")
    assert recorded() == before


def test_a_control_that_binds_only_from_tomorrow_cannot_be_decided_today(
    system, contributor
):
    later = make_profile(make_catalog({"zz-1": ("iam",)}))
    systems.start_profile(
        system=system,
        version=system.version,
        profile=later,
        since=TUESDAY.date() + timedelta(days=1),
        by=system_user(),
        at=TUESDAY,
    )
    client = bearer(contributor)

    shown = client.get(ROOT + path(system, "zz-1"))
    answer = post(client, path(system, "zz-1", "assign"), {}, version=DERIVED)

    assert shown.status_code == 200
    assert answer.status_code in {400, 409}
    assert not Decision.objects.exists()


def test_what_the_organisation_decides_once_is_not_decided_here(system, team, contributor):
    profile = system.scopes.get().profile
    make_system(
        make_team("governance"), profile=profile, kind=SystemKind.ORGANIZATION, key="org"
    )

    answer = post(bearer(contributor), path(system, "at-2", "assign"), {}, version=DERIVED)

    assert "whole organisation" in problem(answer, 409, "conflict")["detail"]
    assert responsibility_for(system, "at-2").version == DERIVED


@pytest.mark.parametrize("query", ["?as_of=never", "?as_of=2026-03-01"])
def test_a_step_is_answered_with_what_holds_now(system, contributor, query):
    step = path(system, "si-2", "assign") + query

    answer = post(bearer(contributor), step, {}, version=DERIVED)

    assert answer.status_code == 200
    assert answer.json()["decided"]["number"] == 1


def test_the_past_is_shown_as_it_was_believed(system, contributor):
    client = bearer(contributor)
    post(client, path(system, "si-2", "assign"), {}, version=DERIVED)
    place = ROOT + path(system, "si-2")

    now = client.get(place).json()
    yesterday = client.get(place, {"as_of": "2026-03-02"}).json()
    before = client.get(place, {"as_of": "2026-03-01"}).json()

    assert now["decided"]["number"] == 1
    assert yesterday["decided"] is None
    assert yesterday["derived"]["kind"] == "shared"
    assert before["derived"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"system": "shop", "control_id": "si-2"},
        {"state": "proposed", "control_id": "si-2"},
        {"kind": "shared", "control_id": "si-2"},
        {"group": "si", "control_id": "si-2"},
        {"suspect": "false", "control_id": "si-2"},
    ],
)
def test_responsibilities_are_found_by_what_they_are(system, contributor, query):
    answer = bearer(contributor).get(ROOT + "responsibilities/", query)

    assert [row["control_id"] for row in answer.json()["results"]] == ["si-2"]


def test_responsibilities_are_found_by_who_owns_them(system, contributor, team):
    make_decision(system, "si-2", owner_team=team)

    answer = bearer(contributor).get(ROOT + "responsibilities/", {"owner_team": team.key})

    assert [row["control_id"] for row in answer.json()["results"]] == ["si-2"]


def test_a_step_costs_few_queries(system, contributor):
    client, step = bearer(contributor), path(system, "si-2", "assign")
    client.get(ROOT + "users/me/")

    with CaptureQueriesContext(connection) as asked:
        answer = post(client, step, {"owner_team": "payments"}, version=DERIVED)

    assert answer.status_code == 200
    told = [query["sql"].split(None, 2)[:2] for query in asked]
    changes = [words for words in told if words[0] in {"INSERT", "UPDATE"}]
    reads = [words for words in told if words[0] == "SELECT"]
    assert len(changes) == 5
    assert len(reads) <= 14
