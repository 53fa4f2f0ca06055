"""Files that come with a request: written straight to the store's `tmp/`, then recognised.

`ReceivingHandler` is the upload handler of the whole project (FILE_UPLOAD_HANDLERS), so
there is one copy of a file, one limit, and no form that forgets either.
"""

from __future__ import annotations

import zipfile
from typing import Any, BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.http.request import UnreadablePostError

from controls.errors import DomainError, InvalidInputError, UnsupportedTypeError
from evidence.rules import names, recognition
from evidence.rules.recognition import OFFICES, TEXTS, Part
from evidence.services.store import Draft, largest, too_large

CHUNK = 128 * 1024
PIECE = 1024 * 1024
CUT_OFF = "The body was cut off: nothing was stored. Send it again."


class ReceivedFile(UploadedFile):  # type: ignore[type-arg]
    """A file of a request. Closing it, which the end of the request does, deletes what was
    not kept.
    """

    def __init__(self, draft: Draft, problem: DomainError | None) -> None:
        super().__init__(
            file=draft.file,
            name=draft.name,
            content_type="application/octet-stream",  # what the sender says is not asked
            size=draft.size,
        )
        self.draft = draft
        self.problem = problem

    @property
    def sha256(self) -> str:
        """Return the hash of what it holds."""
        return self.draft.sha256

    def close(self) -> None:
        """Delete the draft, unless it was kept."""
        self.draft.discard()


class ReceivingHandler(FileUploadHandler):
    """Reads a multipart body to its end and makes sure that all of it came."""

    chunk_size = CHUNK

    def handle_raw_input(  # type: ignore[override]
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - Django's name
        content_length: int,
        boundary: bytes,  # noqa: ARG002 - Django's signature
        encoding: str | None = None,
    ) -> Any:
        """Return fields and files. Raises MultiPartParserError where not all of it came."""
        if content_length > 2 * largest():
            # What is somewhat too large is read, so that the sender reads the answer.
            raise MultiPartParserError(too_large())
        body, receiver = _Counted(input_data), _Receiver(self.request)
        try:
            fields, files = MultiPartParser(META, body, [receiver], encoding).parse()  # type: ignore[arg-type]
        except UnreadablePostError as error:
            receiver.upload_interrupted()
            raise MultiPartParserError(CUT_OFF) from error
        except Exception:
            receiver.upload_interrupted()
            raise
        if body.count < content_length:
            for received in (file for _, several in files.lists() for file in several):
                received.close()
            raise MultiPartParserError(CUT_OFF)
        return fields, files

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> bytes:
        """Pass on: the inner parser has its own."""
        return raw_data

    def file_complete(self, _file_size: int) -> None:
        """Make nothing: the inner parser's handler does."""


class _Counted:
    """A stream that knows how much was read of it.

    It takes large pieces from the server, which copies what is left of a piece each time,
    and gives out small ones, which stay in the processor's cache while they are searched
    for the boundary, hashed and written.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.count = 0
        self._piece = memoryview(b"")

    def read(self, size: int) -> bytes:
        if not self._piece:
            self._piece = memoryview(self.stream.read(PIECE))
            self.count += len(self._piece)
        found, self._piece = self._piece[:size], self._piece[size:]
        return bytes(found)


class _Receiver(FileUploadHandler):
    """Writes each file into a draft. What goes wrong is kept with the file, so that the
    fields behind it are still read and a page can say what was wrong.
    """

    chunk_size = CHUNK

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.received = 0
        self.draft: Draft | None = None
        self.problem: DomainError | None = None

    @property
    def file(self) -> Any:
        """Return what Django closes when it stops in the middle of a file."""
        return _Closing(self.draft)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a draft. Raises SkipFile for whoever is not signed in."""
        super().new_file(*args, **kwargs)
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise SkipFile
        self.draft = self.problem = None
        name = names.clean(self.file_name or "")
        try:
            # All files of a request share the limit of one.
            self.draft = Draft(name, limit=largest() - self.received)
        except DomainError as error:
            self.problem = error

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> None:
        """Write a chunk, unless something was wrong before."""
        self.received += len(raw_data)
        if self.problem is not None or self.draft is None:
            return
        try:
            self.draft.write(raw_data)
        except DomainError as error:
            self.problem = error

    def file_complete(self, _file_size: int) -> UploadedFile[Any] | None:
        """Return the file, with what was wrong, if anything was."""
        if self.draft is None:
            return None if self.problem is None else _Unstored(self.problem)
        if self.problem is None:
            self.draft.file.seek(0)  # where whoever reads it begins
        return ReceivedFile(self.draft, self.problem)

    def upload_interrupted(self) -> None:
        """Delete what came of the file."""
        if self.draft is not None:
            self.draft.discard()


class _Unstored(UploadedFile):  # type: ignore[type-arg]
    """A file for which there was not even a place to begin."""

    def __init__(self, problem: DomainError) -> None:
        super().__init__(name=names.UNNAMED, size=1)
        self.problem = problem


class _Closing:
    """Deletes a draft when it is closed, if there is one."""

    def __init__(self, draft: Draft | None) -> None:
        self.draft = draft

    def close(self) -> None:
        if self.draft is not None:
            self.draft.discard()


def draft_of(file: UploadedFile[Any] | None) -> Draft | None:
    """Return what a request's file holds, recognised and written through to the disk, to be
    handed to a service as `Content.artifact`; None for no file.

    Raises TooLargeError, UnsupportedTypeError, InvalidInputError where it is empty,
    StorageFullError and StorageFailedError; then nothing of it is kept.
    """
    if file is None:
        return None
    problem = getattr(file, "problem", None)
    if isinstance(problem, DomainError):
        raise problem
    draft = file.draft if isinstance(file, ReceivedFile) else _copied(file)
    if not draft.media_type:
        try:
            draft.media_type = _recognised(draft)
        except DomainError:
            draft.discard()
            raise
        draft.seal()
    return draft


def _copied(file: UploadedFile[Any]) -> Draft:
    """Return a draft of a file that another handler received."""
    draft = Draft(names.clean(file.name or ""))
    for chunk in file.chunks(CHUNK):
        draft.write(chunk)
    return draft


def _recognised(draft: Draft) -> str:
    """Return the media type, after a look at the file."""
    tail = draft.tail(recognition.TAIL)
    media_type = recognition.recognise(
        name=draft.name, head=draft.head(recognition.HEAD), tail=tail
    )
    extension = names.extension(draft.name)
    if extension in OFFICES:
        # Measured before it is read: a zip's directory may be as long as the file.
        expected = recognition.count_parts(tail=tail, size=draft.size)
        recognition.check_parts(name=draft.name, parts=_parts(draft.file, expected))
    elif extension in TEXTS:
        recognition.check_text(name=draft.name, chunks=draft.chunks())
    return media_type


def _parts(file: BinaryIO, expected: int) -> list[Part]:
    """Return the lines of a zip's directory; nothing is unpacked."""
    try:
        # Not closed: that leaves the draft's file open, which it did not open.
        listed = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        raise UnsupportedTypeError(
            "Not stored: it is damaged: its directory cannot be read. Save it once more."
        ) from None
    if len(listed) != expected:
        raise InvalidInputError(
            "Not stored: its directory contradicts itself. Save it once more.", place="file"
        )
    return [
        Part(name=line.filename, size=line.file_size, mode=line.external_attr >> 16)
        for line in listed
    ]
