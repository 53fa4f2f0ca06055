"""Artifacts: a file that was received gets its place, then its row."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from controls.errors import StorageFailedError
from evidence.models import Artifact
from evidence.services.shelves import shelf
from evidence.services.store import Draft

AWAY = (
    "The file cannot be read from its place. An administrator finds out why with "
    "manage.py verify_evidence_store."
)


def settle(*, file: Artifact | Draft | None, at: datetime) -> tuple[Artifact | None, str]:
    """Return the artifact of a file and the name it came with.

    The file stands under its hash, written through to the disk, before its row is there;
    so whoever reads the row finds the whole file. The slow part, writing the bytes through,
    was done before the transaction began. Where the transaction fails, the file stands
    without a row, and a sweep takes it a day later.

    Raises StorageFullError and StorageFailedError.
    """
    if not isinstance(file, Draft):
        return file, ""
    found = Artifact(
        sha256=file.sha256, size=file.size, media_type=file.media_type, received_at=at
    )
    file.keep(found.path)
    artifact, _ = Artifact.objects.get_or_create(
        sha256=found.sha256,
        defaults={
            "size": found.size,
            "media_type": found.media_type,
            "received_at": at,
        },
    )
    return artifact, file.name


def opened(artifact: Artifact, *, start: int = 0, length: int | None = None) -> BinaryIO:
    """Return the artifact's bytes, or `length` of them from `start`, to be read and closed.

    Raises StorageFailedError where the file is gone, cut short or out of reach: half a file
    is never given out for a whole one.
    """
    place = shelf()
    try:
        if place.size(artifact.path) == artifact.size:
            if length is None:
                return place.open(artifact.path)
            return place.part(artifact.path, start, length)
    except OSError as error:
        raise StorageFailedError(AWAY) from error
    raise StorageFailedError(AWAY)
