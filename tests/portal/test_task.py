"""One review's page: what is asked, handing it in, the verdict, and what else there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from controls.choices import ClaimStance, ReviewOutcome
from controls.models import AuditEvent, DutyClaim, Review, ReviewSnooze
from evidence.choices import VerdictState
from evidence.models import Evidence, EvidenceLink
from evidence.services import evidence
from tests.make import make_evidence
from tests.portal.pages import asked, due_in, file, fresh, handed, now, text, today


@pytest.fixture
def review(world):
    """A review of the team that is two days late."""
    return due_in(world.duty, -2, title="Patch report")


def page_of(review) -> str:
    return f"/reviews/{review.uuid}/"


def newest() -> Any:
    """The newest revision of the one piece that there is."""
    return Evidence.objects.get().latest_version


def step(browser, review, button, **given):
    """Press a button of a form that read the newest version."""
    sent = {f"_{button}": "", "version": fresh(review).version, **given}
    return browser.post(page_of(review), sent)


def judged(browser, review, button, **given):
    """Press Accept or Return."""
    piece = Evidence.objects.get()
    sent = {f"_{button}": "", "piece": piece.uuid, "version": piece.version, **given}
    return browser.post(page_of(review), sent)


def test_it_says_what_is_asked_and_shows_what_is_good(world, review):
    page = text(world.as_("contributor").get(page_of(review)))

    assert "you can still hand it in, and the delay is shown" in page
    assert "A list of everything that you patch" in page
    assert "Not a screenshot of a green tick" in page
    assert "Yours because EC2 leaves guest os to you." in page
    assert "aws ssm list-resource-compliance-summaries" in page
    assert "aws rds" not in page


def test_the_page_of_another_teams_review_is_not_there(world, review):
    assert world.as_("other").get(page_of(review)).status_code == 404
    assert world.as_("other").post(page_of(review), {}).status_code == 404


def test_a_file_is_handed_in_by_the_form_alone(world, review):
    answer = world.as_("contributor").post(
        page_of(review),
        handed(
            world.team,
            file=file(b"every machine\n", "patches.txt"),
            description="Two reboots are left.",
            activity_until=str(today()),
        ),
    )

    assert (answer.status_code, answer["Location"]) == (302, f"{page_of(review)}#done")
    piece, latest = Evidence.objects.get(), newest()
    assert (latest.original_name, latest.artifact.size) == ("patches.txt", 14)
    assert latest.description == "Two reboots are left."
    assert EvidenceLink.objects.get(evidence=piece).review == review


def test_a_photo_is_a_file_like_any_other(world, review):
    photo = file(b"\xff\xd8\xff\xe0" + b"\x00" * 60 + b"\xff\xd9", "IMG_1.jpg")

    world.as_("contributor").post(page_of(review), handed(world.team, file="", photo=photo))

    assert newest().original_name == "IMG_1.jpg"


def test_an_address_is_handed_in(world, review):
    world.as_("contributor").post(page_of(review), handed(world.team))

    assert newest().url == "https://example.com/r"


@pytest.mark.parametrize(
    ("given", "said", "status"),
    [
        ({"file": file(b"", "empty.txt")}, "Not stored", 400),
        ({"file": file(b"MZ\x90", "tool.exe")}, "Not stored", 415),
        ({"file": file(b"PK\x03\x04", "macros.xlsm")}, "Not stored", 415),
        ({"url": ""}, "Hand in a file or an address", 400),
        ({"url": "ftp://example.com"}, "starts with https://", 400),
        ({"title": ""}, "Say what it is.", 400),
        ({"kind": "rumour"}, "Select a valid choice", 400),
        ({"activity_until": "2999-01-01"}, "cannot be done after today", 400),
        ({"activity_from": "31.12."}, "Enter a valid date.", 400),
        ({"team": "data"}, "Select a valid choice", 400),
    ],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(
    world, review, given, said, status
):
    sent = handed(world.team, **{"description": "My long note", **given})

    answer = world.as_("contributor").post(page_of(review), sent)

    assert answer.status_code == status
    assert said in text(answer)
    assert "My long note" in answer.content.decode()
    assert "Error: Patch report" in text(answer)
    assert not Evidence.objects.exists()


def test_after_handing_in_the_page_names_who_looks_at_it_next(world, review):
    browser = world.as_("contributor")
    browser.post(page_of(review), handed(world.team))

    page = text(browser.get(page_of(review)))

    assert "approver, lead or another approver of Platform looks at it next." in page
    assert "You handed it in, so somebody else must accept it." in page
    assert "What period does it cover?" not in page


def test_a_second_person_accepts_and_the_next_review_opens(world, review):
    world.as_("contributor").post(page_of(review), handed(world.team))

    lead = world.as_("lead")
    before = text(lead.get(page_of(review)))
    answer = judged(lead, review, "accept", remark="Complete.")

    assert "You did not, so you can accept it" in before
    assert answer.status_code == 302
    closed = fresh(review)
    assert (closed.outcome, closed.completed_by) == ("satisfied", world.people["lead"])
    following = Review.objects.get(schedule=review.schedule, completed_at__isnull=True)
    done = text(lead.get(page_of(review)))
    assert "Accepted EV-" in done
    assert f"The next one is due {following.due_on.day}" in done


def test_the_maker_cannot_accept_whatever_they_send(world, review):
    world.as_("lead").post(page_of(review), handed(world.team))

    shown = world.as_("lead").get(page_of(review)).content.decode()
    answer = judged(world.as_("lead"), review, "accept")

    assert 'name="_accept"' not in shown
    assert answer.status_code == 409
    assert fresh(review).completed_at is None


def test_a_return_says_what_is_missing_and_the_form_takes_up_where_it_was(world, review):
    browser = world.as_("contributor")
    sent = handed(world.team, file=file(name="october.txt"), description="First try")
    browser.post(page_of(review), sent)

    wordless = judged(world.as_("lead"), review, "return")
    judged(world.as_("lead"), review, "return", remark="The last days are missing.")
    page = browser.get(page_of(review))
    again = {**handed(world.team, title="Report, whole"), "url": ""}
    browser.post(page_of(review), {**again, "version": Evidence.objects.get().version})

    assert wordless.status_code == 400
    assert "Say why you reject it." in text(wordless)
    assert "“The last days are missing.”" in text(page)
    assert "First try" in page.content.decode()
    latest = newest()
    assert (latest.number, latest.title) == (2, "Report, whole")
    assert latest.original_name == "october.txt"
    waiting = Evidence.objects.filter(latest_verdict__state=VerdictState.SUBMITTED)
    assert waiting.exists()


def test_a_stale_verdict_shows_how_it_stands_now_and_keeps_the_remark(world, review):
    world.as_("contributor").post(page_of(review), handed(world.team))
    piece = Evidence.objects.get()
    evidence.revise(
        evidence=piece,
        version=piece.version,
        content=evidence.Content(title="Newer", kind="report", url="https://e.com/2"),
        by=world.people["contributor"],
        at=now(),
    )

    answer = world.as_("lead").post(
        page_of(review),
        {"_accept": "", "piece": piece.uuid, "version": 1, "remark": "Fine"},
    )

    assert answer.status_code == 412
    assert "Somebody changed this since you opened it" in text(answer)
    assert "https://e.com/2" in text(answer)
    assert ">Fine</textarea>" in answer.content.decode()


def test_an_approver_keeps_reminders_quiet_with_a_reason(world, review):
    until = today() + timedelta(days=5)

    refused = step(world.as_("lead"), review, "snooze", until="", reason="Freeze")
    given = {"until": str(until), "reason": "Freeze until Friday"}
    done = step(world.as_("lead"), review, "snooze", **given)

    assert (refused.status_code, done.status_code) == (400, 302)
    assert "Choose a day." in text(refused)
    assert ">Freeze</textarea>" in refused.content.decode()
    assert ReviewSnooze.objects.get().until == until
    page = text(world.as_("contributor").get(page_of(review)))
    assert "Reminders quiet until" in page
    assert "Freeze until Friday" in page


def test_who_may_not_is_told_who_may(world, review):
    page = text(world.as_("viewer").get(page_of(review)))
    answer = world.as_("viewer").post(page_of(review), handed(world.team))
    until = str(today() + timedelta(days=5))
    quiet = step(world.as_("contributor"), review, "snooze", until=until, reason="So")

    assert "To hand something in takes a contributor of the team" in page
    assert (answer.status_code, quiet.status_code) == (403, 403)
    assert not Evidence.objects.exists()


def test_what_does_not_hold_is_recorded_so(world, review):
    refused = step(world.as_("contributor"), review, "fail", remark="")
    step(world.as_("contributor"), review, "fail", remark="Two hosts are unpatched.")

    assert "Say what was not satisfied." in text(refused)
    assert fresh(review).outcome == ReviewOutcome.NOT_SATISFIED
    done = text(world.as_("contributor").get(page_of(review)))
    assert "Done, not satisfied" in done
    assert "Two hosts are unpatched." in done


def test_a_duty_that_is_not_ours_is_disputed_with_a_reason(world, review):
    browser = world.as_("contributor")
    sent = {"version": fresh(world.duty).version, "team": world.team.key}

    refused = browser.post(page_of(review), {"_dispute": "", **sent})
    browser.post(
        page_of(review), {"_dispute": "", "reason": "Data runs these hosts.", **sent}
    )

    assert "Say why it is not yours." in text(refused)
    said = DutyClaim.objects.open().get(duty=world.duty)
    assert (said.stance, said.reason) == (ClaimStance.DISPUTES, "Data runs these hosts.")
    assert "Data runs these hosts." in text(browser.get(page_of(review)))


def test_a_duty_is_taken_up_again(world, review):
    browser = world.as_("contributor")
    sent = {"version": fresh(world.duty).version, "team": world.team.key}
    browser.post(page_of(review), {"_dispute": "", "reason": "Not sure", **sent})

    sent["version"] = fresh(world.duty).version
    browser.post(page_of(review), {"_claim": "", **sent})

    claim = DutyClaim.objects.open().get(duty=world.duty)
    assert claim.stance == ClaimStance.CLAIMS


def test_earlier_reviews_stand_beside_with_their_proof(world):
    review = due_in(world.duty, -30, title="Patch report")
    piece = make_evidence(
        world.team, review, by=world.people["contributor"], title="October", at=now()
    )
    piece = fresh(piece)
    evidence.accept(
        evidence=piece, version=piece.version, by=world.people["lead"], at=now()
    )
    following = Review.objects.get(schedule=review.schedule, completed_at__isnull=True)

    page = text(world.as_("contributor").get(page_of(following)))

    assert "Last 1" in page
    assert piece.reference in page
    assert "30 days late" in page


def test_a_review_that_ended_with_its_duty_asks_nothing(world, review):
    type(review.schedule).objects.filter(pk=review.schedule.pk).update(
        ended_at=now(), ended_by=world.people["lead"], ended_on=today()
    )

    page = text(world.as_("contributor").get(page_of(review)))

    assert "Nothing is asked of you." in page
    assert "What period does it cover?" not in page


def test_looking_changes_nothing(world, review):
    count = AuditEvent.objects.count()

    world.as_("contributor").get(page_of(review), {"_accept": "", "piece": 1})

    assert AuditEvent.objects.count() == count
    assert world.as_("contributor").put(page_of(review)).status_code == 405


UNKNOWN = "1fdc2afa-ecd5-4413-bd5b-da987cc86069"


@pytest.mark.parametrize("piece", ["", "1", "9" * 40, "a-b", UNKNOWN])
def test_a_piece_that_is_not_offered_here_cannot_be_judged(world, review, piece):
    answer = step(world.as_("lead"), review, "accept", piece=piece)

    assert answer.status_code == 404


def test_the_page_asks_no_more_for_a_longer_history(world, review):
    browser = world.as_("lead")
    maker = world.people["contributor"]
    finish(world, review, maker)
    one = Review.objects.get(schedule=review.schedule, completed_at__isnull=True)
    make_evidence(world.team, one, by=maker, at=now())
    browser.get(page_of(one))

    few = asked(browser, page_of(one))
    for day in range(3):
        finish(world, one, maker, late=day)
        one = Review.objects.get(schedule=review.schedule, completed_at__isnull=True)
    for _ in range(2):
        make_evidence(world.team, one, by=maker, at=now())
    many = asked(browser, page_of(one))

    assert many == few
    assert few <= 45


def finish(world, review, maker, late=0):
    """Hand in and accept."""
    piece = make_evidence(world.team, review, by=maker, at=now(), file=b"%d" % late)
    piece = fresh(piece)
    evidence.accept(
        evidence=piece, version=piece.version, by=world.people["lead"], at=now()
    )


def test_no_page_has_a_style_or_a_script_inside(world, review):
    browser = world.as_("contributor")
    piece = make_evidence(world.team, review, by=world.people["lead"], at=now())

    paths = ["/", "/reviews/", page_of(review), "/evidence/", "/evidence/new/"]
    for path in [*paths, f"/evidence/{piece.uuid}/", "/training/"]:
        page = browser.get(path).content.decode()
        assert 'style="' not in page
        assert "<style" not in page
        assert "onclick" not in page
        assert all("src=" in tag for tag in page.split("<script")[1:])
