"""The text of a control, readable: parts in order, parameters in place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controls.models import Control, Profile
from controls.rules import parameters
from controls.rules.parameters import Settings


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a control's text, `depth` steps in."""

    part_id: str
    name: str
    label: str
    prose: str
    depth: int


def lines(control: Control, settings: Settings | None = None) -> list[Line]:
    """Return the parts of a control in order, with what profiles set for its parameters.

    One query.
    """
    parts = list(control.parts.order_by("order"))
    depths: dict[int | None, int] = {None: -1}
    told = []
    for part in parts:
        depth = depths.get(part.parent_id, -1) + 1
        depths[part.pk] = depth
        told.append(
            Line(
                part.part_id,
                part.name,
                part.label,
                parameters.readable(part.prose, control.params, settings or {}),
                depth,
            )
        )
    return told


def settings_of(control: Control, profiles: Iterable[int] | None = None) -> Settings:
    """Return what profiles set for the parameters of a control: those named, else all that
    it is in. One query.
    """
    rows = Profile.objects.filter(controls=control).exclude(parameters={})
    if profiles is not None:
        rows = rows.filter(pk__in=profiles)
    ids = set(control.params)
    for text in control.params.values():
        ids |= set(parameters.gathered(text))
    settings = parameters.merged(
        {name: setting for name, setting in found.items() if name in ids}
        for found in rows.order_by("pk").values_list("parameters", flat=True)
    )
    return parameters.unaliased(settings, control.params)
