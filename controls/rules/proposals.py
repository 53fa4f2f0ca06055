"""What decisions on mapped controls say together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controls.choices import Kind

SIDES: Mapping[str, frozenset[str]] = {
    Kind.INHERITED: frozenset({"provider"}),
    Kind.SHARED: frozenset({"provider", "customer"}),
    Kind.CUSTOMER_SPECIFIC: frozenset({"customer"}),
    Kind.NOT_APPLICABLE: frozenset(),
}


def kind_of(kinds: Iterable[str]) -> str:
    """Return the kind that controls of these kinds give together: the union of the sides.

    Undetermined as soon as one is; not applicable where all are.
    """
    met = set(kinds)
    if not met or Kind.UNDETERMINED in met:
        return Kind.UNDETERMINED
    sides = frozenset().union(*(SIDES[kind] for kind in met))
    return next(kind for kind, carried in SIDES.items() if carried == sides)
