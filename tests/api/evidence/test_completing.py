"""A review is completed over the API with the evidence that shows it."""

import pytest

from controls.models import Review
from tests.api.evidence.calls import FIELDS, upload
from tests.make import make_evidence, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(review):
    return f"reviews/{review.uuid}/complete/"


def test_a_review_is_completed_with_named_evidence_and_the_next_opens(
    contributor, path, review
):
    piece = upload(contributor).json()["uuid"]
    body = {"outcome": "satisfied", "done_on": "2026-03-01", "evidence": [piece]}

    answer = contributor.post(path, body, version=1)

    told = answer.json()
    assert answer.status_code == 200
    assert answer["ETag"] == '"v2"'
    assert (told["outcome"], told["done_on"]) == ("satisfied", "2026-03-01")
    assert told["completed_by"] == "Cora"
    assert told["next"] == str(Review.objects.latest("due_on").uuid)
    assert [row["uuid"] for row in contributor.rows("evidence/", review=review.uuid)] == [
        piece
    ]


def test_satisfied_without_proof_is_refused_and_changes_nothing(contributor, path, review):
    answer = contributor.post(path, {"outcome": "satisfied"}, version=1)

    review.refresh_from_db()
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == "evidence"
    assert (review.completed_at, review.version) == (None, 1)


def test_evidence_that_was_linked_when_it_was_handed_in_is_enough(
    contributor, path, review
):
    upload(contributor, fields={**FIELDS, "reviews": [str(review.uuid)]})

    assert contributor.post(path, {"outcome": "satisfied"}, version=1).status_code == 200


def test_evidence_of_others_is_refused_by_its_place(contributor, path):
    theirs = make_evidence(make_team("other"))
    body = {"outcome": "satisfied", "evidence": [str(theirs.uuid)]}

    answer = contributor.post(path, body, version=1)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == "evidence.0"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"outcome": "not-satisfied"}, "remark"),
        ({"outcome": "not-satisfied", "remark": "x", "done_on": "2999-01-01"}, "done_on"),
        ({"outcome": "satisfied", "proof": []}, "proof"),
    ],
)
def test_what_is_wrong_is_named(contributor, path, body, place):
    answer = contributor.post(path, body, version=1)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == place


def test_a_step_names_the_version_it_is_made_on(contributor, path):
    body = {"outcome": "not-satisfied", "remark": "Two hosts late."}

    assert contributor.post(path, body).status_code == 428
    assert contributor.post(path, body, version=7).status_code == 412
    assert contributor.post(path, body, version=1).status_code == 200
    assert contributor.post(path, body, version=2).status_code == 409
