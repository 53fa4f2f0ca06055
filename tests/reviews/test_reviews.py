"""Reviews: completed, opened again, kept quiet; overdue is asked, never stored."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from controls.choices import AuditVerb, Kind
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    StaleVersionError,
)
from controls.models import AuditEvent, Review, ReviewSnooze
from controls.services import duties, reviews, schedules
from controls.services.setup import system_user
from tests.make import (
    MONDAY,
    make_admin,
    make_approval,
    make_auditor,
    make_duty,
    make_grc_lead,
    make_member,
    make_review,
    make_schedule,
    make_system,
    make_team,
    make_world,
    review_of,
)

pytestmark = pytest.mark.django_db

LATER = MONDAY + timedelta(days=20)


@pytest.fixture
def team():
    return make_team("platform")


@pytest.fixture
def system(team):
    return make_system(team, "ec2", profile=make_world())


@pytest.fixture
def duty(system):
    return make_duty(system, "si-3")


@pytest.fixture
def review(duty):
    return make_review(duty)  # monthly from 2 March on: due on 2 April


def complete(review, *, by=None, at=LATER, **said):
    said.setdefault("outcome", "satisfied")
    return reviews.complete(
        review=review, version=review.version, by=by or make_grc_lead(), at=at, **said
    )


def snooze(review, until, *, by=None, reason="Waiting for the vendor", at=MONDAY):
    return reviews.snooze(
        review=review,
        version=review.version,
        until=until,
        reason=reason,
        by=by or make_grc_lead(),
        at=at,
    )


def reopen(review, at=LATER):
    return reviews.reopen(
        review=review, reason="The proof was taken back", by=make_grc_lead(), at=at
    )


def test_completing_a_review_opens_the_next(review, team):
    person = make_member(team, "contributor")

    following = complete(review, by=person, remark=" 14 instances. ")

    review.refresh_from_db()
    assert (review.completed_at, review.completed_by) == (LATER, person)
    assert (review.outcome, review.remark) == ("satisfied", "14 instances.")
    assert review.done_on == date(2026, 3, 22)
    assert review.version == 2
    assert (following.due_on, following.attempt) == (date(2026, 5, 2), 1)
    assert following.opened_at == LATER
    assert list(Review.objects.open()) == [following]


@pytest.mark.parametrize(
    ("at", "done_on", "due"),
    [
        # Early: the next one follows the day that was asked for.
        (datetime(2026, 3, 3, 9, tzinfo=UTC), None, date(2026, 5, 2)),
        (datetime(2026, 4, 2, 9, tzinfo=UTC), None, date(2026, 5, 2)),
        # Late: days of the grid that passed meanwhile are not made up for.
        (datetime(2026, 5, 1, 9, tzinfo=UTC), None, date(2026, 5, 2)),
        (datetime(2026, 5, 2, 9, tzinfo=UTC), None, date(2026, 6, 2)),
        (datetime(2026, 7, 20, 9, tzinfo=UTC), None, date(2026, 8, 2)),
        # Recorded late, done in time: the day of the work counts.
        (datetime(2026, 5, 20, 9, tzinfo=UTC), date(2026, 4, 1), date(2026, 5, 2)),
    ],
)
def test_the_next_one_is_due_after_the_due_day_and_the_day_of_the_work(
    review, at, done_on, due
):
    assert complete(review, at=at, done_on=done_on).due_on == due


def test_month_ends_stay_month_ends_however_often_it_is_done(duty):
    review = make_review(duty, anchor_on=date(2026, 1, 31))
    days = []
    for _ in range(4):
        days.append(str(review.due_on))
        at = datetime.combine(review.due_on, time(9), tzinfo=UTC)
        review = complete(review, at=at)

    assert days == ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]


def test_what_is_not_satisfied_says_what_and_closes_too(review):
    with pytest.raises(InvalidInputError, match="not satisfied") as refused:
        complete(review, outcome="not-satisfied", remark=" ")
    review.refresh_from_db()

    following = complete(review, outcome="not-satisfied", remark="Two hosts are behind.")

    assert refused.value.place == "remark"
    assert (review.outcome, following.due_on) == ("not-satisfied", date(2026, 5, 2))


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"outcome": "done"}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"done_on": date(2026, 3, 23)}, "done_on"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_kept(review, said, place):
    start = AuditEvent.objects.latest("seq").seq

    with pytest.raises(InvalidInputError) as refused:
        complete(review, by=system_user(), **said)

    review.refresh_from_db()
    assert refused.value.place == place
    assert (review.completed_at, review.version) == (None, 1)
    assert AuditEvent.objects.latest("seq").seq == start


def test_the_day_of_the_work_is_a_day_of_the_organisation(review, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    evening = datetime(2026, 3, 22, 20, 0, tzinfo=UTC)  # the morning of the 23rd there

    complete(review, at=evening, done_on=date(2026, 3, 23))

    assert review.done_on == date(2026, 3, 23)


@pytest.mark.parametrize("who", ["viewer", "lead of another team", "auditor", "admin"])
def test_only_a_contributor_of_a_team_concerned_or_the_grc_lead_completes(
    review, team, who
):
    person = {
        "viewer": lambda: make_member(team, "viewer"),
        "lead of another team": lambda: make_member(make_team("other"), "lead"),
        "auditor": lambda: make_auditor(review.schedule.duty.responsibility.system),
        "admin": make_admin,
    }[who]()

    with pytest.raises(NotAllowedError, match="contributor of the team"):
        complete(review, by=person)


def test_a_team_that_claims_the_duty_completes_and_one_that_disputes_does_not(review):
    other, duty, lead = make_team("security"), review.schedule.duty, make_grc_lead()
    person = make_member(other)
    duties.dispute(duty=duty, version=1, team=other, reason="No", by=lead, at=MONDAY)
    with pytest.raises(NotAllowedError):
        complete(review, by=person)
    duties.claim(duty=duty, version=2, team=other, by=lead, at=MONDAY)

    assert complete(review, by=person) is not None


def test_a_review_is_completed_once_and_on_the_version_that_was_read(review):
    complete(review)
    with pytest.raises(ConflictError, match="completed already"):
        complete(review)
    with pytest.raises(StaleVersionError):
        reviews.complete(
            review=review, version=1, outcome="satisfied", by=make_grc_lead(), at=LATER
        )

    assert Review.objects.count() == 2


@pytest.mark.parametrize("change", ["schedule", "duty"])
def test_what_has_ended_is_neither_completed_nor_kept_quiet(review, system, change):
    if change == "schedule":
        schedules.end(schedule=review.schedule, by=make_grc_lead(), at=MONDAY)
    else:
        make_approval(system, "si-3", kind=Kind.INHERITED, rationale="Not ours.")
    again = review_of(review.schedule)

    with pytest.raises(ConflictError, match="ended with its schedule"):
        complete(again)
    with pytest.raises(ConflictError, match="ended with its schedule"):
        snooze(review_of(review.schedule), date(2026, 3, 9))


def test_accepted_proof_completes_a_review(review):
    following = reviews.complete_by_proof(
        review=review, done_on=date(2026, 3, 15), remark="EV-1", by=system_user(), at=LATER
    )

    assert (review.outcome, review.done_on) == ("satisfied", date(2026, 3, 15))
    assert following is not None
    assert following.due_on == date(2026, 5, 2)


def test_proof_of_work_to_come_counts_as_of_today(review):
    reviews.complete_by_proof(
        review=review, done_on=date(2026, 12, 31), remark="", by=system_user(), at=LATER
    )

    assert review.done_on == date(2026, 3, 22)


def test_accepted_proof_completes_a_review_once(review):
    complete(review)

    with pytest.raises(ConflictError):
        reviews.complete_by_proof(
            review=review, done_on=date(2026, 3, 2), remark="", by=system_user(), at=LATER
        )


def test_a_review_whose_proof_is_taken_back_opens_again_on_its_day(review):
    following = complete(review)

    again = reopen(review)

    assert (again.due_on, again.attempt) == (date(2026, 4, 2), 2)
    assert (review.occurrence, again.occurrence) == ("2026-04-02", "2026-04-02#2")
    assert set(Review.objects.open()) == {again, following}
    assert review.completed_at == LATER  # what was said stays said


def test_a_second_attempt_opens_no_second_next_one(review):
    following = complete(review)

    assert complete(reopen(review)) is None
    assert list(Review.objects.open()) == [following]


def test_a_third_attempt_is_the_third(review):
    complete(review)
    second = reopen(review)
    complete(second)

    assert reopen(second).attempt == 3


def test_what_is_open_is_not_opened_again(review):
    with pytest.raises(ConflictError, match="open already"):
        reopen(review)
    review.refresh_from_db()
    complete(review)
    reopen(review)

    with pytest.raises(ConflictError, match="open already"):
        reopen(review)
    assert Review.objects.filter(due_on=review.due_on).count() == 2


@pytest.mark.parametrize("change", ["schedule", "duty"])
def test_what_has_ended_is_not_opened_again(review, system, change):
    complete(review)
    if change == "schedule":
        schedules.end(schedule=review.schedule, by=make_grc_lead(), at=LATER)
    else:
        make_approval(system, "si-3", kind=Kind.INHERITED, rationale="No.", at=LATER)
    closed = Review.objects.get(pk=review.pk)

    with pytest.raises(ConflictError, match="the duty has ended"):
        reopen(closed)


def test_two_open_attempts_of_one_day_are_refused_by_the_database(review):
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            schedule=review.schedule, due_on=review.due_on, attempt=2, opened_at=MONDAY
        )


def test_a_review_keeps_quiet_until_a_day_and_stays_due(review, team):
    row = snooze(review, date(2026, 3, 9), by=make_member(team, "approver"))

    review.refresh_from_db()
    assert (row.until, row.reason, row.at) == (
        date(2026, 3, 9),
        "Waiting for the vendor",
        MONDAY,
    )
    assert (review.due_on, review.completed_at, review.version) == (
        date(2026, 4, 2),
        None,
        2,
    )
    assert list(ReviewSnooze.objects.visible_to(make_grc_lead())) == [row]
    assert not ReviewSnooze.objects.visible_to(make_member(make_team("other"))).exists()


@pytest.mark.parametrize("until", [date(2026, 3, 3), date(2026, 5, 31)])
def test_it_keeps_quiet_from_tomorrow_to_ninety_days_on(review, until):
    assert snooze(review, until).until == until


@pytest.mark.parametrize(
    "until", [date(2026, 3, 1), date(2026, 3, 2), date(2026, 6, 1), date.max]
)
def test_it_keeps_quiet_neither_until_today_nor_for_longer(review, until):
    with pytest.raises(InvalidInputError, match="90 days") as refused:
        snooze(review, until)

    assert refused.value.place == "until"
    assert not ReviewSnooze.objects.exists()


def test_keeping_quiet_says_why(review):
    with pytest.raises(InvalidInputError) as refused:
        snooze(review, date(2026, 3, 9), reason=" ")

    assert refused.value.place == "reason"


@pytest.mark.parametrize("role", ["viewer", "contributor"])
def test_only_an_approver_keeps_a_review_quiet(review, team, role):
    with pytest.raises(NotAllowedError, match="approver of the team"):
        snooze(review, date(2026, 3, 9), by=make_member(team, role))


def test_a_closed_review_is_not_kept_quiet_nor_one_read_before(review):
    with pytest.raises(StaleVersionError):
        reviews.snooze(
            review=review,
            version=7,
            until=date(2026, 3, 9),
            reason="So",
            by=make_grc_lead(),
            at=MONDAY,
        )
    complete(review)

    with pytest.raises(ConflictError, match="completed already"):
        snooze(review, date(2026, 3, 30), at=LATER)


@pytest.mark.usefixtures("review")
def test_a_review_is_overdue_from_the_day_after_its_due_day():
    days = [date(2026, 4, day) for day in (1, 2, 3)]

    overdue = [Review.objects.overdue(on=day).exists() for day in days]
    due = [Review.objects.due_by(day).exists() for day in days]

    assert overdue == [False, False, True]
    assert due == [False, True, True]


def test_what_waited_is_asked_of_a_moment(duty):
    before = MONDAY - timedelta(seconds=1)
    review = make_review(duty)
    following = complete(review)
    again = reopen(review, at=LATER + timedelta(days=1))

    def waiting(at):
        return set(Review.objects.open_at(on=at.date(), as_of=at))

    assert waiting(before) == set()
    assert waiting(MONDAY) == {review}
    assert waiting(LATER - timedelta(seconds=1)) == {review}
    assert waiting(LATER) == {following}
    assert waiting(LATER + timedelta(days=1)) == {following, again}


def test_each_step_leaves_one_event_and_the_next_review_its_own(review):
    lead, start = make_grc_lead(), AuditEvent.objects.latest("seq").seq

    following = complete(review, by=lead)
    again = reviews.reopen(review=review, reason="Withdrawn", by=lead, at=LATER)
    snooze(again, date(2026, 3, 30), by=lead, at=LATER)

    events = AuditEvent.objects.filter(seq__gt=start).order_by("seq")
    assert list(events.values_list("verb", "target_uuid")) == [
        (AuditVerb.REVIEW_COMPLETED, review.uuid),
        (AuditVerb.REVIEW_OPENED, following.uuid),
        (AuditVerb.REVIEW_OPENED, again.uuid),
        (AuditVerb.REVIEW_REOPENED, review.uuid),
        (AuditVerb.REVIEW_SNOOZED, again.uuid),
    ]
    assert set(events.values_list("system_uuid", flat=True)) == {
        review.schedule.duty.responsibility.system.uuid
    }


def test_people_see_the_reviews_of_duties_that_they_see(review, system):
    schedule = make_schedule(
        make_duty(
            make_system(make_team(), "ec2", profile=system.scopes.get().profile), "si-3"
        )
    )
    viewer, auditor = make_member(system.owner_team, "viewer"), make_auditor(system)

    for person in (viewer, auditor):
        assert list(Review.objects.visible_to(person)) == [review]
    assert schedule.reviews.get() in Review.objects.visible_to(make_grc_lead())
