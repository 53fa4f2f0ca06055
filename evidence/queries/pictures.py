"""The picture of a system: who carries each layer, service by service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controls.choices import LayerScope
from controls.models import Derivation, Layer, System
from controls.queries.matrix import Column
from controls.rules.moments import Moment


@dataclass(frozen=True, slots=True)
class LayerLine:
    """A layer with its value on each service; one value for all above the services."""

    name: str
    scope: str
    values: tuple[str, ...]
    whole: str


def layer_lines(
    system: System, columns: Iterable[Column], *, moment: Moment
) -> list[LayerLine]:
    """Return the layers that any control in scope touches, top first. Two queries."""
    found = _values(system, moment)
    variants = [column.variant for column in columns]
    lines = []
    for layer in Layer.objects.order_by("-order"):
        values = found.get(layer.code)
        if values is not None:
            service = layer.scope == LayerScope.SERVICE
            lines.append(
                LayerLine(
                    name=layer.name.split(":")[0],
                    scope=layer.scope,
                    values=tuple(values.get(v, "") for v in variants) if service else (),
                    whole="" if service else values.get("", ""),
                )
            )
    return lines


def _values(system: System, moment: Moment) -> Mapping[str, Mapping[str, str]]:
    """Return layer → variant → value; the empty variant stands for the whole system."""
    of_controls = Derivation.objects.filter(
        responsibility__system=system, responsibility__part__isnull=True
    )
    rows = of_controls.believed(on=moment.on, as_of=moment.as_of)
    found: dict[str, dict[str, str]] = {}
    for explanation in rows.values_list("explanation", flat=True):
        for row in explanation:
            values = found.setdefault(row["layer"], {})
            for variant in row.get("variants") or ("",):
                values[variant] = row["value"]
    return found
