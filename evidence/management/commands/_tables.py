"""What imports of tables share: a file is opened, a plan is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from controls.errors import InvalidInputError
from evidence.importers.tables import Difference


def opened(path: Path) -> IO[bytes]:
    """Return the open file. Raises InvalidInputError naming it."""
    try:
        return path.open("rb")
    except OSError as error:
        raise InvalidInputError(
            f"{path.name}: {error.strerror}.", place=path.name
        ) from None


def step(row: int | None, what: str, about: str, differences: Sequence[Difference]) -> str:
    """Return what becomes of one row, as a line."""
    where = f"row {row}" if row is not None else "not in the file"
    changes = "; ".join(f"{d.field} {d.old or '-'} -> {d.new or '-'}" for d in differences)
    return f"{where}: {what} {about}" + (f" ({changes})" if changes else "")


def summary(name: str, counts: Mapping[str, int], *, dry_run: bool) -> Iterator[str]:
    """Yield the counts, and that nothing was written where that is so."""
    yield f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
    if dry_run:
        yield "Nothing is written: this was a dry run."
