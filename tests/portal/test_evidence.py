"""Our evidence: the list, one piece with its story, and handing in by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from evidence.choices import VerdictState
from evidence.models import Evidence, EvidenceLink
from evidence.queries import shelf
from evidence.services import evidence
from tests.make import accept_evidence, make_evidence, responsibility_for
from tests.portal.pages import asked, due_in, file, fresh, handed, now, text, today


@pytest.fixture
def piece(world):
    """A report that the contributor handed in for SI-3."""
    return make_evidence(
        world.team,
        responsibility_for(world.shop, "si-3"),
        by=world.people["contributor"],
        title="Patch report",
        original_name="patches.txt",
        at=now(),
    )


def page_of(piece) -> str:
    return f"/evidence/{piece.uuid}/"


def press(browser, piece, button, **given):
    sent = {f"_{button}": "", "version": fresh(piece).version, **given}
    return browser.post(page_of(piece), sent)


def listed(answer) -> list[str]:
    lines = answer.context["page"].lines
    return [line.piece.latest_version.title for line in lines]


def dated(world, title, days):
    """Accepted evidence that counts for so many days from today."""
    last = today() + timedelta(days=days)
    collected = min(today(), last)
    row = make_evidence(
        world.team,
        by=world.people["contributor"],
        title=title,
        expires_on=last,
        collected_on=collected,
        at=now(),
    )
    return accept_evidence(row, at=now())


def test_each_view_shows_what_it_counts(world, piece):
    dated(world, "Ends soon", 20)
    dated(world, "Lasts", 200)
    dated(world, "Ended", -1)
    browser = world.as_("viewer")

    views = {
        view["token"]: view["count"] for view in browser.get("/evidence/").context["views"]
    }

    assert views == {"": 4, "current": 2, "ending": 1, "expired": 1, "submitted": 1}
    for token, count in views.items():
        assert len(listed(browser.get("/evidence/", {"view": token}))) == count
    assert listed(browser.get("/evidence/", {"view": "expired"})) == ["Ended"]


def test_it_says_what_a_piece_proves_and_until_when(world, piece):
    dated(world, "Ends soon", 20)

    page = text(world.as_("viewer").get("/evidence/"))

    assert "Patch report EV-" in page
    assert "SI-3 Shop" in page
    assert "nothing yet" in page


@pytest.mark.parametrize("query", ["patch", "EV-{pk}", "{pk}", "ev-{pk}"])
def test_a_piece_is_found_by_its_title_or_number(world, piece, query):
    dated(world, "Something else", 20)

    answer = world.as_("viewer").get("/evidence/", {"q": query.format(pk=piece.pk)})

    assert listed(answer) == ["Patch report"]


def test_it_is_filtered_by_system_and_team(world, piece):
    dated(world, "Linked to nothing", 20)
    browser = world.as_("grc")

    assert listed(browser.get("/evidence/", {"system": "shop"})) == ["Patch report"]
    assert listed(browser.get("/evidence/", {"team": "data"})) == []
    assert len(listed(browser.get("/evidence/", {"team": "platform"}))) == 2


@pytest.mark.parametrize("query", [{"view": "new"}, {"before": "x"}, {"before": "9" * 40}])
def test_an_address_that_says_nothing_is_answered_in_words(world, piece, query):
    answer = world.as_("viewer").get("/evidence/", query)

    assert answer.status_code == 400
    assert "This is the whole list instead." in text(answer)


def test_the_evidence_of_others_is_not_there(world, piece):
    answer = world.as_("other").get("/evidence/")

    assert listed(answer) == []
    assert "No evidence yet" in text(answer)
    assert world.as_("other").get(page_of(piece)).status_code == 404
    assert press(world.as_("other"), piece, "accept").status_code == 404


def test_long_lists_come_in_pages(world, monkeypatch):
    monkeypatch.setattr(shelf, "PAGE", 2)
    for number in range(5):
        dated(world, f"Piece {number}", 20)

    seen, before = [], ""
    for _ in range(3):
        answer = world.as_("viewer").get("/evidence/", {"before": before})
        seen += listed(answer)
        before = answer.context["page"].before or ""

    assert seen == [f"Piece {number}" for number in (4, 3, 2, 1, 0)]
    assert before == ""


def test_a_piece_tells_its_story(world, piece):
    accept_evidence(piece, by=world.people["lead"], at=now())

    answer = world.as_("viewer").get(page_of(piece))

    page = text(answer)
    assert "Accepted by lead" in page
    assert "Handed in by contributor" in page
    assert f"sha256 {piece.latest_version.artifact.sha256}" in page
    assert f'href="/api/v1/evidence/{piece.uuid}/file/"' in answer.content.decode()
    assert "Hand in a new revision" not in page


def test_its_file_is_downloaded_from_there(world, piece):
    answer = world.as_("viewer").get(f"/api/v1/evidence/{piece.uuid}/file/")

    assert b"".join(answer.streaming_content) == b"proof\n"


def test_a_second_person_judges_on_the_page(world, piece):
    shown = text(world.as_("lead").get(page_of(piece)))

    answer = press(world.as_("lead"), piece, "accept", remark="Fine.")

    assert "the verdict is yours" in shown
    assert answer.status_code == 302
    assert fresh(piece).latest_verdict.state == VerdictState.ACCEPTED


def test_a_new_revision_keeps_the_file_where_none_is_chosen(world, piece):
    accept_evidence(piece, by=world.people["lead"], at=now())
    browser = world.as_("contributor")
    sent = {**handed(world.team, title="Better title"), "url": ""}

    answer = browser.post(
        page_of(piece), {**sent, "version": fresh(piece).version, "description": "Why"}
    )

    assert answer.status_code == 302
    row = fresh(piece)
    assert row.latest_version.original_name == "patches.txt"
    assert row.latest_version.title == "Better title"
    assert row.latest_verdict.state == VerdictState.SUBMITTED
    assert "It is judged again." in text(browser.get(page_of(piece)))


def test_a_new_file_takes_the_place_of_the_old_one(world, piece):
    sent = handed(world.team, file=file(b"newer\n", "november.txt"))

    world.as_("contributor").post(page_of(piece), {**sent, "version": fresh(piece).version})

    names = piece.versions.order_by("number").values_list("original_name", flat=True)
    assert list(names) == ["patches.txt", "november.txt"]
    page = world.as_("viewer").get(page_of(piece)).content.decode()
    assert f"/api/v1/evidence/{piece.uuid}/file/?revision=1" in page


def test_a_stale_revision_is_refused_and_what_was_typed_stays(world, piece):
    accept_evidence(piece, by=world.people["lead"], at=now())
    sent = handed(world.team, title="My title")

    answer = world.as_("contributor").post(page_of(piece), {**sent, "version": 1})

    assert answer.status_code == 412
    page = answer.content.decode()
    assert 'value="My title"' in page
    assert "Somebody changed this since you opened it" in text(answer)
    assert "Patch report" in page


def test_a_piece_is_withdrawn_with_a_reason(world, piece):
    wordless = press(world.as_("contributor"), piece, "withdraw", remark=" ")
    press(world.as_("contributor"), piece, "withdraw", remark="Wrong system.")

    assert wordless.status_code == 400
    assert "Say why it is withdrawn." in text(wordless)
    page = text(world.as_("viewer").get(page_of(piece)))
    assert "Withdrawn" in page
    assert "“Wrong system.”" in page


def test_a_piece_is_offered_for_a_review_and_taken_off(world, piece):
    review = due_in(world.duty, 5, title="Near review")
    browser = world.as_("contributor")

    shown = text(browser.get(page_of(piece)))
    press(browser, piece, "link", review=review.uuid)
    link = EvidenceLink.objects.get(evidence=piece, review=review)
    again = press(browser, piece, "link", review=review.uuid)
    press(browser, piece, "unlink", link=link.uuid)

    assert "Near review, Shop, due" in shown
    assert "It is linked there already." in text(again)
    assert fresh(link).ended_by == world.people["contributor"]


@pytest.mark.parametrize("review", ["", "nonsense", "00000000-0000-4000-8000-000000000000"])
def test_it_cannot_be_offered_for_what_is_not_there(world, piece, review):
    answer = press(world.as_("contributor"), piece, "link", review=review)

    assert answer.status_code == 400
    assert "Choose a review." in text(answer)


def test_a_file_is_handed_in_for_a_duty_without_a_review(world):
    address = f"/evidence/new/?duty={world.duty.uuid}"

    shown = text(world.as_("contributor").get(address))
    answer = world.as_("contributor").post(
        address, handed(world.team, file=file(), title="Recipe")
    )

    row = Evidence.objects.get()
    assert "For SI-3" in shown
    assert answer["Location"] == page_of(row)
    assert EvidenceLink.objects.get(evidence=row).duty == world.duty


def test_what_is_refused_keeps_what_was_typed(world):
    sent = handed(world.team, file=file(b"", "empty.txt"), title="Recipe")

    answer = world.as_("contributor").post("/evidence/new/", sent)

    assert answer.status_code == 400
    assert 'value="Recipe"' in answer.content.decode()
    assert "All else that you typed is still here." in text(answer)
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("query", ["duty=nonsense", "responsibility={foreign}"])
def test_nothing_is_handed_in_for_what_is_not_there(world, query):
    foreign = responsibility_for(world.shop, "si-3").uuid

    answer = world.as_("other").get(f"/evidence/new/?{query.format(foreign=foreign)}")

    assert answer.status_code == 404


def test_pages_ask_no_more_for_more_evidence(world):
    browser = world.as_("grc")
    make_evidence(world.team, due_in(world.duty, 1), at=now())
    piece = make_evidence(
        world.team,
        responsibility_for(world.shop, "si-3"),
        due_in(world.duty, 9),
        by=world.people["contributor"],
        at=now(),
    )
    paths = ("/evidence/", page_of(piece))
    [browser.get(path) for path in paths]

    few = [asked(browser, path) for path in paths]
    for number in range(4):
        row = responsibility_for(world.shop, "ac-2")
        make_evidence(world.team, row, title=f"Piece {number}", at=now())
    for number in range(3):
        row = fresh(piece)
        evidence.revise(
            evidence=row,
            version=row.version,
            content=evidence.Content(
                title=f"{number}", kind="report", artifact=row.latest_version.artifact
            ),
            by=world.people["contributor"],
            at=now(),
        )
        evidence.link(
            evidence=row,
            version=row.version,
            target=due_in(world.duty, number),
            by=world.people["contributor"],
            at=now(),
        )
    many = [asked(browser, path) for path in paths]

    assert many == few
