"""The text of a control, readable: parts in order, parameters in place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from controls.models import Control

INSERTION = re.compile(r"\{\{\s*insert:\s*param,\s*([^}\s]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a control's text, `depth` steps in."""

    part_id: str
    name: str
    label: str
    prose: str
    depth: int


def lines(control: Control) -> list[Line]:
    """Return the parts of a control in order. One query."""
    parts = list(control.parts.order_by("order"))
    depths: dict[int | None, int] = {None: -1}
    told = []
    for part in parts:
        depth = depths.get(part.parent_id, -1) + 1
        depths[part.pk] = depth
        told.append(
            Line(part.part_id, part.name, part.label, readable(part.prose, control), depth)
        )
    return told


def readable(prose: str, control: Control) -> str:
    """Return the prose with each parameter as what it stands for, in brackets."""

    def named(found: re.Match[str]) -> str:
        return f"[{control.params.get(found[1], found[1])}]"

    return INSERTION.sub(named, prose)
