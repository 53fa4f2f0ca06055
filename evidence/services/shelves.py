"""Where files stand: a folder or a bucket, addressed by the SHA-256 of what they hold."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.core.files.storage import FileSystemStorage, storages

KEPT = "artifacts"
DRAFTS = "tmp"
ASIDE = "aside-"
BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A file that stands on a shelf; `name` is its path there."""

    name: str
    size: int
    modified_at: datetime


class Shelf(Protocol):
    """What a place of files must know. Each method may raise OSError."""

    def drafts(self) -> Path:
        """Return the folder in which files grow until they are whole."""

    def put(self, draft: Path, name: str, size: int) -> None:
        """Let a whole file stand under a name for good; an equal one there stays."""

    def size(self, name: str) -> int:
        """Return how many bytes stand there. Raises FileNotFoundError."""

    def open(self, name: str) -> BinaryIO:
        """Return the file, to be read and closed. Raises FileNotFoundError."""

    def part(self, name: str, start: int, length: int) -> BinaryIO:
        """Return so many bytes of the file from `start`, to be read and closed."""

    def files(self) -> Iterator[Found]:
        """Yield all files that stand there, in the order of their names."""

    def left(self) -> Iterator[Found]:
        """Yield the drafts that nobody finished, each named by its file name."""

    def drop_left(self, name: str) -> None:
        """Delete a draft that nobody finished."""

    def remove(self, name: str, still_unwanted: Callable[[datetime], bool]) -> bool:
        """Delete a file, unless it turns out to be wanted; say whether it was deleted."""


class FolderShelf:
    """A folder. A name appears there only with the whole file behind it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def drafts(self) -> Path:
        """Return `tmp/`, in the same filesystem, so that a rename moves no bytes."""
        folder = self.root / DRAFTS
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put(self, draft: Path, name: str, size: int) -> None:
        """Rename the draft, and write the folder's entry through to the disk."""
        target = self.root / name
        _make(target.parent)
        if _size(target) == size:
            # From now on it is young: no sweep takes it before its row is there.
            os.utime(target)
        else:  # nothing is there, or a piece of it
            draft.replace(target)
        _write_through(target.parent)

    def size(self, name: str) -> int:
        """Return the file's size. Raises FileNotFoundError."""
        return (self.root / name).stat().st_size

    def open(self, name: str) -> BinaryIO:
        """Return the file. Raises FileNotFoundError."""
        return (self.root / name).open("rb")

    def part(self, name: str, start: int, length: int) -> BinaryIO:
        """Return a reader that ends after `length` bytes."""
        file = self.open(name)
        file.seek(start)
        return io.BufferedReader(_Part(file, length), BLOCK)

    def files(self) -> Iterator[Found]:
        """Yield the files below `artifacts/`."""
        folder = self.root / KEPT
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if not path.is_dir():
                yield from _found(path, path.relative_to(self.root).as_posix())

    def left(self) -> Iterator[Found]:
        """Yield the files in `tmp/`."""
        for path in sorted(self.drafts().iterdir()):
            yield from _found(path, path.name)

    def drop_left(self, name: str) -> None:
        """Delete a draft; put back what a killed sweep had set aside."""
        path = self.drafts() / name
        path.unlink(missing_ok=True)

    def remove(self, name: str, still_unwanted: Callable[[datetime], bool]) -> bool:
        """Set the file aside first and look again.

        Between the first look and the deletion somebody may have handed in the same bytes
        and relied on the file that stood there; then it is younger now, or has a row.
        """
        target = self.root / name
        aside = self.drafts() / f"{ASIDE}{target.name}"
        with contextlib.suppress(FileNotFoundError):
            target.rename(aside)
            return not self._put_back(aside, target, still_unwanted)
        return False

    def restore(self, still_unwanted: Callable[[str, datetime], bool]) -> None:
        """Decide on what a killed sweep had set aside."""
        for aside in self.drafts().glob(f"{ASIDE}*"):
            digest = aside.name.removeprefix(ASIDE)
            target = self.root / KEPT / digest[:2] / digest
            self._put_back(aside, target, partial(still_unwanted, digest))

    def _put_back(
        self, aside: Path, target: Path, still_unwanted: Callable[[datetime], bool]
    ) -> bool:
        modified = datetime.fromtimestamp(aside.stat().st_mtime, tz=UTC)
        wanted = not still_unwanted(modified)
        if wanted:
            with contextlib.suppress(FileExistsError):
                target.hardlink_to(aside)
            _write_through(target.parent)
        aside.unlink()
        return wanted


class BucketShelf:
    """A bucket of S3 or of what speaks its language, through django-storages."""

    def __init__(self, storage: Any) -> None:
        self.client = storage.connection.meta.client
        self.bucket: str = storage.bucket_name
        self.prefix: str = f"{storage.location.strip('/')}/".lstrip("/")
        self.extra: dict[str, Any] = dict(storage.object_parameters)

    def drafts(self) -> Path:
        """Return a local folder: a bucket shows nothing before the whole file is there."""
        folder = Path(tempfile.gettempdir()) / "srm-drafts"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def put(self, draft: Path, name: str, size: int) -> None:
        """Write the object, which makes it young; the same bytes again change nothing."""
        with _as_os_errors():
            self.client.upload_file(
                str(draft), self.bucket, self.prefix + name, ExtraArgs=self.extra or None
            )
        if self.size(name) != size:
            raise OSError(f"{name} was not stored whole.")

    def size(self, name: str) -> int:
        """Return the object's size. Raises FileNotFoundError."""
        with _as_os_errors():
            stored = self.client.head_object(Bucket=self.bucket, Key=self.prefix + name)
        return int(stored["ContentLength"])

    def open(self, name: str) -> BinaryIO:
        """Return the object's stream. Raises FileNotFoundError."""
        return self._get(name)

    def part(self, name: str, start: int, length: int) -> BinaryIO:
        """Return the stream of a range of the object."""
        return self._get(name, Range=f"bytes={start}-{start + length - 1}")

    def _get(self, name: str, **options: str) -> BinaryIO:
        with _as_os_errors():
            answer = self.client.get_object(
                Bucket=self.bucket, Key=self.prefix + name, **options
            )
        body: BinaryIO = answer["Body"]
        return body

    def files(self) -> Iterator[Found]:
        """Yield the objects below `artifacts/`."""
        pages = self.client.get_paginator("list_objects_v2")
        with _as_os_errors():
            for page in pages.paginate(Bucket=self.bucket, Prefix=f"{self.prefix}{KEPT}/"):
                for row in page.get("Contents", ()):
                    name = row["Key"].removeprefix(self.prefix)
                    yield Found(name, row["Size"], row["LastModified"])

    def left(self) -> Iterator[Found]:
        """Yield the local drafts."""
        for path in sorted(self.drafts().iterdir()):
            yield from _found(path, path.name)

    def drop_left(self, name: str) -> None:
        """Delete a local draft."""
        (self.drafts() / name).unlink(missing_ok=True)

    def remove(self, name: str, still_unwanted: Callable[[datetime], bool]) -> bool:
        """Look again just before the deletion: whoever handed in the same bytes since has
        written them anew.
        """
        key = self.prefix + name
        with _as_os_errors():
            stored = self.client.head_object(Bucket=self.bucket, Key=key)
            if not still_unwanted(stored["LastModified"]):
                return False
            self.client.delete_object(Bucket=self.bucket, Key=key)
        return True


class _Part(io.RawIOBase):
    """So many bytes of an open file."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self.file = file
        self.remaining = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self.file.read(min(len(buffer), self.remaining))
        buffer[: len(found)] = found
        self.remaining -= len(found)
        return len(found)

    def close(self) -> None:
        self.file.close()
        super().close()


def shelf() -> Shelf:
    """Return the place that STORAGE_URL names."""
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        return FolderShelf(Path(storage.location))
    return BucketShelf(storage)


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    """Let what the bucket's library raises be what a folder raises."""
    from boto3.exceptions import Boto3Error  # slow to load, and only S3 needs it
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            raise FileNotFoundError(str(error)) from error
        raise OSError(str(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(str(error)) from error


def _found(path: Path, name: str) -> Iterator[Found]:
    """Yield the file, unless it went meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        seen = path.lstat()
        yield Found(name, seen.st_size, datetime.fromtimestamp(seen.st_mtime, tz=UTC))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _make(folder: Path) -> None:
    """Make a folder and write the entries of it through to the disk."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _write_through(folder.parent)


def _write_through(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
