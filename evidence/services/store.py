"""Receiving a file: counted and hashed while it is written, kept only when it is whole."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from controls.errors import (
    DomainError,
    StorageFailedError,
    StorageFullError,
    TooLargeError,
)
from evidence.services.shelves import shelf

EARLY = 4 * 1024 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def largest() -> int:
    """Return how many bytes a file may hold (SRM_UPLOAD_MAX_MB)."""
    found: int = settings.UPLOAD_MAX_BYTES
    return found


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Let what the disk refuses be told to people.

    Raises StorageFullError where no room is left, else StorageFailedError.
    """
    try:
        yield
    except OSError as error:
        raise failure(error) from error


def failure(error: OSError) -> DomainError:
    """Return what people are told of an error of the disk or the bucket."""
    if error.errno in FULL:
        return StorageFullError(
            "Not stored: no room is left for files. An administrator must make room."
        )
    return StorageFailedError(
        "Not stored: the place of the files cannot be written. Ask again later, or ask an "
        "administrator."
    )


class Draft:
    """A file on its way in.

    It grows in the shelf's `tmp/`; when the last who holds it lets go, it is deleted there.
    """

    def __init__(self, name: str = "", *, limit: int | None = None) -> None:
        """Begin an empty file. Raises StorageFullError and StorageFailedError."""
        self.name = name
        self.media_type = ""
        self.size = 0
        self._begun = 0
        self.limit = largest() if limit is None else limit
        self._hash = hashlib.sha256()
        with told():
            handle, path = tempfile.mkstemp(prefix="draft-", dir=shelf().drafts())
        self.path = Path(path)
        # Unbuffered: what is written is written, and a full disk is told at once.
        self.file: BinaryIO = os.fdopen(handle, "w+b", buffering=0)
        self._end = weakref.finalize(self, _drop, self.file, self.path)

    @property
    def sha256(self) -> str:
        """Return the hash of what was written so far."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises TooLargeError as soon as the file holds more than it may, StorageFullError
        and StorageFailedError; then nothing is left of it.
        """
        self.size += len(chunk)
        try:
            if self.size > self.limit:
                raise TooLargeError(too_large())
            self._hash.update(chunk)
            with told():
                _write_all(self.file, chunk)
                self._start_writing_through()
        except DomainError:
            self.discard()
            raise

    def seal(self) -> None:
        """Write it through to the disk. Raises as `write` does."""
        try:
            with told():
                os.fsync(self.file.fileno())
        except DomainError:
            self.discard()
            raise

    def _start_writing_through(self) -> None:
        """Let the disk begin while the rest still comes, so that `seal` waits less."""
        waiting = self.size - self._begun
        if waiting >= EARLY and hasattr(os, "posix_fadvise"):
            advice = os.POSIX_FADV_DONTNEED  # Linux starts to write what it shall drop
            os.posix_fadvise(self.file.fileno(), self._begun, waiting, advice)
            self._begun = self.size

    def chunks(self, size: int = 1024 * 1024) -> Iterator[bytes]:
        """Yield what was written, from the beginning."""
        self.file.seek(0)
        while chunk := self.file.read(size):
            yield chunk

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        self.file.seek(0)
        return self.file.read(size)

    def tail(self, size: int) -> bytes:
        """Return the last bytes."""
        self.file.seek(max(0, self.size - size))
        return self.file.read(size)

    def keep(self, path: str) -> None:
        """Let it stand on the shelf for good. Raises as `write` does."""
        with told():
            shelf().put(self.path, path, self.size)

    def discard(self) -> None:
        """Delete what is left of it in `tmp/`; do nothing where that was done."""
        self._end()


def _drop(file: BinaryIO, path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


def _write_all(file: BinaryIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


def too_large() -> str:
    """Return what people are told of a file that is too large."""
    return (
        f"Not stored: a file holds at most {largest() // 1024 // 1024} MB. Hand it in as "
        "several files, or hand in the address where it is."
    )
