"""People of the roster over the API, and taking a roster."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.models import AuditEvent
from evidence.models import Person, RosterEntry
from evidence.services import roster
from tests.api.training.calls import errors, send_csv
from tests.make import MONDAY, make_evidence, make_grc_lead, make_team
from tests.training.making import TODAY, make_course, make_entry, make_record

FILE = (
    "email,name,team,audiences\nkim@example.com,Kim,security,leads\nann@example.com,Ann,,\n"
)


def found(api, **query):
    """Address → team on the day."""
    return {
        row["email"]: row["entry"] and row["entry"]["team"]
        for row in api.rows("people/", **query)
    }


def test_people_are_shown_with_how_they_stand_today(world):
    assert found(world.grc) == {
        "kim@example.com": "platform",
        "lee@example.com": "security",
    }
    assert found(world.viewer) == {"kim@example.com": "platform"}


def test_people_are_found_by_team_audience_day_and_address(world):
    roster.end_entry(entry=world.lee, on=TODAY, by=make_grc_lead(), at=MONDAY)
    make_entry("ann@example.com", since=TODAY.replace(month=5), audiences=["leads"])

    assert found(world.grc)["lee@example.com"] is None
    assert found(world.grc, on="2026-03-02") == {"kim@example.com": "platform"}
    assert set(found(world.grc, on="2026-05-02")) == {"kim@example.com", "ann@example.com"}
    assert set(found(world.grc, audience="Leads")) == {"kim@example.com"}
    assert set(found(world.grc, audience="leads", on="2026-05-02", team="platform")) == {
        "kim@example.com"
    }
    assert set(found(world.grc, team="security")) == set()
    assert set(found(world.grc, email="LEE@example.com")) == {"lee@example.com"}
    assert world.grc.get("people/", on="soon").status_code == 400
    assert world.grc.get("people/", teem="x").status_code == 400


def test_a_person_is_shown_with_the_entries_and_records_that_one_may_see(world):
    roster.end_entry(entry=world.kim, on=TODAY, by=make_grc_lead(), at=MONDAY)
    moved = make_entry("kim@example.com", name="Kim", team=world.others)
    proof = make_evidence(world.others)
    make_record(moved, world.course, evidence=proof)
    path = f"people/{world.kim.person.uuid}/"

    all_, mine = world.grc.get(path).json(), world.viewer.get(path).json()

    assert [entry["team"] for entry in all_["entries"]] == ["platform", "security"]
    assert [entry["team"] for entry in mine["entries"]] == ["platform"]
    assert (all_["entry"]["team"], mine["entry"]) == ("security", None)
    assert all_["records"][0]["evidence"] == str(proof.uuid)
    assert mine["records"][0]["evidence"] is None
    assert mine["records"][0]["course"] == "basics"
    assert world.viewer.get(f"people/{world.lee.person.uuid}/").status_code == 404


def test_a_dry_run_says_what_a_roster_would_change_and_writes_nothing(world):
    before = AuditEvent.objects.count()

    answer = send_csv(world.grc, "people/import/?dry_run=true&complete=true", FILE)

    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": True,
        "counts": {"new": 1, "changed": 1, "ended": 1, "linked": 0, "unchanged": 0},
        "rows": [
            {
                "row": 2,
                "what": "changed",
                "email": "kim@example.com",
                "differences": [{"field": "team", "old": "platform", "new": "security"}],
            },
            {"row": 3, "what": "new", "email": "ann@example.com", "differences": []},
            {
                "row": None,
                "what": "ended",
                "email": "lee@example.com",
                "differences": [{"field": "left_on", "old": "", "new": "2026-03-02"}],
            },
        ],
        "left_out": 0,
    }
    assert AuditEvent.objects.count() == before


def test_a_roster_is_taken_and_again_changes_nothing(world):
    path = "people/import/?complete=true"

    first = send_csv(world.grc, path, FILE).json()
    before = AuditEvent.objects.count()
    again = send_csv(world.grc, path, FILE).json()

    assert first["dry_run"] is False
    assert again["counts"] == {
        "new": 0,
        "changed": 0,
        "ended": 0,
        "linked": 0,
        "unchanged": 2,
    }
    assert AuditEvent.objects.count() == before
    assert found(world.grc, on="2026-03-02") == {
        "kim@example.com": "security",
        "ann@example.com": None,
    }


def test_without_complete_nobody_leaves(world):
    answer = send_csv(world.grc, "people/import/?dry_run=false", FILE).json()

    assert answer["counts"]["ended"] == 0
    assert "lee@example.com" in found(world.grc, on="2026-03-02")


def test_every_row_that_is_wrong_is_named_and_nothing_is_written(world):
    before = AuditEvent.objects.count()
    file = "email,name,team\nkim@example.com,Kim,nobodys\nno address,Ann,\n"

    answer = send_csv(world.grc, "people/import/", file)

    assert answer.status_code == 400
    assert errors(answer) == [
        ("row 2, team", "There is no team with the key 'nobodys'."),
        ("row 3, email", "'no address' is not an address."),
    ]
    assert answer.json()["detail"] == (
        "roster.csv: 2 things are wrong, so nothing of the file is taken."
    )
    assert answer.json()["left_out"] == 0
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("content", "media", "code"),
    [
        (b"", "text/csv", 400),
        (b"\xff\xfe", "text/csv", 400),
        (b"email,name\n" + b"x" * (4 * 1024 * 1024), "text/csv", 413),
        (b"{}", "application/json", 415),
        (FILE.encode(), "text/csv; charset=utf-8", 200),
    ],
)
def test_a_body_that_is_no_such_file_is_refused(world, content, media, code):
    answer = send_csv(world.grc, "people/import/?dry_run=true", content, media)

    assert answer.status_code == code
    assert Person.objects.count() == 2


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("dryrun=true", "dryrun"),
        ("dry_run=yes", "dry_run"),
        ("complete=1", "complete"),
        ("limit=3", "limit"),
    ],
)
def test_a_misspelt_parameter_is_refused_before_anything_is_written(world, query, place):
    answer = send_csv(world.grc, f"people/import/?{query}", FILE)

    assert answer.status_code == 400
    assert [found for found, _ in errors(answer)] == [place]
    assert RosterEntry.objects.count() == 2


def test_only_the_grc_lead_takes_a_roster_and_others_learn_nothing_of_it(world):
    for query in ("", "?dry_run=true"):
        answer = send_csv(world.lead, f"people/import/{query}", "nonsense")

        assert answer.status_code == 403
        assert "GRC lead" in answer.json()["detail"]


def test_a_token_that_only_reads_imports_nothing(world, api_of):
    reader = api_of(make_grc_lead(), "read")

    assert send_csv(reader, "people/import/", FILE).status_code == 403
    assert Person.objects.count() == 2


def test_people_cost_the_same_at_two_sizes(world):
    def cost(path):
        world.grc.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert world.grc.get(path).status_code == 200
        return len(seen)

    paths = (
        "people/",
        "people/?team=platform&audience=leads&on=2026-03-02",
        f"people/{world.kim.person.uuid}/",
        "training-records/?valid_on=2026-03-02",
    )
    make_record(world.kim, world.course)
    few = [cost(path) for path in paths]
    for number in range(10):
        entry = make_entry(f"p{number}@example.com", team=make_team(), audiences=["leads"])
        make_record(entry, world.course)
        make_record(world.kim, make_course())

    assert [cost(path) for path in paths] == few
    assert max(few) <= 7
