"""What comes with a request is received once, within the limit, from known people."""

import io
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.test import RequestFactory

from controls.errors import InvalidInputError, TooLargeError
from evidence.services.uploads import ReceivedFile, draft_of
from tests.evidence.files import GOOD
from tests.evidence.keeping import files

PERSON = SimpleNamespace(is_authenticated=True)
STRANGER = SimpleNamespace(is_authenticated=False)


def asked(user=PERSON, **parts):
    """A form that somebody posts to a page."""
    request = RequestFactory().post("/", parts)
    request.user = user
    return request


def text(content=b"proof\n", name="proof.txt"):
    return SimpleUploadedFile(name, content)


def test_a_page_finds_fields_and_file(store):
    request = asked(title="Proof", file=text())

    received = request.FILES["file"]

    assert request.POST["title"] == "Proof"
    assert isinstance(received, ReceivedFile)
    assert (received.name, received.size) == ("proof.txt", 6)
    assert [path.read_bytes() for path in files(store / "tmp")] == [b"proof\n"]
    request.close()


def test_other_forms_read_what_they_received():
    request = asked(file=text(GOOD["people.csv"], "people.csv"))

    received = request.FILES["file"]

    assert received.read() == GOOD["people.csv"]
    assert b"".join(received.chunks()) == GOOD["people.csv"]
    request.close()


def test_at_the_end_of_the_request_nothing_is_left(store):
    request = asked(file=text(), other=text(b"two\n"))
    assert len(request.FILES) == 2

    request.close()

    assert files(store) == []


def test_what_a_stranger_sends_is_passed_over(store):
    request = asked(STRANGER, title="Proof", file=text())

    assert request.POST["title"] == "Proof"
    assert not request.FILES
    assert files(store) == []


def test_a_file_that_is_too_large_is_told_where_it_is_used(store, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    request = asked(title="Proof", file=text(b"x" * 1001))

    received = request.FILES["file"]

    assert request.POST["title"] == "Proof"
    assert files(store) == []
    with pytest.raises(TooLargeError):
        draft_of(received)


def test_all_files_of_a_request_share_the_limit(store, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    request = asked(first=text(b"x" * 600), second=text(b"x" * 600))

    first = draft_of(request.FILES["first"])
    assert first is not None
    assert first.size == 600
    with pytest.raises(TooLargeError):
        draft_of(request.FILES["second"])
    request.close()
    assert files(store) == []


def test_what_is_far_too_large_is_not_read(store, settings):
    settings.UPLOAD_MAX_BYTES = 100
    request = asked(file=text(b"x" * 5000))

    with pytest.raises(MultiPartParserError, match="at most"):
        _ = request.FILES

    assert files(store) == []


@pytest.mark.parametrize("end", ["short", "broken"])
def test_a_body_that_is_cut_off_is_refused_and_leaves_nothing(store, end):
    request = asked(file=text(b"x" * 3_000_000))
    whole = request.META["wsgi.input"].read(int(request.META["CONTENT_LENGTH"]))
    request._stream = Cut(whole[:2_000_000], breaks=end == "broken")

    with pytest.raises(MultiPartParserError, match="cut off"):
        _ = request.FILES

    assert files(store) == []


class Cut(io.BytesIO):
    """A connection that ends too early, quietly or with an error."""

    def __init__(self, content, *, breaks):
        super().__init__(content)
        self.breaks = breaks

    def read(self, size=-1):
        found = super().read(size)
        if self.breaks and not found:
            raise UnreadablePostError("the connection is gone")
        return found


def test_no_file_is_no_draft():
    assert draft_of(None) is None


def test_an_empty_file_is_refused_with_its_place():
    with pytest.raises(InvalidInputError) as refused:
        draft_of(text(b""))

    assert refused.value.place == "file"


def test_a_file_is_recognised_once(store):
    request = asked(file=text())
    received = request.FILES["file"]

    assert draft_of(received) is draft_of(received)
    assert len(files(store)) == 1
    request.close()
