"""Duties and schedules over the API."""

from datetime import timedelta

import pytest
import time_machine

from controls.models import DutyClaim, ReviewSchedule
from controls.services import duties
from tests.api.shop.calls import ROOT, TUESDAY, bearer, places, post, problem, recorded
from tests.make import (
    MONDAY,
    duty_of,
    make_approval,
    make_auditor,
    make_cadence,
    make_grc_lead,
    make_member,
    make_schedule,
    make_system,
    make_team,
)

pytestmark = pytest.mark.django_db

SESSION = 3


@pytest.fixture
def duty(system):
    """SI-2 on EC2: to be done by the payments team, reviewed every month."""
    make_cadence("critical-patch", "si-2", layers=["guest_os"])
    make_approval(system, "si-2")
    return duty_of(system, "si-2")


@pytest.fixture
def security(db):
    """Another team."""
    return make_team("security")


def rows(client, path):
    answer = client.get(ROOT + path)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def found(client, **filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return [(row["control_id"], row["task"]) for row in rows(client, f"duties/?{query}")]


def one(client, duty, query=""):
    return client.get(f"{ROOT}duties/{duty.uuid}/{query}")


def plan(of, **more):
    return {
        "duty": str(of.uuid),
        "title": "Instances patched",
        "kind": "patching",
        "every": 1,
        "unit": "months",
        **more,
    }


def test_a_duty_says_what_is_left_to_whom(duty, contributor):
    answer = one(bearer(contributor), duty)

    told = answer.json()
    assert answer["ETag"] == '"v1"'
    assert told["what"] == "Guest os, engine, app on EC2"
    assert (told["system"], told["control_id"], told["control_label"]) == (
        "shop",
        "si-2",
        "SI-2",
    )
    assert (told["layers"], told["services"]) == (["guest_os", "engine", "app"], ["ec2"])
    assert (told["claimed_by"], told["disputed_by"]) == (["payments"], [])
    assert [claim["team"] for claim in told["claims"]] == ["payments"]
    assert [row["next_due_on"] for row in told["schedules"]] == ["2026-04-02"]
    assert told["schedules"][0]["cadence"] == "critical-patch"


def test_its_links_lead_somewhere(duty, contributor):
    client = bearer(contributor)

    links = one(client, duty).json()["links"]

    assert {client.get(link).status_code for link in links.values()} == {200}
    (review,) = client.get(links["reviews"]).json()["results"]
    assert review["duty"] == str(duty.uuid)


def test_duties_are_found_by_what_they_are(duty, system, contributor):
    make_approval(system, "ac-2")
    client = bearer(contributor)
    everything = [("si-2", "do"), ("si-2", "check"), ("ac-2", "do")]

    assert found(client) == found(client, system="shop") == everything
    assert found(client, system="none") == []
    assert found(client, task="check") == [("si-2", "check")]
    assert found(client, control_id="ac-2") == [("ac-2", "do")]
    assert found(client, responsibility=duty.responsibility.uuid) == everything[:2]
    assert found(client, team="payments") == everything
    assert found(client, team="security") == []
    assert found(client, ended="true") == []


@pytest.mark.usefixtures("duty")
def test_a_filter_that_there_is_none_of_is_refused(contributor):
    client = bearer(contributor)

    assert "owner" in places(problem(client.get(f"{ROOT}duties/?owner=x"), 400, "invalid"))
    assert "task" in places(problem(client.get(f"{ROOT}duties/?task=x"), 400, "invalid"))
    assert "as_of" in places(problem(client.get(f"{ROOT}duties/?as_of=x"), 400, "invalid"))


def test_unowned_double_claimed_and_disputed_are_filters(duty, security, team):
    lead = make_grc_lead()
    client = bearer(lead)
    duties.claim(duty=duty, version=1, team=security, by=lead, at=TUESDAY)
    assert found(client, double_claimed="true") == [("si-2", "do")]
    assert found(client, double_claimed="false") == [("si-2", "check")]

    duties.dispute(
        duty=duty, version=2, team=security, reason="Not ours", by=lead, at=TUESDAY
    )
    claim = DutyClaim.objects.open().get(duty=duty, team=team)
    duties.end_claim(claim=claim, version=1 + 2, by=lead, at=TUESDAY)

    assert found(client, unowned="true") == [("si-2", "do")]
    assert found(client, disputed="true") == [("si-2", "do")]
    assert found(client, unowned="false") == [("si-2", "check")]
    assert found(client, double_claimed="true") == []


def test_a_duty_that_ended_is_not_unowned(duty, system):
    client = bearer(make_grc_lead())
    make_approval(
        system, "si-2", kind="inherited", rationale="Images are AWS's.", at=TUESDAY
    )

    assert found(client, unowned="true") == []
    assert found(client, ended="true") == [("si-2", "do"), ("si-2", "check")]
    assert one(client, duty).json()["ended_on"] == "2026-03-03"


def test_an_earlier_moment_shows_what_held_then(duty, system, security):
    client, lead = bearer(make_grc_lead()), make_grc_lead()
    later = MONDAY + timedelta(days=20)
    duties.claim(
        duty=duty, version=1, team=security, reason="At night", by=lead, at=TUESDAY
    )
    make_approval(system, "si-2", kind="inherited", rationale="No.", at=later)
    with time_machine.travel(later, tick=False):
        client = bearer(lead, at=later)
        now = one(client, duty).json()
        monday = one(client, duty, "?as_of=2026-03-02").json()
        tuesday = one(client, duty, "?as_of=2026-03-03").json()
        lists = [found(client, as_of=f"2026-03-{day}") for day in ("01", "02", "22")]
        known_now = found(client, on="2026-03-10")
        before = one(client, duty, "?as_of=2026-03-01")

    assert (now["claimed_by"], now["ended_on"]) == ([], "2026-03-22")
    assert (monday["claimed_by"], monday["ended_on"]) == (["payments"], None)
    assert [claim["ended_on"] for claim in monday["claims"]] == [None]
    assert [row["next_due_on"] for row in monday["schedules"]] == ["2026-04-02"]
    assert tuesday["claimed_by"] == ["payments", "security"]
    assert tuesday["double_claimed"] is True
    assert lists == [[], [("si-2", "do"), ("si-2", "check")], []]
    assert known_now == [("si-2", "do"), ("si-2", "check")]
    problem(before, 404, "not-found")


def test_a_team_claims_disputes_and_takes_it_back(duty, contributor):
    client = bearer(contributor)
    path = f"duties/{duty.uuid}"

    disputed = post(
        client, f"{path}/dispute/", {"team": "payments", "reason": "Not us"}, version=1
    )
    (claim,) = (c for c in disputed.json()["claims"] if c["ended_at"] is None)
    ended = post(client, f"{path}/claims/{claim['uuid']}/end/", version=2)
    claimed = post(client, f"{path}/claim/", {"team": "payments"}, version=3)

    assert (disputed.status_code, ended.status_code, claimed.status_code) == (200,) * 3
    assert (disputed["ETag"], claimed["ETag"]) == ('"v2"', '"v4"')
    assert disputed.json()["disputed_by"] == ["payments"]
    assert claim["reason"] == "Not us"
    assert ended.json()["unowned"] is True
    assert claimed.json()["claimed_by"] == ["payments"]
    assert len(claimed.json()["claims"]) == 3


def test_saying_something_needs_the_version_that_was_read(duty, contributor):
    client, path = bearer(contributor), f"duties/{duty.uuid}/claim/"
    before = recorded()

    problem(post(client, path, {"team": "payments"}), 428, "precondition-required")
    problem(post(client, path, {"team": "payments"}, version=9), 412, "stale-version")
    assert recorded() == before


def test_a_claim_that_stands_already_conflicts(duty, contributor):
    answer = post(
        bearer(contributor), f"duties/{duty.uuid}/claim/", {"team": "payments"}, version=1
    )

    assert "Payments claims it already" in problem(answer, 409, "conflict")["detail"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "team"),
        ({"team": "security"}, "team"),  # of which the person sees nothing
        ({"team": "payments", "reason": "x" * 5001}, "reason"),
        ({"team": "payments"}, "reason"),
        ({"team": "payments", "reason": "  "}, "reason"),
        ({"team": "payments", "reason": "x", "stance": "claims"}, "stance"),
    ],
)
@pytest.mark.usefixtures("security")
def test_a_dispute_that_is_none_is_refused_by_field(duty, contributor, body, place):
    answer = post(bearer(contributor), f"duties/{duty.uuid}/dispute/", body, version=1)

    assert place in places(problem(answer, 400, "invalid"))


def test_a_lead_of_a_team_that_sees_nothing_of_it_finds_nothing(duty, security):
    client = bearer(make_member(security, "lead"))
    claim = duty.claims.get()

    for path in ("claim/", f"claims/{claim.uuid}/end/"):
        answer = post(client, f"duties/{duty.uuid}/{path}", {"team": "security"}, version=1)
        problem(answer, 404, "not-found")
    problem(one(client, duty), 404, "not-found")
    assert found(client) == []


def test_a_claim_of_another_duty_is_not_found_here(duty, system, contributor):
    make_approval(system, "ac-2")
    other = duty_of(system, "ac-2").claims.get()

    answer = post(
        bearer(contributor), f"duties/{duty.uuid}/claims/{other.uuid}/end/", version=1
    )

    problem(answer, 404, "not-found")


def test_an_auditor_sees_what_is_in_scope_and_says_nothing(duty, system):
    client = bearer(make_auditor(system))
    elsewhere = make_system(make_team(), "s3", profile=system.scopes.get().profile)
    make_approval(elsewhere, "ac-2")

    shown = {row["system"] for row in rows(client, "duties/")}

    assert shown == {"shop"}
    body = {"team": "payments", "reason": "So"}
    answer = post(client, f"duties/{duty.uuid}/dispute/", body, version=1)
    assert answer.status_code in {400, 403}  # the team is not theirs to name
    schedule = ReviewSchedule.objects.filter(duty=duty).get()
    problem(post(client, f"review-schedules/{schedule.uuid}/end/"), 403, "not-allowed")


def test_a_schedule_is_started_shown_and_ended(duty, approver):
    client = bearer(approver)

    made = post(client, "review-schedules/", plan(duty, anchor_on="2026-01-31"))
    path = f"review-schedules/{made.json()['uuid']}/"
    ended = post(client, f"{path}end/")
    again = post(client, f"{path}end/")

    assert made.status_code == 201
    told = made.json()
    assert (told["next_due_on"], told["lead_days"]) == ("2026-03-31", [7, 1])
    assert (told["overdue_every_days"], told["escalate_after_days"]) == (7, 14)
    assert (told["cadence"], told["started_by"]) == ("", "April")
    assert (ended.json()["ended_on"], ended.json()["next_due_on"]) == ("2026-03-03", None)
    assert client.get(ROOT + path).json() == ended.json()
    problem(again, 409, "conflict")


def test_a_schedule_is_started_once_however_often_it_is_asked_for(duty, approver):
    client, headers = bearer(approver), {"Idempotency-Key": "k1"}

    one_, other = (
        post(client, "review-schedules/", plan(duty), headers=headers) for _ in range(2)
    )

    assert one_.json() == other.json()
    assert other["Idempotency-Replayed"] == "true"
    assert ReviewSchedule.objects.filter(cadence_key="").count() == 1


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": "gardening"}, "kind"),
        ({"every": 0}, "every"),
        ({"every": 200}, "every"),
        ({"every": "often"}, "every"),
        ({"unit": "fortnights"}, "unit"),
        ({"anchor_on": "9999-12-31"}, "anchor_on"),
        ({"anchor_on": "31.01.2026"}, "anchor_on"),
        ({"lead_days": [0]}, "lead_days.0"),
        ({"lead_days": list(range(1, 12))}, "lead_days"),
        ({"lead_days": "7"}, "lead_days"),
        ({"overdue_every_days": -1}, "overdue_every_days"),
        ({"escalate_after_days": 400}, "escalate_after_days"),
        ({"source": "x" * 121}, "source"),
        ({"cadence_key": "critical-patch"}, "cadence_key"),
        ({"duty": "00000000-0000-0000-0000-000000000000"}, "duty"),
        ({"duty": "shop"}, "duty"),
    ],
)
def test_a_schedule_that_is_none_is_refused_by_field(duty, approver, more, place):
    before = recorded()

    answer = post(bearer(approver), "review-schedules/", plan(duty, **more))

    assert place in places(problem(answer, 400, "invalid"))
    assert recorded() == before


def test_only_approvers_schedule(duty, contributor):
    answer = post(bearer(contributor), "review-schedules/", plan(duty))

    assert "approver of the team" in problem(answer, 403, "not-allowed")["detail"]


def test_schedules_are_found_by_what_they_are(duty, system, contributor):
    make_schedule(duty_of(system, "si-2", "check"), kind="configuration", title="Looked")
    client = bearer(contributor)

    def titles(query):
        return [row["title"] for row in rows(client, f"review-schedules/?{query}")]

    assert titles("system=shop") == ["Critical patch", "Looked"]
    assert titles(f"duty={duty.uuid}") == titles("task=do") == ["Critical patch"]
    assert titles("kind=configuration") == ["Looked"]
    assert titles("control_id=si-2&team=payments") == ["Critical patch", "Looked"]
    assert titles("team=other") == titles("ended=true") == titles("system=x") == []


def test_lists_cost_the_same_at_two_sizes_and_a_duty_a_handful(
    duty, system, django_assert_max_num_queries
):
    client = bearer(make_grc_lead())
    for path in ("duties/", "duties/?unowned=false&team=payments", "review-schedules/"):
        with django_assert_max_num_queries(2 + SESSION):
            assert rows(client, path)

    for control_id in ("ac-2", "si-3", "at-2", "pl-2"):
        make_approval(system, control_id)
        make_schedule(duty_of(system, control_id))

    for path in ("duties/", "duties/?unowned=false&team=payments", "review-schedules/"):
        with django_assert_max_num_queries(2 + SESSION):
            assert len(rows(client, path)) > 4
    with django_assert_max_num_queries(5 + SESSION):
        one(client, duty)
