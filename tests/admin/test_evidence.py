"""Evidence in the admin site: handed in with its file, judged, taken back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.models import Artifact, Evidence, EvidenceLink
from tests.admin.worlds import add_url, change_url, list_url, text
from tests.make import (
    accept_evidence,
    make_duty,
    make_evidence,
    make_review,
    responsibility_for,
)

FORM = {
    "title": "Patch report",
    "kind": "report",
    "side": "customer",
    "sensitivity": "internal",
    "proves": "",
}


def form(world, file=b"patched\n", name="report.txt", **more):
    told = {**FORM, "team": world.team.pk, **more}
    return told if file is None else {**told, "file": SimpleUploadedFile(name, file)}


def judge(piece, step, remark=""):
    return {"version": piece.version, "_step": step, "remark": remark}


def state(piece):
    found = Evidence.objects.with_state().get(pk=piece.pk)
    return getattr(found, "state", None)


@pytest.fixture
def review(world):
    return make_review(make_duty(world.system, "si-3", owner_team=world.team))


def test_a_file_is_handed_in_with_what_it_proves(world, review):
    browser = world.as_("contributor")

    answer = browser.post(
        add_url(Evidence), form(world, proves="shop AC-2\n", reviews=[review.pk])
    )

    piece = Evidence.objects.get()
    assert answer.status_code == 302
    assert piece.latest_version is not None
    assert piece.latest_version.original_name == "report.txt"
    links = EvidenceLink.objects.order_by("pk")
    assert [link.responsibility.control.label for link in links] == ["AC-2", "SI-3"]
    assert Artifact.objects.get().size == len(b"patched\n")


@pytest.mark.parametrize(
    ("file", "name", "told"),
    [
        (b"<svg onload=x>", "logo.svg", "can run scripts and are refused"),
        (b"", "report.txt", "the file is empty"),
        (b"MZ\x90", "report.txt", "programs and scripts are refused"),
    ],
)
def test_a_refused_file_is_told_in_the_form_with_what_was_typed(world, file, name, told):
    browser = world.as_("contributor")

    answer = browser.post(add_url(Evidence), form(world, file, name))

    assert answer.status_code == 200
    assert told in text(answer)
    assert "Patch report" in answer.content.decode()
    assert not Evidence.objects.exists()
    assert not Artifact.objects.exists()


@pytest.mark.parametrize("proves", ["vault AC-2", "shop XX-9", "shop", "nowhere AC-2"])
def test_what_is_not_there_for_this_person_cannot_be_proven(world, proves):
    browser = world.as_("contributor")

    answer = browser.post(add_url(Evidence), form(world, proves=proves))

    assert f"There is no {proves} that you may see." in text(answer)
    assert not Evidence.objects.exists()


def test_neither_file_nor_address_is_refused(world):
    answer = world.as_("contributor").post(add_url(Evidence), form(world, None))

    assert "Hand in a file or an address" in text(answer)


@pytest.mark.parametrize(
    ("step", "after"),
    [("accept", "accepted"), ("reject", "rejected"), ("withdraw", "withdrawn")],
)
def test_a_second_person_takes_a_step(world, step, after):
    piece = make_evidence(world.team)

    answer = world.as_("approver").post(change_url(piece), judge(piece, step, "So."))

    assert answer.status_code == 302
    assert state(piece) == after


def test_a_rejection_without_a_reason_is_told_in_the_form(world):
    piece = make_evidence(world.team)

    answer = world.as_("approver").post(change_url(piece), judge(piece, "reject"))

    assert "Say why you reject it." in text(answer)
    assert state(piece) == "submitted"


def test_who_handed_in_is_offered_to_withdraw_only(world):
    piece = make_evidence(world.team, by=world.people["approver"])

    page = world.as_("approver").get(change_url(piece)).content.decode()

    assert 'value="withdraw"' in page
    assert 'value="accept"' not in page


def test_a_viewer_reads_and_is_told_who_may(world):
    piece = make_evidence(world.team, responsibility_for(world.system, "ac-2"))

    page = text(world.as_("viewer").get(change_url(piece)))

    assert "You can read this." in page
    assert "AC-2 in Shop" in page
    assert "proof.txt" in page


def test_what_was_judged_meanwhile_is_told(world):
    piece = make_evidence(world.team)
    accept_evidence(piece)

    answer = world.as_("approver").post(change_url(piece), judge(piece, "reject", "x"))

    assert "Somebody changed this" in text(answer)
    assert state(piece) == "accepted"


def test_the_list_costs_the_same_however_much_there_is(world):
    browser = world.as_("grc")
    make_evidence(world.team)
    browser.get(list_url(Evidence))
    with CaptureQueriesContext(connection) as few:
        browser.get(list_url(Evidence))
    for number in range(8):
        make_evidence(world.team, file=b"%d\n" % number)

    with CaptureQueriesContext(connection) as many:
        assert len(browser.get(list_url(Evidence)).context["cl"].result_list) == 9

    assert len(many) <= len(few)
