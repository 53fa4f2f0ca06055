"""Artifacts: a file that was received gets its place, then its row."""

from __future__ import annotations

from datetime import datetime

from evidence.models import Artifact
from evidence.services.store import Draft


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
