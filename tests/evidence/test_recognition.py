"""What a file is, by what it holds; and that no hostile file gets further than it may."""

import resource
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.errors import DomainError
from evidence.models import Artifact
from evidence.rules import names
from evidence.rules.recognition import SERVED
from tests.evidence.files import GOOD, office
from tests.evidence.hostile import corpus
from tests.make import make_draft, make_evidence

CORPUS = corpus()
RANDOM_NAMES = st.text(max_size=400)


def hand_in(team, hostile):
    """What came of it: the evidence, or why it was refused."""
    try:
        return make_evidence(team, file=hostile.content, original_name=hostile.name), None
    except DomainError as error:
        return None, error


@pytest.mark.parametrize("name", GOOD)
def test_what_programs_write_every_day_is_kept(name):
    draft = make_draft(GOOD[name], name)

    assert draft.media_type in SERVED | {"application/xml"}


def test_the_corpus_is_large_and_each_of_it_is_of_its_own_kind():
    assert len(CORPUS) >= 80
    assert len({hostile.what for hostile in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("hostile", CORPUS, ids=str)
def test_a_hostile_file_is_refused_with_the_reason_or_kept_as_mere_bytes(
    hostile, team, store, files_in
):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()

    piece, refused = hand_in(team, hostile)

    assert time.monotonic() - began < 2
    # In kilobytes; the most that any file of the corpus may cost.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024
    assert (piece is not None) == hostile.kept
    assert files_in("tmp") == []
    found = [path for path in store.rglob("*") if path.is_file()]
    if piece is None:
        assert not found
        assert not Artifact.objects.exists()
        assert refused.message.startswith("Not stored: ")
        assert refused.status in {400, 415}
    else:
        assert [path.read_bytes() for path in found] == [hostile.content]
        assert found[0].name == piece.latest_version.artifact.sha256
        assert not found[0].stat().st_mode & 0o111


def test_a_refusal_says_the_reason_and_the_way_out():
    with pytest.raises(DomainError) as refused:
        make_draft(office("xlsx", {"xl/vbaProject.bin": b"x"}), "plan.xlsm")

    assert refused.value.message == (
        "Not stored: files with macros are refused. Save it as .xlsx, .docx or .pptx."
    )


@given(RANDOM_NAMES)
def test_no_name_leads_out_of_its_place_or_misleads(name):
    cleaned = names.clean(name)

    assert 0 < len(cleaned) <= 255
    assert not set(cleaned) & set("/\\\x00\r\n\u202e\u2066")
    assert cleaned not in {".", ".."}
    assert names.clean(cleaned) == cleaned


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=200))
def test_an_honest_name_of_any_script_stays(stem):
    name = f"{stem}.pdf"

    assert names.extension(names.clean(name)) == "pdf"


def test_a_name_that_is_too_long_keeps_its_extension():
    assert names.clean("n" * 300 + ".pdf") == "n" * 251 + ".pdf"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("report\u202efdp.exe", "reportfdp.exe"),
        ("a\r\nb.txt", "ab.txt"),
        ("", "file"),
        ("...", "file"),
        (" report.pdf. ", "report.pdf"),
        ("Prüfbericht März 2026.pdf", "Prüfbericht März 2026.pdf"),
    ],
)
def test_a_name_is_shown_without_what_misleads(name, cleaned):
    assert names.clean(name) == cleaned
