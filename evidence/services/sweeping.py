"""Clearing the store of what nobody finished and of what no row points to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from evidence.models import Artifact
from evidence.services.shelves import ASIDE, FolderShelf, shelf

GRACE = timedelta(hours=24)
"""Longer than any request or transaction lasts; and a day to find out what went wrong."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many drafts and how many files were deleted."""

    drafts: int
    files: int


def sweep(*, at: datetime) -> Swept:
    """Delete drafts that nobody has written to for 24 hours, and files as old that no row
    points to; return how many. A file that a row points to is never deleted.
    """
    place, drafts, files = shelf(), 0, 0

    def unwanted(digest: str, modified_at: datetime) -> bool:
        old = at - modified_at >= GRACE
        return old and not Artifact.objects.filter(sha256=digest).exists()

    if isinstance(place, FolderShelf):
        place.restore(unwanted)
    for found in place.left():
        if at - found.modified_at >= GRACE and not found.name.startswith(ASIDE):
            place.drop_left(found.name)
            drafts += 1
    for found in place.files():
        digest = found.name.rpartition("/")[2]
        if unwanted(digest, found.modified_at):
            files += place.remove(found.name, partial(unwanted, digest))
    return Swept(drafts=drafts, files=files)
