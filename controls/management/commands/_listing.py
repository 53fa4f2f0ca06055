"""Lists in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def some(title: str, items: Sequence[str], most: int | None) -> Iterator[str]:
    """Yield a title with how many there are, and the first of them, one a line."""
    if not items:
        return
    yield f"{title} ({len(items)}):"
    for item in items[:most]:
        yield f"  {item}"
    rest = len(items) - most if most is not None else 0
    if rest > 0:
        yield f"  and {rest} more"
