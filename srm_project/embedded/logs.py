"""Log files of the child processes: bounded in size, and their last lines on demand."""

import os
import shutil
from pathlib import Path

LARGEST = 5 * 1024 * 1024
KEPT = 3


def rotate(log: Path, *, largest: int = LARGEST, kept: int = KEPT) -> bool:
    """Move a log that grew too large to `.1`, older ones further; return whether it did.

    The child keeps the file open, so it is copied and emptied, never renamed. It was opened
    for appending, so the child's next line lands at its new start.
    """
    if not log.exists() or log.stat().st_size < largest:
        return False
    for number in range(kept - 1, 0, -1):
        older = _numbered(log, number)
        if older.exists():
            older.replace(_numbered(log, number + 1))
    shutil.copyfile(log, _numbered(log, 1))
    os.truncate(log, 0)
    return True


def last_lines(log: Path, count: int = 15) -> list[str]:
    """Return the last lines of a log, fewer when it is shorter or absent."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        return file.read().decode(errors="replace").splitlines()[-count:]


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
