"""Is every file in its place, and is it still what it was? Reads, and changes nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from evidence.models import Artifact
from evidence.services.shelves import BLOCK, Shelf, shelf
from evidence.services.sweeping import GRACE

DIGEST = re.compile(r"[0-9a-f]{64}")


class Wrong(StrEnum):
    """What can be wrong with a file or its row."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    LONGER = "longer"
    ALTERED = "altered"
    SWAPPED = "swapped"
    BAD_ROW = "bad-row"
    EXTRA = "extra"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong, at a path of the store."""

    wrong: Wrong
    path: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.wrong}: {self.path} {self.detail}".rstrip()


@dataclass
class Report:
    """What was found so far. `young` are files whose row may still come."""

    files: int = 0
    read: int = 0
    """In bytes."""
    young: int = 0
    troubles: list[Trouble] = field(default_factory=list)


def check(*, at: datetime) -> Iterator[Report]:
    """Read every file of the store; yield the report after each, and a last time.

    Rows are asked for in pieces, files are read in blocks, so memory does not grow with
    them but for one hash a file.
    """
    place, report = shelf(), Report()
    known: set[str] = set()
    for artifact in Artifact.objects.order_by("pk").iterator(chunk_size=500):
        known.add(artifact.path)
        _check_file(place, artifact, report)
        report.files += 1
        yield report
    for found in place.files():
        if found.name in known:
            continue
        digest = found.name.rpartition("/")[2]
        row = Artifact.objects.filter(sha256=digest).first()
        if row is not None and row.path == found.name:
            continue  # its row came while the others were read
        if at - found.modified_at < GRACE:
            report.young += 1
        else:
            report.troubles.append(
                Trouble(Wrong.EXTRA, found.name, "no row points to it; a sweep takes it")
            )
    yield report


def _check_file(place: Shelf, artifact: Artifact, report: Report) -> None:
    path = artifact.path
    if not DIGEST.fullmatch(artifact.sha256):
        report.troubles.append(Trouble(Wrong.BAD_ROW, path, "its hash is none"))
        return
    try:
        size, digest = _read(place, path)
    except FileNotFoundError:
        report.troubles.append(Trouble(Wrong.MISSING, path))
        return
    except OSError as error:
        report.troubles.append(Trouble(Wrong.UNREADABLE, path, str(error)))
        return
    report.read += size
    trouble = _compare(artifact, size, digest)
    if trouble is not None:
        report.troubles.append(trouble)


def _compare(artifact: Artifact, size: int, digest: str) -> Trouble | None:
    path = artifact.path
    if digest == artifact.sha256:
        if size == artifact.size:
            return None
        return Trouble(Wrong.BAD_ROW, path, f"its row says {artifact.size} bytes")
    if Artifact.objects.filter(sha256=digest).exists():
        return Trouble(Wrong.SWAPPED, path, f"it holds what belongs to {digest}")
    if size != artifact.size:
        wrong = Wrong.TRUNCATED if size < artifact.size else Wrong.LONGER
        return Trouble(wrong, path, f"{size} of {artifact.size} bytes")
    return Trouble(Wrong.ALTERED, path, f"it hashes to {digest}")


def _read(place: Shelf, path: str) -> tuple[int, str]:
    """Return how many bytes stand there, and their hash."""
    digest, size = hashlib.sha256(), 0
    with place.open(path) as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()
