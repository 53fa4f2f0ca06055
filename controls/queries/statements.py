"""The text of a control, readable: parts in order, parameters in place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from controls.models import Control, Profile, System, SystemProfile
from controls.rules import parameters
from controls.rules.moments import Moment
from controls.rules.parameters import Settings

DECIDABLE_PARTS = ("statement", "item")
"""The names that OSCAL gives to what a control asks for; the others explain it."""


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


def settings_in_scope(control: Control, system: System, moment: Moment) -> Settings:
    """Return what the profiles in a system's scope set for the parameters of a control.

    One query.
    """
    scopes = SystemProfile.objects.in_force(on=moment.on, as_of=moment.as_of)
    return settings_of(control, scopes.filter(system=system).values("profile"))


def settings_of(control: Control, profiles: Iterable[int] | QuerySet[Any]) -> Settings:
    """Return what profiles that a control is in set for its parameters. One query."""
    rows = Profile.objects.filter(controls=control, pk__in=profiles)
    rows = rows.exclude(parameters={})
    ids = set(control.params)
    for text in control.params.values():
        ids |= set(parameters.gathered(text))
    settings = parameters.merged(
        {name: setting for name, setting in found.items() if name in ids}
        for found in rows.order_by("pk").values_list("parameters", flat=True)
    )
    return parameters.unaliased(settings, control.params)
