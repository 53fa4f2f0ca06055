"""Which answer holds for each statement of a control: the control's, or its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from controls.models import ControlPart, Responsibility
from controls.queries.matrix import Row
from controls.queries.standings import standing, standings
from controls.queries.statements import DECIDABLE_PARTS
from controls.rules.moments import Moment
from controls.rules.parts import governing, is_whole, printed


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer that holds for one statement."""

    part: ControlPart
    depth: int
    row: Row
    """Whose answer it is: the statement's own, that of one it stands in, the control's."""
    governed_by: str
    """The statement set apart that `row` is of; empty for the control."""

    @property
    def apart(self) -> bool:
        """Say whether the statement itself was set apart."""
        return self.governed_by == self.part.part_id

    @property
    def printed(self) -> str:
        """Return how the statement is printed behind its control: `d.1.`."""
        return printed(self.part.part_id)


def answers(control: Responsibility, *, moment: Moment) -> list[Answer]:
    """Return the answer for each statement below the whole one, in the order of the text.

    Empty where the control has no lettered statements, its text is not loaded, or this is
    a statement itself. Six queries at most, whatever the number of statements. Whoever sees
    the control's responsibility sees them.
    """
    if control.part_id is not None:
        return []
    whole = standing(control, moment=moment)
    found = of_controls([whole], system=control.system_id, moment=moment)
    return found[control.control_id]


def of_controls(
    rows: Sequence[Row], *, system: int, moment: Moment
) -> dict[int, list[Answer]]:
    """Return control → the answers for its statements, for the rows of a matrix. Four
    queries, whatever their number.
    """
    controls = [row.control.pk for row in rows]
    apart = set_apart(system=system, controls=controls, moment=moment)
    every = [row for listed in apart.values() for row in listed]
    told = standings(every, moment=moment)
    parts = _parts(controls)
    found = {}
    for row in rows:
        own = {
            one.part.part_id: told[one.pk]
            for one in apart.get(row.control.pk, ())
            if one.part is not None
        }
        found[row.control.pk] = list(_answers(parts.get(row.control.pk, []), own, row))
    return found


def set_apart(
    *, system: int, controls: Iterable[int], moment: Moment
) -> dict[int, list[Responsibility]]:
    """Return control → its statements that stood apart at a moment, in the order of the
    text. One query.
    """
    standing = Responsibility.objects.standing(on=moment.on, as_of=moment.as_of)
    rows = standing.filter(system=system, control__in=controls, part__isnull=False)
    found: dict[int, list[Responsibility]] = defaultdict(list)
    for row in rows.select_related("part", "control", "system", "provider").order_by(
        "part__order"
    ):
        found[row.control_id].append(row)
    return found


def _parts(controls: Iterable[int]) -> dict[int, list[ControlPart]]:
    """Return control → what it asks for, in order. One query."""
    found: dict[int, list[ControlPart]] = defaultdict(list)
    rows = ControlPart.objects.filter(control__in=controls, name__in=DECIDABLE_PARTS)
    for part in rows.order_by("control", "order"):
        found[part.control_id].append(part)
    return found


def _answers(
    parts: Sequence[ControlPart], own: Mapping[str, Row], whole: Row
) -> Iterable[Answer]:
    ids = {part.pk: part.part_id for part in parts}
    parents = {part.part_id: ids.get(part.parent_id or 0) for part in parts}
    holds = governing(parents, apart=own)
    depths: dict[int | None, int] = {None: -1}
    for part in parts:
        depth = depths[part.pk] = depths.get(part.parent_id, -1) + 1
        if is_whole(part.part_id):
            continue
        apart = holds[part.part_id]
        yield Answer(part, depth, own[apart] if apart else whole, apart)
