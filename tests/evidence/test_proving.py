"""Accepted proof completes reviews; proof that is taken back opens them again."""

from datetime import date

import pytest

from controls.choices import AuditVerb, MembershipRole, ReviewOutcome
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    StaleVersionError,
)
from controls.models import AuditEvent, Review
from controls.services import schedules
from controls.services.setup import system_user
from evidence.models import EvidenceLink
from evidence.services import completing, evidence
from evidence.services.completing import Done
from tests.make import (
    MONDAY,
    accept_evidence,
    make_evidence,
    make_grc_lead,
    make_member,
    make_schedule,
    make_team,
    review_of,
)

DONE = date(2026, 2, 27)


def reviews():
    """Due day, attempt and outcome of each review, oldest first."""
    rows = Review.objects.order_by("due_on", "attempt")
    return list(rows.values_list("due_on", "attempt", "outcome"))


def withdraw(piece, by=None):
    piece.refresh_from_db()
    return evidence.withdraw(
        evidence=piece,
        version=piece.version,
        remark="It was another system's.",
        by=by or make_grc_lead(),
        at=MONDAY,
    )


def again(review):
    return review_of(review.schedule)


def complete(review, by, *proof, outcome=ReviewOutcome.SATISFIED, **told):
    return completing.complete(
        review=review,
        version=review.version,
        done=Done(outcome=outcome, proof=proof, **told),
        by=by,
        at=MONDAY,
    )


APRIL, MAY = date(2026, 4, 2), date(2026, 5, 2)


def test_accepting_completes_the_review_on_the_day_the_work_was_done(team, review):
    piece = make_evidence(team, review, activity_from=date(2026, 2, 1), activity_until=DONE)

    accept_evidence(piece)

    review.refresh_from_db()
    assert (review.outcome, review.done_on) == (ReviewOutcome.SATISFIED, DONE)
    assert piece.reference in review.remark
    assert reviews() == [(APRIL, 1, "satisfied"), (MAY, 1, "")]


def test_without_a_period_the_day_of_collection_counts(team, review):
    accept_evidence(make_evidence(team, review, collected_on=DONE))

    review.refresh_from_db()
    assert review.done_on == DONE


def test_evidence_for_two_reviews_completes_both(team, duty, review):
    other = review_of(make_schedule(duty, title="Access", kind="access"))

    accept_evidence(make_evidence(team, review, other))

    assert Review.objects.filter(outcome="satisfied").count() == 2


@pytest.mark.usefixtures("review")
def test_evidence_for_the_duty_alone_completes_nothing(team, duty):
    accept_evidence(make_evidence(team, duty))

    assert reviews() == [(APRIL, 1, "")]


def test_a_completed_review_is_left_alone(team, review):
    second = make_evidence(team, review)
    accept_evidence(make_evidence(team, review))

    accept_evidence(second)

    assert reviews() == [(APRIL, 1, "satisfied"), (MAY, 1, "")]


def test_a_review_whose_schedule_ended_is_left_alone(team, review):
    piece = make_evidence(team, review)
    schedules.end(schedule=review.schedule, by=system_user(), at=MONDAY)

    accept_evidence(piece)

    assert reviews() == [(APRIL, 1, "")]


def test_withdrawing_the_only_proof_opens_the_review_again(team, review):
    piece = accept_evidence(make_evidence(team, review))

    withdraw(piece)

    assert reviews() == [(APRIL, 1, "satisfied"), (APRIL, 2, ""), (MAY, 1, "")]
    event = AuditEvent.objects.get(verb=AuditVerb.REVIEW_REOPENED)
    assert event.after is not None
    assert piece.reference in event.after["reason"]


def test_withdrawing_one_of_two_proofs_opens_nothing(team, review):
    first, second = make_evidence(team, review), make_evidence(team, review)
    accept_evidence(first)
    accept_evidence(second)

    withdraw(first)
    assert reviews() == [(APRIL, 1, "satisfied"), (MAY, 1, "")]

    withdraw(second)
    assert reviews() == [(APRIL, 1, "satisfied"), (APRIL, 2, ""), (MAY, 1, "")]


def test_withdrawing_what_was_never_accepted_opens_nothing(team, review):
    accept_evidence(make_evidence(team, review))

    withdraw(make_evidence(team, review))

    assert reviews() == [(APRIL, 1, "satisfied"), (MAY, 1, "")]


def test_where_the_schedule_ended_a_withdrawal_opens_nothing(team, review):
    piece = accept_evidence(make_evidence(team, review))
    schedules.end(schedule=review.schedule, by=system_user(), at=MONDAY)

    withdraw(piece)

    assert reviews() == [(APRIL, 1, "satisfied"), (MAY, 1, "")]


def test_a_new_revision_of_accepted_proof_opens_nothing(team, review, contributor):
    piece = accept_evidence(make_evidence(team, review, by=contributor))

    evidence.revise(
        evidence=piece,
        version=piece.version,
        content=evidence.Content(title="x", kind="report", url="https://example.org"),
        by=contributor,
        at=MONDAY,
    )

    assert reviews() == [(APRIL, 1, "satisfied"), (MAY, 1, "")]


def test_other_proof_of_the_same_day_completes_what_opened_again(team, review):
    late = make_evidence(team, review)
    withdraw(accept_evidence(make_evidence(team, review)))

    accept_evidence(late)

    assert reviews() == [
        (APRIL, 1, "satisfied"),
        (APRIL, 2, "satisfied"),
        (MAY, 1, ""),
    ]


def test_a_review_is_completed_with_evidence_that_waits_to_be_judged(
    team, review, contributor
):
    piece = make_evidence(team, by=contributor)

    opened = complete(review, contributor, piece, done_on=DONE)

    assert opened.due_on == MAY
    assert EvidenceLink.objects.get().review == review
    assert reviews() == [(APRIL, 1, "satisfied"), (MAY, 1, "")]


def test_a_review_completed_with_proof_that_is_then_rejected_opens_again(
    team, review, contributor
):
    piece = make_evidence(team, by=contributor)
    complete(review, contributor, piece)
    piece.refresh_from_db()

    evidence.reject(
        evidence=piece, version=1, remark="Not ours.", by=make_grc_lead(), at=MONDAY
    )

    assert reviews() == [(APRIL, 1, "satisfied"), (APRIL, 2, ""), (MAY, 1, "")]


def test_evidence_linked_before_need_not_be_named(team, review, contributor):
    make_evidence(team, review, by=contributor)

    complete(review, contributor)

    assert reviews()[0] == (APRIL, 1, "satisfied")


@pytest.mark.parametrize("state", ["none", "withdrawn"])
def test_satisfied_needs_proof_that_is_put_forward(team, review, contributor, state):
    if state == "withdrawn":
        withdraw(make_evidence(team, review, by=contributor))

    with pytest.raises(InvalidInputError) as refused:
        complete(review, contributor)

    assert refused.value.place == "evidence"
    assert reviews() == [(APRIL, 1, "")]


def test_proof_that_was_withdrawn_is_refused_by_its_name(team, review, contributor):
    piece = withdraw(make_evidence(team, by=contributor))

    with pytest.raises(InvalidInputError, match=piece.reference):
        complete(review, contributor, piece)

    assert not EvidenceLink.objects.exists()


def test_what_was_not_satisfied_needs_words_and_no_proof(review, contributor):
    with pytest.raises(InvalidInputError):
        complete(review, contributor, outcome=ReviewOutcome.NOT_SATISFIED)

    complete(
        again(review),
        contributor,
        outcome=ReviewOutcome.NOT_SATISFIED,
        remark="Two hosts late.",
    )

    assert reviews()[0] == (APRIL, 1, "not-satisfied")


def test_a_stale_version_completes_nothing_and_links_nothing(team, review, contributor):
    piece = make_evidence(team, by=contributor)
    review.version += 1

    with pytest.raises(StaleVersionError):
        complete(review, contributor, piece)

    assert not EvidenceLink.objects.exists()


def test_evidence_of_others_is_none(review, contributor):
    foreign = make_evidence(make_team("other"))

    with pytest.raises(NotFoundError):
        complete(review, contributor, foreign)


@pytest.mark.parametrize("role", [MembershipRole.VIEWER])
def test_a_viewer_completes_nothing(team, review, role):
    piece = make_evidence(team)

    with pytest.raises(NotAllowedError):
        complete(review, make_member(team, role), piece)


def test_what_rests_on_a_link_keeps_it(team, review, contributor):
    piece = accept_evidence(make_evidence(team, review, by=contributor))
    link = EvidenceLink.objects.select_related("evidence__team", "review").get()

    with pytest.raises(ConflictError, match="withdraw"):
        evidence.unlink(link=link, version=piece.version, by=contributor, at=MONDAY)
