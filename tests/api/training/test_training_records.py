"""Training records over the API."""

import uuid

import pytest

from controls.models import AuditEvent
from evidence.models import TrainingRecord
from tests.api.training.calls import errors, send_csv
from tests.make import make_evidence
from tests.training.making import make_record

FILE = "email;course;completed_on;score\nKIM@example.com;basics;2026-02-01;97 %\n"


def body(world, **changes):
    """A completion by Kim."""
    return {
        "person": str(world.kim.person.uuid),
        "course": "basics",
        "completed_on": "2026-02-01",
        **changes,
    }


def test_a_completion_is_recorded_with_its_certificate(world):
    proof = make_evidence(world.team)

    answer = world.lead.post(
        "training-records/", body(world, score="97 %", evidence=str(proof.uuid))
    )

    assert answer.status_code == 201
    record = answer.json()
    assert (record["email"], record["course"]) == ("kim@example.com", "basics")
    assert (record["valid_until"], record["source"]) == ("2027-02-01", "manual")
    assert (record["evidence"], record["recorded_by"]) == (str(proof.uuid), "Leo")
    assert world.viewer.get(f"training-records/{record['uuid']}/").json() == record


def test_a_completion_is_recorded_once(world):
    world.lead.post("training-records/", body(world))

    again = world.lead.post("training-records/", body(world))

    assert again.status_code == 409
    assert "recorded already" in again.json()["detail"]


def test_a_record_is_withdrawn_with_a_reason_and_stays_on_record(world):
    record = make_record(world.kim, world.course)
    path = f"training-records/{record.uuid}/"

    without = world.lead.post(path + "withdraw/", {})
    done = world.lead.post(path + "withdraw/", {"reason": "Another Kim."})
    again = world.lead.post(path + "withdraw/", {"reason": "Another Kim."})

    assert (without.status_code, done.status_code, again.status_code) == (400, 200, 409)
    assert done.json()["why_ended"] == "Another Kim."
    assert world.lead.get(path).json()["ended_by"] == "Leo"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"completed_on": "2026-03-03"}, "completed_on"),
        ({"completed_on": "1 March"}, "completed_on"),
        ({"valid_until": "2026-01-31"}, "valid_until"),
        ({"course": "no-such"}, "course"),
        ({"person": str(uuid.uuid4())}, "person"),
        ({"person": "kim@example.com"}, "person"),
        ({"evidence": str(uuid.uuid4())}, "evidence"),
        ({"score": "x" * 41}, "score"),
        ({"source": "imported"}, "source"),
    ],
)
def test_what_is_wrong_with_a_record_is_named(world, change, place):
    before = AuditEvent.objects.count()

    answer = world.lead.post("training-records/", body(world, **change))

    assert answer.status_code == 400
    assert [found for found, _ in errors(answer)] == [place]
    assert AuditEvent.objects.count() == before


def test_what_one_may_not_see_is_not_there(world):
    foreign = make_evidence(world.others)
    record = make_record(world.lee, world.course)

    person = world.lead.post(
        "training-records/", body(world, person=str(world.lee.person.uuid))
    )
    proof = world.lead.post("training-records/", body(world, evidence=str(foreign.uuid)))

    assert [found for found, _ in errors(person)] == ["person"]
    assert [found for found, _ in errors(proof)] == ["evidence"]
    assert world.lead.get(f"training-records/{record.uuid}/").status_code == 404
    assert world.lead.rows("training-records/") == []


def test_records_are_found_by_what_they_are_about(world):
    kim, lee = make_record(world.kim, world.course), make_record(world.lee, world.course)
    world.grc.post(f"training-records/{lee.uuid}/withdraw/", {"reason": "So."})

    def found(**query):
        return {row["uuid"] for row in world.grc.rows("training-records/", **query)}

    assert found(course="basics") == {str(kim.uuid), str(lee.uuid)}
    assert found(person=str(world.kim.person.uuid)) == {str(kim.uuid)}
    assert found(email="LEE@example.com") == {str(lee.uuid)}
    assert found(ended="true") == {str(lee.uuid)}
    assert found(valid_on="2026-03-02") == {str(kim.uuid)}
    assert found(valid_on="2027-03-03") == set()


def test_records_are_taken_from_a_file_by_the_lead_of_the_team(world):
    dry = send_csv(world.lead, "training-records/import/?dry_run=true", FILE)
    assert not TrainingRecord.objects.exists()
    done = send_csv(world.lead, "training-records/import/", FILE)
    again = send_csv(world.lead, "training-records/import/", FILE)

    assert dry.json() == done.json() | {"dry_run": True}
    assert done.json()["rows"] == [
        {"row": 2, "what": "new", "email": "kim@example.com", "differences": []}
    ]
    assert again.json()["counts"] == {
        "new": 0,
        "changed": 0,
        "unchanged": 1,
        "withdrawn": 0,
    }
    assert TrainingRecord.objects.get().score == "97 %"


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_a_row_that_one_may_not_record_refuses_the_file(world, query):
    answer = send_csv(world.viewer, f"training-records/import/{query}", FILE)

    assert answer.status_code == 403
    assert "row 2" in answer.json()["detail"]
    assert not TrainingRecord.objects.exists()


def test_unknown_people_and_people_of_other_teams_are_told_alike(world):
    file = FILE + "lee@example.com;basics;2026-02-01;\nann@example.com;basics;2026-02-01;\n"

    told = errors(send_csv(world.lead, "training-records/import/", file))

    assert [place for place, _ in told] == ["row 3, email", "row 4, email"]
    assert told[0][1].replace("lee@", "ann@") == told[1][1]


def test_complete_is_no_parameter_of_records(world):
    answer = send_csv(world.lead, "training-records/import/?complete=true", FILE)

    assert errors(answer) == [("complete", "There is no such parameter. Known: dry_run.")]
