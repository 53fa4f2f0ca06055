"""What an approved decision leaves to the customer, and which cadences that calls for.

Only the customer's side makes work. What the provider does once it is set up asks the
customer to check, never to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controls.choices import DutyTask, LayerScope, LayerValue
from controls.rules.explanation import Names
from controls.rules.transitions import CUSTOMER_KINDS

TASKS: Mapping[str, str] = {
    LayerValue.CUSTOMER: DutyTask.DO,
    LayerValue.SHARED: DutyTask.DO,
    LayerValue.PARALLEL: DutyTask.DO,
    LayerValue.PROVIDER_IF_CONFIGURED: DutyTask.CHECK,
}
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A duty that a decision calls for: its layers, and the services on which they are
    ours.
    """

    task: str
    layers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


def wanted(
    *, kind: str, rows: Iterable[Mapping[str, Any]], organization_decides: bool
) -> list[Wanted]:
    """Return the duties that follow from a decided kind and the rows of its derivation.

    None where the decision leaves nothing to the customer. One without layers where people
    decided that there is a customer's part and the derivation names none. With
    `organization_decides`, layers of the organisation are left to its own system; where
    they are all of the customer's part, nothing is left here.
    """
    if kind not in CUSTOMER_KINDS:
        return []
    elsewhere = False
    layers: dict[str, dict[str, None]] = {}
    services: dict[str, dict[str, None]] = {}
    for row in rows:
        task = TASKS.get(row["value"])
        if task is None:
            continue
        if organization_decides and row["scope"] == LayerScope.ORGANIZATION:
            elsewhere = True
            continue
        layers.setdefault(task, {})[row["layer"]] = None
        services.setdefault(task, {}).update(dict.fromkeys(row.get("variants", ())))
    if not layers:
        return [] if elsewhere else [Wanted(DutyTask.DO)]
    return [
        Wanted(task, tuple(layers[task]), tuple(services[task]))
        for task in (DutyTask.DO, DutyTask.CHECK)
        if task in layers
    ]


def told(duty: Wanted, *, names: Names, statement: str = "") -> str:
    """Return what the duty asks for, as one line: `Guest OS, engine on EC2, RDS`; of one
    `statement` only: `Statement a.: guest OS on EC2`.
    """
    what = ", ".join(names.layer(code) for code in duty.layers) or "the customer's part"
    where = ", ".join(names.variant(key) for key in duty.services)
    line = f"{what} on {where}" if where else what
    if duty.task == DutyTask.CHECK:
        line = f"check that it is set up: {line}"
    line = f"Statement {statement}: {line}" if statement else line[0].upper() + line[1:]
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]} …"


def calls_for(
    *,
    control_id: str,
    layers: Collection[str],
    cadence_controls: Collection[str],
    cadence_layers: Collection[str],
) -> bool:
    """Say whether a cadence is offered for a duty:

    it names the duty's control, and a layer of the duty is one it is about. Where either
    names no layer, the control is enough.
    """
    if control_id not in cadence_controls:
        return False
    return not (layers and cadence_layers) or bool(set(layers) & set(cadence_layers))
