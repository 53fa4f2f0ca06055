"""What a fault was found to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A thing that was counted, and how many of it there may be."""

    name: str
    counted: int
    of: int
    least: int = 0
    most: int = 0

    @property
    def fails(self) -> bool:
        """Say whether the count is not what it must be."""
        return not self.least <= self.counted <= self.most

    def __str__(self) -> str:
        verdict = "WRONG" if self.fails else "ok"
        return f"{verdict:6} {self.counted:>6} of {self.of:<6} {self.name}"
