"""A file leaves as a download, whole or in ranges, and no browser runs it on our pages."""

import gzip
from urllib.parse import unquote

import pytest

from evidence.api import downloads
from evidence.models import Artifact, Evidence
from tests.api.conftest import Api
from tests.api.evidence.calls import content
from tests.evidence.files import GOOD
from tests.evidence.hostile import corpus
from tests.make import make_evidence, make_grc_lead, make_member, make_team

pytestmark = pytest.mark.django_db

BODY = bytes(range(32, 127)) * 40
ALLOWED = {
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/plain; charset=utf-8",
    "text/csv; charset=utf-8",
    "application/json",
    "application/octet-stream",
}


@pytest.fixture
def piece(team):
    return make_evidence(team, file=BODY, original_name="report.txt")


@pytest.fixture
def reader(team):
    return Api(make_member(team, "viewer"))


def ask(reader, piece, verb="get", **headers):
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return getattr(reader.client, verb)(
        f"/api/v1/evidence/{piece.uuid}/file/", headers={**reader.headers, **given}
    )


def is_safe(answer):
    """The headers of every file, whatever it holds."""
    disposition = answer["Content-Disposition"]
    return (
        disposition.startswith("attachment; ")
        and "filename*=UTF-8''" in disposition
        and answer["X-Content-Type-Options"] == "nosniff"
        and answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        and answer["Cross-Origin-Resource-Policy"] == "same-origin"
        and answer["Cache-Control"] == "private, no-store"
        and answer["Accept-Ranges"] == "bytes"
        and (
            answer["Content-Type"] in ALLOWED or "openxmlformats" in answer["Content-Type"]
        )
    )


def test_a_download_is_what_was_handed_in(reader, piece):
    answer = ask(reader, piece)

    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(BODY))
    assert answer["ETag"] == f'"{piece.latest_version.artifact.sha256}"'
    assert is_safe(answer)
    assert content(answer) == BODY


def test_asking_for_the_head_opens_nothing(reader, piece, store):
    (store / piece.latest_version.artifact.path).unlink()

    answer = ask(reader, piece, "head", Range="bytes=0-3")

    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(BODY))
    assert is_safe(answer)
    assert answer.content == b""


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_of_file_leaves_as_a_download(team, reader, name):
    piece = make_evidence(team, file=GOOD[name], original_name=name)

    answer = ask(reader, piece)

    assert is_safe(answer)
    assert content(answer) == GOOD[name]


@pytest.mark.parametrize("hostile", [h for h in corpus() if h.kept], ids=str)
def test_a_hostile_file_that_is_kept_leaves_as_a_download(team, reader, hostile):
    piece = make_evidence(team, file=hostile.content, original_name=hostile.name)

    answer = ask(reader, piece)

    assert is_safe(answer)
    assert not set("\r\n\x00") & set(answer["Content-Disposition"])
    assert content(answer) == hostile.content


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-100", -100, None),
        ("bytes=3000-999999", 3000, None),
        ("bytes=-999999", 0, None),
    ],
)
def test_a_range_is_those_bytes(reader, piece, asked, start, end):
    expected = BODY[start:end]

    answer = ask(reader, piece, Range=asked)

    first = len(BODY) + start if start < 0 else start
    last = first + len(expected) - 1
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{len(BODY)}"
    assert answer["Content-Length"] == str(len(expected))
    assert is_safe(answer)
    assert content(answer) == expected


@pytest.mark.parametrize("asked", [f"bytes={len(BODY)}-", "bytes=999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_told_the_size(reader, piece, asked):
    answer = ask(reader, piece, Range=asked)

    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(BODY)}"
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=-", "bytes=٣-٤"],
)
def test_a_range_that_is_not_understood_is_the_whole_file(reader, piece, asked):
    answer = ask(reader, piece, Range=asked)

    assert answer.status_code == 200
    assert content(answer) == BODY


def test_a_range_of_what_has_changed_is_the_whole_file(reader, piece):
    same = ask(
        reader, piece, Range="bytes=0-3", If_Range=ask(reader, piece, "head")["ETag"]
    )
    other = ask(reader, piece, Range="bytes=0-3", If_Range='"other"')
    weak = ask(reader, piece, Range="bytes=0-3", If_Range=f"W/{same['ETag']}")

    assert [len(content(answer)) for answer in (same, other, weak)] == [
        4,
        len(BODY),
        len(BODY),
    ]


def test_a_file_is_not_compressed_and_other_answers_are(reader, piece):
    file = ask(reader, piece, Accept_Encoding="gzip")
    told = reader.client.get(
        "/api/schema/", headers={**reader.headers, "Accept-Encoding": "gzip"}
    )

    assert "Content-Encoding" not in file
    assert content(file) == BODY
    assert told["Content-Encoding"] == "gzip"
    assert gzip.decompress(told.content)


@pytest.mark.parametrize("accept", ["application/pdf", "image/*", "text/html", "*/*"])
def test_a_file_is_sent_whatever_the_client_says_it_accepts(reader, piece, accept):
    assert content(ask(reader, piece, Accept=accept)) == BODY


def test_a_stranger_finds_no_file(piece):
    assert ask(Api(make_member(make_team("other"), "lead")), piece).status_code == 404
    assert ask(Api(None), piece).status_code == 401


def test_evidence_without_a_file_has_none_to_download(team, reader):
    piece = make_evidence(team, url="https://example.org")

    assert ask(reader, piece).status_code == 404


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_half_a_file_is_never_given_out(reader, piece, store, damage):
    path = store / piece.latest_version.artifact.path
    path.unlink() if damage == "gone" else path.write_bytes(BODY[:10])

    answer = ask(reader, piece)

    assert answer.status_code == 503
    assert "verify_evidence_store" in answer.json()["detail"]


@pytest.mark.parametrize(
    "name",
    [
        "report.pdf",
        "Prüfbericht März.pdf",
        "報告.pdf",
        'qu"ote\\d;.pdf',
        "<img src=x>.pdf",
        "a%0d%0aSet-Cookie: x.pdf",
        "😀.pdf",
    ],
)
def test_a_name_comes_back_as_it_was_and_breaks_no_header(name):
    header = downloads.disposition(name)

    encoded = header.split("filename*=UTF-8''")[1]
    assert header.isascii()
    assert unquote(encoded) == name.replace("\\", "/").rpartition("/")[2]
    assert header.count('"') == 2


def test_the_list_costs_the_same_however_much_there_is(team, django_assert_max_num_queries):
    api = Api(make_grc_lead())
    api.get("evidence/")
    for number in range(12):
        make_evidence(team, title=f"Number {number}", file=f"{number}\n".encode())
    assert Evidence.objects.count() == Artifact.objects.count() == 12

    for path in ("evidence/?team=payments&state=submitted", "artifacts/"):
        with django_assert_max_num_queries(6):
            assert len(api.get(path).json()["results"]) == 12
