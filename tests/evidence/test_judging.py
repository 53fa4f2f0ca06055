"""Evidence is handed in, judged by a second person, revised and taken back."""

from datetime import date, timedelta
from typing import Any

import pytest

from controls.choices import AuditVerb, MembershipRole
from controls.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationOfDutiesError,
    StaleVersionError,
    TransitionError,
)
from controls.models import AuditEvent
from evidence.choices import VerdictState
from evidence.models import Artifact, Evidence, EvidenceLink, EvidenceVersion
from evidence.rules.acceptance import TRANSITIONS
from evidence.services import evidence
from evidence.services.evidence import Content
from tests.make import (
    MONDAY,
    accept_evidence,
    make_draft,
    make_evidence,
    make_grc_lead,
    make_member,
    make_system,
    make_team,
    responsibility_for,
)

S = VerdictState
TODAY = MONDAY.date()


def verbs(piece):
    events = AuditEvent.objects.filter(target_uuid=piece.uuid).order_by("seq")
    return list(events.values_list("verb", flat=True))


def state(piece):
    row: Any = Evidence.objects.with_state().get(pk=piece.pk)
    return row.state


def latest_of(piece: Evidence) -> EvidenceVersion:
    """The newest revision."""
    assert piece.latest_version is not None
    return piece.latest_version


def revise(piece, by, **content):
    told = {"title": "Better proof", "kind": "report", "url": "https://example.org/x"}
    return evidence.revise(
        evidence=piece,
        version=piece.version,
        content=Content(**{**told, **content}),
        by=by,
        at=MONDAY,
    )


def test_what_is_handed_in_stands_with_its_file_its_links_and_one_event_each(
    team, contributor, review, duty
):
    piece = make_evidence(team, review, duty, duty.responsibility, by=contributor)

    latest = latest_of(piece)
    assert (latest.number, latest.original_name) == (1, "proof.txt")
    assert latest.collected_on == TODAY
    assert state(piece) == S.SUBMITTED
    assert piece.links.count() == 3
    assert verbs(piece) == [AuditVerb.EVIDENCE_SUBMITTED] + [AuditVerb.EVIDENCE_LINKED] * 3


def test_a_link_to_a_review_names_its_duty_and_responsibility(team, review, duty):
    piece = make_evidence(team, review)

    link = piece.links.get()

    assert (link.review, link.duty) == (review, duty)
    assert link.responsibility == duty.responsibility


def test_the_same_target_named_twice_is_one_link(team, review):
    assert make_evidence(team, review, review).links.count() == 1


def test_the_same_bytes_are_stored_once_whoever_hands_them_in(team):
    first = make_evidence(team, original_name="mine.txt")
    second = make_evidence(make_team("other"), original_name="theirs.txt")

    assert Artifact.objects.count() == 1
    assert latest_of(first).original_name == "mine.txt"
    assert latest_of(second).original_name == "theirs.txt"


def test_a_target_that_the_person_may_not_see_is_none(team, contributor):
    foreign = make_system(make_team("other"), "ec2", key="theirs")

    with pytest.raises(NotFoundError):
        make_evidence(team, responsibility_for(foreign, "ac-2"), by=contributor)

    assert not Evidence.objects.exists()


@pytest.mark.parametrize("role", [MembershipRole.VIEWER])
def test_a_viewer_hands_in_nothing(team, role, files_in):
    with pytest.raises(NotAllowedError):
        make_evidence(team, by=make_member(team, role))

    assert files_in("artifacts") == []


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": "rumour"}, "kind"),
        ({"side": "both"}, "side"),
        ({"sensitivity": "secret"}, "sensitivity"),
        ({"collected_on": TODAY + timedelta(days=1)}, "collected_on"),
        ({"activity_until": TODAY + timedelta(days=1)}, "activity_until"),
        ({"activity_from": TODAY}, "activity_until"),
        ({"activity_from": TODAY, "activity_until": date(2026, 1, 1)}, "activity_until"),
        ({"expires_on": date(2026, 1, 1)}, "expires_on"),
        ({"url": ""}, "file"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://example.org/" + "x" * 1000}, "url"),
        ({"url": "ftp://example.org"}, "url"),
    ],
)
def test_what_cannot_be_true_is_refused_by_its_field(team, content, place):
    told = {"url": "https://example.org", **content}

    with pytest.raises(InvalidInputError) as refused:
        make_evidence(team, **told)

    assert refused.value.place == place
    assert not Evidence.objects.exists()


def test_a_file_and_an_address_at_once_are_refused(team):
    with pytest.raises(InvalidInputError):
        make_evidence(team, url="https://example.org", artifact=make_draft())


def test_a_second_person_of_the_team_accepts(team, contributor, approver, review):
    piece = make_evidence(team, review, by=contributor)

    accept_evidence(piece, by=approver)

    assert state(piece) == S.ACCEPTED
    assert Evidence.objects.current(on=TODAY).get() == piece


@pytest.mark.parametrize("step", [evidence.accept, evidence.reject])
def test_who_handed_in_does_not_judge(team, approver, step):
    piece = make_evidence(team, by=approver)

    with pytest.raises(SeparationOfDutiesError):
        step(evidence=piece, version=1, remark="so", by=approver, at=MONDAY)

    assert state(piece) == S.SUBMITTED


def test_who_made_an_earlier_revision_whose_content_is_carried_on_does_not_judge(
    team, approver, contributor
):
    piece = make_evidence(team, by=approver)
    revise(piece, contributor)

    with pytest.raises(SeparationOfDutiesError):
        accept_evidence(piece, by=approver)


def test_who_made_what_was_accepted_before_may_judge_what_came_after(
    team, approver, contributor
):
    piece = make_evidence(team, by=approver)
    piece = accept_evidence(piece)
    revise(piece, contributor)

    accept_evidence(piece, by=approver)

    assert state(piece) == S.ACCEPTED


@pytest.mark.parametrize("role", [MembershipRole.VIEWER, MembershipRole.CONTRIBUTOR])
def test_a_contributor_does_not_judge(team, role):
    piece = make_evidence(team)

    with pytest.raises(NotAllowedError):
        accept_evidence(piece, by=make_member(team, role))


def test_those_who_answer_for_what_it_proves_judge_and_not_those_who_hand_in(team, duty):
    helpers = make_team("helpers")
    from_outside = make_evidence(helpers)
    EvidenceLink.objects.create(
        evidence=from_outside,
        responsibility=duty.responsibility,
        started_at=MONDAY,
        started_by=from_outside.created_by,
    )

    with pytest.raises(NotAllowedError):
        accept_evidence(from_outside, by=make_member(helpers, MembershipRole.APPROVER))

    accept_evidence(from_outside, by=make_member(team, MembershipRole.APPROVER))
    assert state(from_outside) == S.ACCEPTED


@pytest.mark.parametrize("before", S.values)
@pytest.mark.parametrize("after", [S.ACCEPTED, S.REJECTED, S.WITHDRAWN, S.SUBMITTED])
def test_each_step_goes_where_the_table_says_and_nowhere_else(
    team, contributor, before, after
):
    grc = make_grc_lead()
    steps = {
        S.ACCEPTED: lambda piece: accept_evidence(piece, by=grc),
        S.REJECTED: lambda piece: evidence.reject(
            evidence=piece, version=piece.version, remark="no", by=grc, at=MONDAY
        ),
        S.WITHDRAWN: lambda piece: evidence.withdraw(
            evidence=piece, version=piece.version, remark="no", by=grc, at=MONDAY
        ),
        S.SUBMITTED: lambda piece: revise(piece, contributor),
    }
    piece = make_evidence(team, by=contributor)
    if before != S.SUBMITTED:
        steps[before](piece)
    piece.refresh_from_db()
    allowed = after in TRANSITIONS[before]

    try:
        steps[after](piece)
        went = True
    except TransitionError:
        went = False

    assert went == allowed
    assert state(piece) == (after if allowed else before)


@pytest.mark.parametrize("step", [evidence.reject, evidence.withdraw])
def test_a_refusal_says_why(team, step):
    piece = make_evidence(team)

    with pytest.raises(InvalidInputError) as refused:
        step(evidence=piece, version=1, remark=" ", by=make_grc_lead(), at=MONDAY)

    assert refused.value.place == "remark"


def test_a_step_on_an_old_version_is_refused(team):
    piece = make_evidence(team)
    accept_evidence(piece)

    with pytest.raises(StaleVersionError):
        evidence.withdraw(
            evidence=piece, version=1, remark="no", by=make_grc_lead(), at=MONDAY
        )


def test_a_revision_is_a_full_one_and_keeps_the_one_before(team, contributor):
    piece = make_evidence(team, by=contributor)

    revise(piece, contributor, title="Second")

    numbers = piece.versions.order_by("number").values_list("number", "title", "url")
    assert list(numbers) == [(1, "Proof", ""), (2, "Second", "https://example.org/x")]
    assert verbs(piece)[-1] == AuditVerb.EVIDENCE_REVISED


def test_what_is_linked_later_is_linked_once(team, contributor, review):
    piece = make_evidence(team, by=contributor)
    evidence.link(evidence=piece, version=1, target=review, by=contributor, at=MONDAY)

    with pytest.raises(ConflictError):
        evidence.link(evidence=piece, version=2, target=review, by=contributor, at=MONDAY)


def test_accepted_evidence_is_linked_only_by_who_may_judge_it_there(
    team, contributor, approver, duty
):
    piece = accept_evidence(make_evidence(team, by=contributor))

    with pytest.raises(NotAllowedError):
        evidence.link(evidence=piece, version=2, target=duty, by=contributor, at=MONDAY)

    made = evidence.link(evidence=piece, version=2, target=duty, by=approver, at=MONDAY)
    assert made.duty == duty


def test_withdrawn_evidence_is_linked_to_nothing(team, contributor, duty):
    piece = make_evidence(team, by=contributor)
    evidence.withdraw(evidence=piece, version=1, remark="old", by=contributor, at=MONDAY)

    with pytest.raises(ConflictError):
        evidence.link(evidence=piece, version=2, target=duty, by=contributor, at=MONDAY)


def test_a_link_ends_once_and_is_kept(team, contributor, duty):
    piece = make_evidence(team, duty, by=contributor)
    link = EvidenceLink.objects.select_related("evidence", "review").get()

    evidence.unlink(link=link, version=1, by=contributor, at=MONDAY)

    assert not EvidenceLink.objects.open().exists()
    assert EvidenceLink.objects.count() == 1
    assert verbs(piece)[-1] == AuditVerb.EVIDENCE_UNLINKED
    with pytest.raises(ConflictError):
        evidence.unlink(link=link, version=2, by=contributor, at=MONDAY)
