"""Statements of a control and the items within them: what each is called, and whose
answer holds for it.

People decide on controls, auditors read statements: what is decided on a control holds for
all its statements, but for those that were set apart, which pass theirs on to their items.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

STATEMENT = "_smt"
"""What OSCAL writes between the id of a control and that of its statement."""


def printed(part_id: str) -> str:
    """Return how a statement is printed behind its control: `d.1.` of `ac-2_smt.d.1`."""
    _, found, tail = part_id.partition(f"{STATEMENT}.")
    return f"{tail}." if found else part_id


def is_whole(part_id: str) -> bool:
    """Say whether this is the statement that holds all the others: `ac-2_smt`."""
    return part_id.endswith(STATEMENT)


def governing(
    parents: Mapping[str, str | None], *, apart: Collection[str]
) -> dict[str, str]:
    """Return statement → the statement set apart whose answer holds for it: itself, else
    the nearest that it stands in; empty where the control's own holds.

    `parents` holds for each statement the one that it stands in, None for the outermost.
    Raises ValueError where statements stand in each other.
    """
    found: dict[str, str] = {}
    for statement in parents:
        seen = list(_upwards(statement, parents))
        found[statement] = next((step for step in seen if step in apart), "")
    return found


def _upwards(statement: str, parents: Mapping[str, str | None]) -> Iterable[str]:
    """Yield a statement, and those it stands in, the nearest first."""
    step: str | None = statement
    for _ in range(len(parents) + 1):
        if step is None:
            return
        yield step
        step = parents.get(step)
    raise ValueError(f"{statement} stands in itself.")
