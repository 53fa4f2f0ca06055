"""Taking a roster: what is new, what changes, who leaves; and again, nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.errors import ConflictError, InvalidFileError, NotAllowedError
from controls.models import AuditEvent
from evidence.importers.rosters import plan_roster
from evidence.models import Person, RosterEntry
from evidence.services import roster
from tests.make import MONDAY, make_grc_lead, make_member, make_team, make_user
from tests.training.making import TODAY, a_roster, make_entry, take_roster

pytestmark = pytest.mark.django_db

NEXT_DAY = MONDAY + timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
WITH_DAYS = "email,name,team,audiences,joined_on,left_on"


@pytest.fixture(autouse=True)
def team():
    return make_team("platform")


def counts(plan):
    """What changes, without what does not."""
    return {kind: count for kind, count in plan.counts.items() if count}


def standing(on=TODAY, as_of=NEXT_DAY):
    """Who is on the roster: address → name, team, audiences."""
    entries = RosterEntry.objects.in_force(on=on, as_of=as_of)
    return {
        entry.person.email: (
            entry.name,
            entry.team.key if entry.team else "",
            entry.audiences,
        )
        for entry in entries.select_related("person", "team")
    }


def told(file, **options):
    """What is wrong, as a person reads it."""
    before = AuditEvent.objects.count()
    with pytest.raises(InvalidFileError) as caught:
        take_roster(file, **options)
    assert AuditEvent.objects.count() == before
    assert not Person.objects.exists()
    return [str(fault) for fault in caught.value.faults]


def test_people_of_a_file_are_on_the_roster_from_today_on():
    file = a_roster(
        'Kim@Example.com,Kim,platform,"Leads;developers"', "lee@example.com,Lee,,"
    )

    plan = take_roster(file)

    assert counts(plan) == {"new": 2}
    assert standing() == {
        "kim@example.com": ("Kim", "platform", ["developers", "leads"]),
        "lee@example.com": ("Lee", "", []),
    }
    assert standing(on=TODAY - timedelta(days=1)) == {}
    assert standing(as_of=MONDAY - timedelta(seconds=1)) == {}


def test_a_file_that_was_taken_changes_nothing_when_it_is_taken_again():
    rows = ("kim@example.com,Kim,platform,developers", "lee@example.com,Lee,,")
    take_roster(a_roster(*rows))
    before = AuditEvent.objects.count()

    same_day = take_roster(a_roster(*rows), complete=True)
    later = take_roster(a_roster(*rows), at=NEXT_DAY)

    assert counts(same_day) == counts(later) == {"unchanged": 2}
    assert AuditEvent.objects.count() == before


def test_a_change_is_an_end_and_a_new_start():
    make_team("security")
    take_roster(a_roster("kim@example.com,Kim,platform,developers"))

    plan = take_roster(a_roster("KIM@example.com,Kim Lee,security,leads"), at=NEXT_DAY)

    (step,) = plan.steps
    assert [(d.field, d.old, d.new) for d in step.differences] == [
        ("name", "Kim", "Kim Lee"),
        ("team", "platform", "security"),
        ("audiences", "developers", "leads"),
    ]
    then = standing(on=TODAY, as_of=NEXT_DAY)
    now = standing(on=TOMORROW, as_of=NEXT_DAY)
    assert then == {"kim@example.com": ("Kim", "platform", ["developers"])}
    assert now == {"kim@example.com": ("Kim Lee", "security", ["leads"])}
    assert Person.objects.count() == 1


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_cell_does():
    take_roster(a_roster("kim@example.com,Kim,platform,developers"))

    without = take_roster(a_roster("kim@example.com,Kim", header="email,name"))
    emptied = take_roster(a_roster("kim@example.com,Kim,,"))

    assert counts(without) == {"unchanged": 1}
    assert counts(emptied) == {"changed": 1}
    assert standing() == {"kim@example.com": ("Kim", "", [])}


def test_people_who_are_not_in_a_complete_file_leave():
    take_roster(a_roster("kim@example.com,Kim,,", "lee@example.com,Lee,platform,"))
    file = a_roster("kim@example.com,Kim,,")

    partial = take_roster(file, at=NEXT_DAY)
    complete = take_roster(file, complete=True, at=NEXT_DAY)

    assert counts(partial) == {"unchanged": 1}
    assert counts(complete) == {"ended": 1, "unchanged": 1}
    (step,) = complete.steps
    assert (step.email, step.row, step.ends_on) == ("lee@example.com", None, TOMORROW)
    assert set(standing(on=TOMORROW)) == {"kim@example.com"}
    assert set(standing(on=TODAY)) == {"kim@example.com", "lee@example.com"}


def test_somebody_who_left_is_no_longer_on_the_roster_from_that_day():
    take_roster(a_roster("kim@example.com,Kim,,,2026-01-05,", header=WITH_DAYS))
    gone = a_roster("kim@example.com,Kim,,,2026-01-05,2026-02-01", header=WITH_DAYS)

    plan = take_roster(gone)
    again = take_roster(gone)

    assert (counts(plan), counts(again)) == ({"ended": 1}, {"unchanged": 1})
    assert set(standing(on=date(2026, 1, 31))) == {"kim@example.com"}
    assert standing(on=date(2026, 2, 1)) == {}


def test_an_end_that_lies_ahead_is_planned_moved_and_taken_back():
    row = "kim@example.com,Kim,platform,,2026-01-05,"
    planned = a_roster(row + "2026-06-30", header=WITH_DAYS)
    moved = a_roster(row + "2026-12-31", header=WITH_DAYS)
    stays = a_roster(row, header=WITH_DAYS)

    first, again = take_roster(planned), take_roster(planned)
    assert (counts(first), counts(again)) == ({"new": 1}, {"unchanged": 1})
    assert standing(on=date(2026, 6, 30)) == {}
    assert counts(take_roster(moved)) == {"changed": 1}
    assert counts(take_roster(moved)) == {"unchanged": 1}
    assert set(standing(on=date(2026, 6, 30))) == {"kim@example.com"}
    assert standing(on=date(2026, 12, 31)) == {}
    assert counts(take_roster(stays)) == {"changed": 1}
    assert set(standing(on=date(2027, 1, 1))) == {"kim@example.com"}


def test_somebody_who_left_before_is_history_where_the_file_tells_since_when():
    rows = (
        "kim@example.com,Kim,,,2025-01-05,2025-06-01",
        "lee@example.com,Lee,,,,2025-06-01",
    )
    file = a_roster(*rows, header=WITH_DAYS)

    plan, again = take_roster(file), take_roster(file)

    assert counts(plan) == {"new": 1, "unchanged": 1}
    assert counts(again) == {"unchanged": 2}
    assert set(standing(on=date(2025, 5, 31))) == {"kim@example.com"}
    assert standing() == {}


def test_somebody_who_comes_back_is_the_same_person_with_a_new_entry():
    take_roster(a_roster("kim@example.com,Kim,,,2025-01-05,2025-06-01", header=WITH_DAYS))

    plan = take_roster(a_roster("kim@example.com,Kim,,,2025-01-05,", header=WITH_DAYS))

    assert counts(plan) == {"new": 1}
    assert Person.objects.count() == 1
    assert standing(on=date(2025, 12, 1)) == {}
    assert set(standing(on=TODAY)) == {"kim@example.com"}


def test_somebody_who_starts_later_changes_before_they_have_begun():
    header = "email,name,joined_on"
    take_roster(a_roster("kim@example.com,Kim,2026-05-01", header=header))

    plan = take_roster(a_roster("kim@example.com,Kim Lee,2026-05-01", header=header))

    assert counts(plan) == {"changed": 1}
    assert standing() == {}
    assert standing(on=date(2026, 5, 1)) == {"kim@example.com": ("Kim Lee", "", [])}


def test_somebody_with_a_sign_in_is_linked_to_it_whenever_they_get_it():
    kim = make_user(email="kim@example.com")
    rows = ("Kim@Example.COM,Kim,,", "lee@example.com,Lee,,")
    take_roster(a_roster(*rows))
    lee = make_user(email="Lee@example.com")

    plan, again = take_roster(a_roster(*rows)), take_roster(a_roster(*rows))

    assert counts(plan) == {"linked": 1, "unchanged": 1}
    assert counts(again) == {"unchanged": 2}
    linked = dict(Person.objects.values_list("email", "user"))
    assert linked == {"kim@example.com": kim.pk, "lee@example.com": lee.pk}


def test_a_sign_in_is_one_persons_even_when_its_address_goes_to_another():
    kim = make_user(email="kim@example.com")
    take_roster(a_roster("kim@example.com,Kim,,"))
    kim.email = "lee@example.com"
    kim.save()

    plan = take_roster(a_roster("lee@example.com,Lee,,"))

    assert counts(plan) == {"new": 1}
    assert Person.objects.get(email="lee@example.com").user is None


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written():
    file = a_roster(
        "kim@example.com,Kim,nobodys,,2026-03-02,2026-03-01",
        "KIM@example.com,Kim,,,,",
        "no address,Lee,nobodys,,,",
        "joe@example.com,,,,1.3.2026,",
        f"ann@example.com,Ann,,{'a' * 61},,",
        header=WITH_DAYS,
    )

    assert told(file) == [
        "row 2, team: There is no team with the key 'nobodys'.",
        "row 2, left_on: 2026-03-01 is before 2026-03-02, the day of joining.",
        "row 3, email: kim@example.com stands in row 2 already.",
        "row 4, email: 'no address' is not an address.",
        "row 4, team: There is no team with the key 'nobodys'.",
        "row 5, name: The cell is empty.",
        "row 5, joined_on: '1.3.2026' is not a date like 2026-03-31.",
        f"row 6, audiences: {'a' * 20}… is longer than 60 characters.",
    ]


def test_nobody_leaves_before_their_entry_began():
    take_roster(a_roster("kim@example.com,Kim,,"))
    file = a_roster("kim@example.com,Kim,,,,2026-02-01", header=WITH_DAYS)

    with pytest.raises(InvalidFileError) as caught:
        take_roster(file)

    assert [str(fault) for fault in caught.value.faults] == [
        "row 2, left_on: 2026-02-01 is before 2026-03-02, when the entry began."
    ]


def test_only_the_grc_lead_takes_a_roster(team):
    file = a_roster("kim@example.com,Kim,platform,")

    with pytest.raises(NotAllowedError, match="GRC lead"):
        take_roster(file, by=make_member(team, "lead"))
    take_roster(file, by=make_grc_lead())

    assert set(standing()) == {"kim@example.com"}


def test_what_somebody_changed_meanwhile_refuses_the_whole_file(monkeypatch):
    entry = make_entry("kim@example.com", name="Kim")
    file = a_roster("kim@example.com,Kim Lee,,", "lee@example.com,Lee,,")
    looked_at = plan_roster(file, complete=False, today=TODAY)
    roster.end_entry(entry=entry, on=TODAY, by=entry.started_by, at=MONDAY)
    before = AuditEvent.objects.count()
    monkeypatch.setattr(roster, "plan_roster", lambda *_, **__: looked_at)

    with pytest.raises(ConflictError, match="at the same moment"):
        take_roster(file)

    assert AuditEvent.objects.count() == before
    assert not Person.objects.filter(email="lee@example.com").exists()


def test_events_tell_what_happened_and_name_nobody():
    take_roster(a_roster("kim@example.com,Kim,platform,developers"))
    take_roster(a_roster("kim@example.com,Kim Lee,platform,developers"), at=NEXT_DAY)

    events: Any = list(AuditEvent.objects.order_by("seq"))[-4:]

    assert [event.verb for event in events] == [
        "person-added",
        "roster-entry-started",
        "roster-entry-ended",
        "roster-entry-started",
    ]
    assert "kim" not in repr([event.content() for event in events]).lower()
    person = Person.objects.get()
    assert events[1].after["person"] == str(person.uuid)
    assert events[1].after["team"] == "platform"
    assert events[2].after == {"ended_on": "2026-03-03"}


def test_taking_a_roster_costs_the_same_for_ten_people_and_for_thirty():
    # SQLite takes 999 values in one statement, which is 62 audit events.
    def cost(first, last, name):
        rows = [f"p{number}@example.com,{name},platform," for number in range(first, last)]
        file = a_roster(*rows)
        with CaptureQueriesContext(connection) as seen:
            take_roster(file)
        return len(seen)

    few_new, few_changed = cost(0, 10, "A"), cost(0, 10, "B")
    many_new, many_changed = cost(100, 130, "A"), cost(100, 130, "B")

    assert few_new == many_new <= 13
    assert few_changed == many_changed <= 13
