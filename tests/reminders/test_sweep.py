"""Who is told, of what, when: in the app at once, by mail with the day's digest."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from controls.choices import MembershipRole, MessageState, ReminderChannel, ReminderState
from controls.models import Message, Reminder, Review, User
from controls.queries import reminders as who
from controls.rules import stages
from controls.rules.stages import Ladder
from controls.services import duties, messages, people, reminders, reviews, schedules, teams
from controls.services.messages import Outcome
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    make_grc_lead,
    make_member,
    make_membership,
    make_review,
    make_user,
)
from tests.reminders.worlds import DUE_ON, after, make_due, make_working_team, noon

pytestmark = pytest.mark.django_db


def told(channel=ReminderChannel.IN_APP):
    """Whom, at which stage, in the order of being made."""
    rows = Reminder.objects.filter(channel=channel).order_by("pk")
    return [(row.recipient, row.stage) for row in rows.select_related("recipient")]


def sent(*, at):
    """Send what waits; return how many messages that were."""
    with messages.Postbox() as postbox:
        became = iter(lambda: messages.send_next(at=at, postbox=postbox), None)
        return [*became].count(Outcome.SENT)


def sweep(*days, hour=12):
    """Sweep so many days after the due day; return how many reminders were new."""
    return [reminders.queue_due(at=after(day, hour=hour)) for day in days]


def test_an_owner_is_told_before_the_due_day_on_it_and_while_it_is_overdue():
    world = make_due()

    made = sweep(*range(-10, 9))

    assert sum(made) == 5
    assert told() == [
        (world.owner, stage)
        for stage in ("lead-7", "lead-1", "due", "overdue-1", "overdue-8")
    ]
    assert told(ReminderChannel.EMAIL) == told()


def test_in_the_app_it_is_told_at_once_and_by_mail_with_the_digest_of_the_day():
    world = make_due()

    sweep(-7, hour=3)

    in_app = Reminder.objects.get(channel=ReminderChannel.IN_APP)
    mail = Reminder.objects.get(channel=ReminderChannel.EMAIL)
    assert (in_app.state, in_app.sent_at) == (ReminderState.SENT, after(-7, hour=3))
    assert (mail.state, mail.sent_at) == (ReminderState.QUEUED, None)
    assert mail.message is not None
    assert mail.message.digest_key == "2026-03-25"
    assert mail.message.next_attempt_at == after(-7, hour=7)
    assert mail.team == world.team


@pytest.mark.parametrize("count", [2, 5])
def test_any_number_of_sweeps_make_one_reminder(count):
    make_due()

    assert sum(sweep(*[-7] * count)) == 1
    assert Reminder.objects.count() == 2
    assert Message.objects.count() == 1


def test_a_sweep_that_was_missed_for_three_days_is_made_up_for_once():
    make_due(overdue_every_days=1)

    assert sweep(0, 3, 3) == [1, 1, 0]

    newest = Reminder.objects.filter(channel=ReminderChannel.IN_APP).latest("pk")
    assert newest.stage == "overdue-3"


def test_a_due_day_that_is_set_late_still_gets_the_notice_it_missed_marked_late():
    make_due(lead_days=[7])

    assert sweep(-4, -4) == [1, 0]
    late = Reminder.objects.filter(channel=ReminderChannel.IN_APP).latest("pk")
    assert (late.stage, late.stage_on) == ("lead-7", DUE_ON - timedelta(days=7))
    assert late.stage_on < late.created_at.date()


def test_a_review_that_is_not_opened_yet_is_not_told():
    world = make_due()
    Review.objects.filter(pk=world.review.pk).update(opened_at=after(-6))

    assert sweep(-7, -6) == [0, 1]


def test_only_those_who_do_the_work_are_told():
    world = make_due()
    make_member(world.team, MembershipRole.VIEWER)
    lead = make_member(world.team, MembershipRole.LEAD)
    gone = make_member(world.team)
    people.deactivate(user=gone, version=gone.version, by=system_user(), at=MONDAY)
    left = make_member(world.team)
    membership = left.memberships.get()
    teams.end_membership(membership=membership, by=system_user(), at=MONDAY)

    sweep(-7)

    assert {person for person, _ in told()} == {world.owner, lead}


def test_whoever_joins_later_is_told_what_is_current():
    world = make_due()
    sweep(-7)
    new = make_member(world.team)

    assert sweep(-5, -5) == [1, 0]
    assert told()[-1] == (new, "lead-7")


def test_a_person_of_two_teams_that_claim_a_duty_is_told_once():
    world = make_due()
    other = make_working_team()
    make_membership(world.owner, other, MembershipRole.CONTRIBUTOR)
    second = make_member(other)
    world.duty.refresh_from_db()
    duties.claim(
        duty=world.duty,
        version=world.duty.version,
        team=other,
        by=system_user(),
        at=MONDAY,
    )

    assert sweep(-7, -7) == [2, 0]
    assert {person for person, _ in told()} == {world.owner, second}


def unclaim(world):
    """Let no team claim the duty."""
    for claim in world.duty.claims.open():
        world.duty.refresh_from_db()
        claim.duty = world.duty
        duties.end_claim(
            claim=claim, version=world.duty.version, by=system_user(), at=MONDAY
        )


def test_where_nobody_claims_the_duty_the_leads_of_the_owning_team_are_told():
    world = make_due()
    lead = make_member(world.team, MembershipRole.LEAD)
    unclaim(world)

    sweep(-7)

    assert told() == [(lead, "lead-7")]


def test_the_manager_is_told_of_what_stays_overdue():
    manager = make_user()
    world = make_due(manager=manager)

    sweep(13, 14, 14)

    assert told() == [
        (world.owner, "overdue-8"),
        (manager, "escalation-14"),
    ]


@pytest.mark.parametrize("claimed", [True, False])
def test_without_a_manager_who_may_sign_in_the_grc_leads_are_told_each_once(claimed):
    manager = make_user()
    world = make_due(manager=manager, overdue_every_days=0)
    people.deactivate(user=manager, version=manager.version, by=system_user(), at=MONDAY)
    if not claimed:
        unclaim(world)
    first = set(grc_leads())
    sweep(14, 14)
    second = make_grc_lead()
    sweep(15, 15)

    escalated = [person for person, stage in told() if stage == "escalation-14"]
    assert sorted(person.pk for person in escalated) == sorted(
        person.pk for person in first | {second}
    )


def grc_leads():
    """Those there are: approving a decision takes one."""
    return User.objects.filter(roles__role="grc-lead", roles__ended_at__isnull=True)


def test_reminders_keep_quiet_until_the_day_and_then_tell_what_is_current():
    world = make_due()
    reviews.snooze(
        review=world.review,
        version=world.review.version,
        until=DUE_ON + timedelta(days=2),
        reason="Frozen",
        by=system_user(),
        at=MONDAY,
    )

    assert sweep(-7, -1, 0, 1, 2) == [0, 0, 0, 0, 1]
    assert [stage for _, stage in told()] == ["overdue-1"]


def test_what_is_done_or_ended_is_told_no_more():
    world, other = make_due(), make_due()
    reviews.complete(
        review=world.review,
        version=world.review.version,
        outcome="satisfied",
        by=system_user(),
        at=MONDAY,
    )
    schedules.end(schedule=other.review.schedule, by=system_user(), at=MONDAY)

    sweep(-7, 0, 1)

    done = {world.review.uuid, other.review.uuid}
    assert not Reminder.objects.filter(subject_uuid__in=done).exists()


def test_a_review_that_opens_again_is_told_again():
    world = make_due()
    sweep(0)
    reviews.complete(
        review=world.review,
        version=world.review.version,
        outcome="satisfied",
        by=system_user(),
        at=after(0),
    )
    world.review.refresh_from_db()
    reviews.reopen(review=world.review, reason="Wrong file", by=system_user(), at=after(0))

    sweep(0, 0)

    keys = Reminder.objects.filter(channel=ReminderChannel.IN_APP, stage="due")
    assert sorted(keys.values_list("occurrence", flat=True)) == [
        "2026-04-01",
        "2026-04-01#2",
    ]


def test_a_stage_that_begins_on_a_free_day_is_told_on_the_next_working_day():
    saturday = date(2026, 4, 4)
    make_due(due_on=saturday, working_days="12345", lead_days=[])

    made = [
        reminders.queue_due(at=noon(saturday + timedelta(days=days))) for days in range(4)
    ]

    assert made == [0, 0, 1, 0]
    assert [stage for _, stage in told()] == ["overdue-1"]


def test_a_stage_begins_on_the_day_it_is_for_the_team():
    make_due(time_zone="Pacific/Apia", lead_days=[])
    begins = datetime(2026, 3, 31, 11, tzinfo=UTC)  # midnight of 1 April there

    before = reminders.queue_due(at=begins - timedelta(minutes=1))

    assert before == 0
    assert reminders.queue_due(at=begins) == 1
    digest = Message.objects.get()
    assert digest.digest_key == "2026-04-01"
    assert digest.next_attempt_at == begins + timedelta(hours=7)


def test_what_comes_after_the_digest_has_gone_waits_for_the_next_days():
    world = make_due(working_days="12345")
    sweep(-5)  # a Friday
    assert sent(at=after(-5)) == 1
    make_review(world.duty, title="Late set", first_due_on=DUE_ON, lead_days=[30])

    sweep(-5, hour=15)

    new = Message.objects.get(state=MessageState.QUEUED)
    assert new.digest_key == "2026-03-30"  # the Monday
    assert [row.stage for row in new.reminders.all()] == ["lead-30"]


def test_a_digest_whose_day_was_missed_is_joined_with_the_one_of_today():
    world = make_due(overdue_every_days=0)
    sweep(1)
    make_review(
        world.duty, title="Other", first_due_on=DUE_ON + timedelta(days=4), lead_days=[]
    )

    sweep(4, 4)

    states = dict(Message.objects.values_list("digest_key", "state"))
    assert states == {"2026-04-02": MessageState.DROPPED, "2026-04-05": MessageState.QUEUED}
    today = Message.objects.get(state=MessageState.QUEUED)
    assert sorted(row.stage for row in today.reminders.all()) == ["due", "overdue-1"]


@pytest.mark.parametrize("count", [2, 12])
def test_a_sweep_costs_as_many_queries_for_many_as_for_few(
    count, django_assert_max_num_queries
):
    world = make_due()
    for number in range(count):
        make_review(world.duty, title=f"Review {number}", first_due_on=DUE_ON)
        make_member(world.team)

    with django_assert_max_num_queries(7):
        assert len(who.due(at=after(0))) == (count + 1) ** 2
    with django_assert_max_num_queries(24):
        assert reminders.queue_due(at=after(0)) == (count + 1) ** 2
    with django_assert_max_num_queries(9):
        assert reminders.queue_due(at=after(0)) == 0


def test_the_database_names_the_stages_as_the_rules_do():
    world = make_due()
    plans = [
        ([], 0, 0),
        ([365], 1, 1),
        ([30, 7, 1], 7, 14),
        ([10, 9, 2], 3, 365),
    ]
    for leads, every, after_days in plans:
        for days in (-366, -365, -31, -30, -10, -9, -2, -1, 0, 1, 2, 8, 14, 15, 364, 800):
            make_review(
                world.duty,
                title=f"{leads} {every} {days}",
                lead_days=leads,
                overdue_every_days=every,
                escalate_after_days=after_days,
                first_due_on=DUE_ON - timedelta(days=days),
            )
    schedules.end(schedule=world.review.schedule, by=system_user(), at=MONDAY)

    found = {(row.review, row.stage, row.stage_on) for row in who.due(at=after(0))}

    expected = set()
    for review in Review.objects.open().select_related("schedule"):
        schedule = review.schedule
        ladder = Ladder(
            schedule.lead_days, schedule.overdue_every_days, schedule.escalate_after_days
        )
        for rule in (stages.current, stages.escalation):
            stage = rule(due_on=review.due_on, ladder=ladder, on=DUE_ON)
            if stage is not None:
                expected.add((review.uuid, stage.name, stage.on))
    assert found == expected
    assert len(found) == 60


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)


def test_through_a_year_in_five_zones_each_stage_of_each_occurrence_is_told_once():
    worlds = {
        zone: make_due(time_zone=zone, due_on=date(2026, 4, 5), overdue_every_days=30)
        for zone in ZONES
    }
    begin = datetime(2026, 3, 20, tzinfo=UTC)
    # Every 23rd hour: no day is left out, and each hour comes up in each zone.
    for number in range(366 * 24 // 23):
        at = begin + timedelta(hours=23 * number)
        reminders.queue_due(at=at)

    for zone, world in worlds.items():
        rows = Reminder.objects.filter(
            recipient=world.owner, channel=ReminderChannel.IN_APP
        ).order_by("pk")
        assert [row.stage for row in rows] == [
            "lead-7",
            "lead-1",
            "due",
            *(f"overdue-{1 + 30 * n}" for n in range(12)),
        ], zone
        assert {
            row.created_at - local_midnight(row.stage_on, zone) < timedelta(hours=24)
            for row in rows
        } == {True}


def local_midnight(day, zone):
    return stages.digest_at(day, hour=0, zone=ZoneInfo(zone))
