"""Putting somebody on the roster and taking them off, one by one."""

from datetime import date, timedelta

import pytest

from controls.errors import ConflictError, InvalidInputError, NotAllowedError
from controls.models import AuditEvent
from evidence.models import Person, RosterEntry
from evidence.services import roster
from evidence.services.roster import Entry
from tests.make import MONDAY, make_admin, make_grc_lead, make_member, make_team, make_user
from tests.training.making import TODAY, make_entry

pytestmark = pytest.mark.django_db


def end(entry, on, by=None, at=MONDAY):
    return roster.end_entry(entry=entry, on=on, by=by or make_grc_lead(), at=at)


def test_somebody_is_found_by_address_whatever_its_case_and_linked_to_their_sign_in():
    user = make_user(email="Kim@example.com")

    first = make_entry("KIM@example.com", until=TODAY + timedelta(days=5))
    second = make_entry("kim@EXAMPLE.com", since=TODAY + timedelta(days=5))

    assert first.person == second.person
    assert (first.person.email, first.person.user) == ("kim@example.com", user)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2026, 3, 10), None),
        (date(2026, 3, 1), None),
        (date(2026, 3, 1), date(2026, 3, 11)),
        (date(2026, 3, 19), date(2026, 3, 25)),
    ],
)
def test_nobody_is_on_the_roster_twice_on_one_day(since, until):
    make_entry("kim@example.com", since=date(2026, 3, 10), until=date(2026, 3, 20))

    with pytest.raises(ConflictError, match="from 2026-03-10 until 2026-03-20 already"):
        make_entry("kim@example.com", since=since, until=until)

    make_entry("kim@example.com", since=date(2026, 3, 1), until=date(2026, 3, 10))
    make_entry("kim@example.com", since=date(2026, 3, 20))


def test_what_ended_leaves_room_from_that_day_on():
    entry = make_entry("kim@example.com", since=date(2026, 2, 1))
    end(entry, date(2026, 3, 1))

    with pytest.raises(ConflictError, match="from 2026-02-01 until 2026-03-01 already"):
        make_entry("kim@example.com", since=date(2026, 2, 28))
    make_entry("kim@example.com", since=date(2026, 3, 1))

    assert RosterEntry.objects.count() == 2


def test_an_end_is_said_once():
    entry = make_entry()

    ended = end(entry, TODAY)

    assert ended.ended_on == TODAY
    with pytest.raises(ConflictError, match="ended already"):
        end(entry, TODAY)
    with pytest.raises(InvalidInputError, match="cannot end before"):
        end(make_entry(), TODAY - timedelta(days=1))


def test_an_end_that_lies_ahead_is_a_plan():
    entry = make_entry("kim@example.com", name="Kim", audiences=["leads"])
    last = date(2026, 6, 30)

    planned = end(entry, last, at=MONDAY + timedelta(days=1))

    assert (planned.since, planned.until, planned.ended_at) == (
        date(2026, 3, 3),
        last,
        None,
    )
    assert (planned.name, planned.audiences) == ("Kim", ["leads"])
    on_roster = RosterEntry.objects.in_force
    later = MONDAY + timedelta(days=2)
    assert on_roster(on=date(2026, 6, 29), as_of=later).count() == 1
    assert on_roster(on=last, as_of=later).count() == 0
    assert on_roster(on=TODAY, as_of=later).count() == 1


@pytest.mark.parametrize(
    ("email", "change", "place"),
    [
        ("nobody", {}, "email"),
        ("kim@example.com", {"name": " "}, "name"),
        ("kim@example.com", {"until": TODAY}, "until"),
    ],
)
def test_what_is_wrong_with_an_entry_is_named(email, change, place):
    entry = Entry(**{"name": "Kim", **change})

    with pytest.raises(InvalidInputError) as caught:
        roster.start_entry(email=email, entry=entry, by=make_grc_lead(), at=MONDAY)

    assert caught.value.place == place
    assert not Person.objects.exists()


def test_only_the_grc_lead_keeps_the_roster():
    team = make_team()
    entry = make_entry(team=team)
    before = AuditEvent.objects.filter(target_type="RosterEntry").count()

    for somebody in (make_member(team, "lead"), make_admin()):
        with pytest.raises(NotAllowedError, match="GRC lead"):
            roster.start_entry(
                email="kim@example.com", entry=Entry("Kim"), by=somebody, at=MONDAY
            )
        with pytest.raises(NotAllowedError, match="GRC lead"):
            end(entry, TODAY, by=somebody)

    assert AuditEvent.objects.filter(target_type="RosterEntry").count() == before


def test_entries_are_found_by_audience_whatever_the_word():
    words = ["developers", "führung & leitung", 'say "yes"', "100%", "back\\slash"]
    entries = {word: make_entry(audiences=[word, "everywhere"]) for word in words}

    for word, entry in entries.items():
        assert list(RosterEntry.objects.of_audience(word)) == [entry]
    assert RosterEntry.objects.of_audience("everywhere").count() == len(words)
    assert not RosterEntry.objects.of_audience("develop").exists()
