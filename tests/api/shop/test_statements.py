"""Single statements over the API: read, set apart, and back."""

import pytest

from controls.models import Responsibility
from tests.api.shop.calls import ROOT, bearer, places, post
from tests.make import (
    make_approval,
    make_decision,
    make_member,
    make_statements,
    make_team,
    responsibility_for,
    set_statement_apart,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def control(system):
    make_statements("si-2", "a", "b", "b.1")
    make_decision(system, "si-2", customer_statement="We patch.")
    return responsibility_for(system, "si-2")


def path(row, step=""):
    return f"responsibilities/{row.uuid}/" + (f"{step}/" if step else "")


def set_apart(client, control, version=None, **body):
    return post(
        client,
        path(control, "set-apart"),
        {"statement": "si-2_smt.b", **body},
        version=control.version if version is None else version,
    )


def test_each_statement_reads_as_its_control_does(control, contributor):
    answer = bearer(contributor).get(ROOT + path(control, "statements"))

    told = answer.json()
    assert [one["printed"] for one in told] == ["a.", "b.", "b.1."]
    assert {one["customer_statement"] for one in told} == {"We patch."}
    assert {one["responsibility"] for one in told} == {str(control.uuid)}
    assert not any(one["apart"] for one in told)


def test_one_is_set_apart_with_what_the_control_says_but_for_what_is_sent(
    control, contributor
):
    answer = set_apart(
        bearer(contributor), control, kind="customer-specific", rationale="Theirs."
    )

    body = answer.json()
    assert answer.status_code == 201
    assert answer["ETag"] == f'"v{body["version"]}"'
    assert (body["statement"], body["label"]) == ("si-2_smt.b", "SI-2 b.")
    assert body["kind"] == "customer-specific"
    assert body["decided"]["customer_statement"] == "We patch."
    assert body["decided"]["source"] == "manual"


def test_what_stands_apart_governs_its_items(control, contributor):
    client = bearer(contributor)
    made = set_apart(client, control, kind="customer-specific", rationale="Theirs.").json()

    told = client.get(ROOT + path(control, "statements")).json()

    assert [(one["printed"], one["governed_by"], one["apart"]) for one in told] == [
        ("a.", "", False),
        ("b.", "si-2_smt.b", True),
        ("b.1.", "si-2_smt.b", False),
    ]
    assert told[2]["responsibility"] == made["uuid"]


def test_it_is_a_responsibility_like_any_other(control, contributor, approver):
    client = bearer(contributor)
    made = set_apart(client, control).json()
    one = Responsibility.objects.get(uuid=made["uuid"])

    submitted = post(client, path(one, "submit"), {}, version=made["version"])
    approved = post(
        bearer(approver), path(one, "approve"), {}, version=submitted.json()["version"]
    )

    assert approved.json()["state"] == "approved"
    listed = client.get(f"{ROOT}responsibilities/?statement=si-2_smt.b").json()["results"]
    assert [row["uuid"] for row in listed] == [made["uuid"]]


@pytest.mark.parametrize(("whole", "labels"), [("true", "SI-2"), ("false", "SI-2 b.")])
def test_the_list_tells_whole_controls_from_statements(control, contributor, whole, labels):
    set_statement_apart(control.system, "si-2_smt.b")
    query = f"system=shop&control_id=si-2&whole={whole}"

    rows = bearer(contributor).get(f"{ROOT}responsibilities/?{query}").json()["results"]

    assert [row["label"] for row in rows] == [labels]


def test_it_falls_back_and_leaves_the_list(control, contributor):
    client = bearer(contributor)
    made = set_apart(client, control).json()
    one = Responsibility.objects.get(uuid=made["uuid"])

    answer = post(
        client, path(one, "fall-back"), {"remark": "As all."}, version=made["version"]
    )

    assert answer.status_code == 200
    assert answer.json()["ended_at"] is not None
    listed = client.get(f"{ROOT}responsibilities/?statement=si-2_smt.b").json()["results"]
    assert listed == []
    assert client.get(ROOT + path(one)).json()["ended_at"] is not None
    again = post(client, path(one, "assign"), {}, version=answer.json()["version"])
    assert again.status_code == 409


def test_as_of_before_it_reads_as_the_control_did(control, contributor):
    client = bearer(contributor)
    set_apart(client, control, kind="customer-specific", rationale="Theirs.")

    told = client.get(ROOT + path(control, "statements") + "?as_of=2026-03-02").json()

    assert not any(one["apart"] for one in told)


def test_the_matrix_names_what_stands_apart(control, contributor):
    set_statement_apart(control.system, "si-2_smt.b")

    rows = bearer(contributor).get(f"{ROOT}systems/shop/matrix/").json()["rows"]

    assert {row["control_id"]: row["apart"] for row in rows if row["apart"]} == {
        "si-2": ["si-2_smt.b"]
    }


@pytest.mark.parametrize("statement", ["si-2_smt", "si-2_smt.x", "ac-2_smt.a", ""])
def test_what_is_no_statement_of_it_is_named(control, contributor, statement):
    answer = set_apart(bearer(contributor), control, statement=statement)

    assert answer.status_code == 400
    assert places(answer.json()) == {"statement"}


def test_without_a_version_nothing_is_set_apart(control, contributor):
    answer = post(
        bearer(contributor), path(control, "set-apart"), {"statement": "si-2_smt.b"}
    )

    assert answer.status_code == 428
    assert not Responsibility.objects.filter(part__isnull=False).exists()


def test_on_a_stale_version_nothing_is_set_apart(control, contributor):
    answer = set_apart(bearer(contributor), control, version=control.version - 1)

    assert answer.status_code == 412
    assert not Responsibility.objects.filter(part__isnull=False).exists()


def test_falling_back_without_a_remark_names_the_field(control, contributor):
    client = bearer(contributor)
    made = set_apart(client, control).json()
    one = Responsibility.objects.get(uuid=made["uuid"])

    answer = post(client, path(one, "fall-back"), {}, version=made["version"])

    assert answer.status_code == 400
    assert places(answer.json()) == {"remark"}


def test_who_answers_for_the_control_alone_is_told_what_was_set_apart(control):
    other = make_team("other")
    make_approval(control.system, "si-2", owner_team=other)
    control.refresh_from_db()
    client = bearer(make_member(other, "contributor"))

    answer = set_apart(client, control, kind="inherited", rationale="So.", owner_team=None)

    assert answer.status_code == 201
    assert client.get(ROOT + path(control, "statements")).json()[1]["kind"] == "inherited"
    assert client.get(f"{ROOT}responsibilities/{answer.json()['uuid']}/").status_code == 200
