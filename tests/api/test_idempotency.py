"""A create that is sent twice happens once."""

import threading

import pytest
from django.db import connection

from controls.models import AuditEvent, IdempotencyRecord, System, Team
from tests.make import make_admin, make_grc_lead, make_team, make_user, make_world

BODY = {"key": "payments", "name": "Payments"}


@pytest.mark.django_db
def test_the_same_request_with_the_same_key_is_answered_as_the_first_time(api_of):
    api = api_of(make_admin())
    first = api.post("teams/", BODY, Idempotency_Key="abc")
    events = AuditEvent.objects.count()

    again = api.post("teams/", dict(reversed(BODY.items())), Idempotency_Key="abc")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["ETag"] == first["ETag"]
    assert again["Idempotency-Replayed"] == "true"
    assert (Team.objects.count(), AuditEvent.objects.count()) == (1, events)


@pytest.mark.django_db
def test_another_request_with_the_same_key_is_a_conflict(api_of):
    api = api_of(make_admin())
    api.post("teams/", BODY, Idempotency_Key="abc")

    other = api.post("teams/", {"key": "other", "name": "Other"}, Idempotency_Key="abc")
    elsewhere = api.post("systems/", BODY, Idempotency_Key="abc")

    assert (other.status_code, elsewhere.status_code) == (409, 409)
    assert Team.objects.count() == 1


@pytest.mark.django_db
def test_a_refused_create_uses_up_no_key(api_of):
    api = api_of(make_admin())
    refused = api.post("teams/", {**BODY, "name": ""}, Idempotency_Key="abc")

    answer = api.post("teams/", BODY, Idempotency_Key="abc")

    assert (refused.status_code, answer.status_code) == (400, 201)


@pytest.mark.django_db
def test_a_key_belongs_to_one_person(api_of):
    api_of(make_admin()).post("teams/", BODY, Idempotency_Key="abc")

    answer = api_of(make_admin()).post("teams/", BODY, Idempotency_Key="abc")

    assert answer.status_code == 409
    assert "Idempotency-Replayed" not in answer


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 101, "with space", "ü"])
def test_a_key_that_is_none_is_refused(api_of, key):
    answer = api_of(make_admin()).post("teams/", BODY, Idempotency_Key=key)

    assert answer.json()["errors"][0]["place"] == "Idempotency-Key"


@pytest.mark.django_db
def test_a_tokens_text_is_never_kept_for_a_second_answer(api_of):
    body = {"name": "pipeline", "expires_at": "2100-12-01T00:00:00Z"}

    answer = api_of(make_user()).post("tokens/", body, Idempotency_Key="abc")

    assert answer.json()["errors"][0]["place"] == "Idempotency-Key"
    assert not IdempotencyRecord.objects.exists()


def test_ten_at_once_create_one(api_of, committed_db):
    make_world()
    api, team = api_of(make_grc_lead()), make_team("payments")
    body = {"key": "shop", "name": "Shop", "owner_team": team.key}
    answers = []

    def send():
        answers.append(api.post("systems/", body, Idempotency_Key="abc"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    made = {answer.json()["uuid"] for answer in answers if answer.status_code == 201}
    assert System.objects.count() == len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
