"""How a system stood at a moment: derived, decided, and what was due."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from controls.models import (
    Control,
    Decision,
    Derivation,
    Duty,
    ReviewSchedule,
    System,
    SystemProfile,
    SystemService,
)
from controls.rules.comparison import Rhythm, Side
from controls.rules.duties import Wanted
from controls.rules.moments import Moment

RHYTHM = ("cadence_key", "title", "kind", "every", "unit", "source")
"""The fields of a Rhythm, in its order."""


def services(system: System, moment: Moment) -> list[str]:
    """Return the keys of the service variants in use."""
    rows = SystemService.objects.in_force(on=moment.on, as_of=moment.as_of).filter(
        system=system
    )
    return list(rows.order_by("pk").values_list("variant__key", flat=True))


def sides(system: System, moment: Moment) -> dict[int, Side]:
    """Return control → how it stood, by what was derived and decided then. Two queries."""
    on, as_of = moment.on, moment.as_of
    scopes = SystemProfile.objects.in_force(on=on, as_of=as_of).filter(system=system)
    bound = Control.objects.filter(profiles__in=scopes.values("profile"))
    own = Q(
        responsibility__system=system,
        responsibility__provider=system.provider_id,
        responsibility__part=None,
    )
    revisions = Decision.objects.filter(own).believed(on=on, as_of=as_of)
    decisions = {
        row["responsibility"]: row
        for row in revisions.values("responsibility", **decided_by(""))
    }
    known = Derivation.objects.filter(own, responsibility__control__in=bound)
    rows: Any = known.believed(on=on, as_of=as_of).values_list(
        "responsibility",
        "responsibility__control",
        "kind",
        "answer",
        "fingerprint",
        Cast("explanation", TextField()),
    )
    # Controls that are carried alike share the text, and so the list that is read from it.
    read = functools.cache(json.loads)
    return {
        control: decided(
            Side(kind, answer, fingerprint, read(told), due=kind), decisions.get(pk)
        )
        for pk, control, kind, answer, fingerprint, told in rows
    }


def decided_by(prefix: str) -> dict[str, F]:
    """Return what `decided` needs of a decision that lies behind the prefix."""
    return {
        "revision": F(f"{prefix}number"),
        "workflow": F(f"{prefix}state"),
        "decided": F(f"{prefix}kind"),
        "basis_kind": F(f"{prefix}derivation__kind"),
        "basis": F(f"{prefix}derivation__fingerprint"),
    }


def decided(derived: Side, decision: Mapping[str, Any] | None) -> Side:
    """Return how a control stands, with its decision where there is one.

    Where people decided against what was derived then, their kind says what is due.
    """
    if decision is None:
        return derived
    own = decision["decided"] != decision["basis_kind"]
    return replace(
        derived,
        due=decision["decided"] if own else derived.derived,
        decided=decision["decided"],
        state=decision["workflow"],
        number=decision["revision"],
        suspect=decision["basis"] != derived.fingerprint,
    )


def duties(system: System, moment: Moment) -> dict[int, list[Wanted]]:
    """Return control → the duties in force."""
    rows: Any = (
        Duty.objects.in_force(on=moment.on, as_of=moment.as_of)
        .filter(
            responsibility__system=system,
            responsibility__provider=system.provider_id,
            responsibility__part=None,
        )
        .order_by("pk")
        .values_list("responsibility__control", "task", "layers", "services")
    )
    found: dict[int, list[Wanted]] = {}
    for control, task, layers, used in rows:
        found.setdefault(control, []).append(Wanted(task, tuple(layers), tuple(used)))
    return found


def rhythms(system: System, moment: Moment) -> dict[int, dict[tuple[str, str], Rhythm]]:
    """Return control → the reviews in force, by task and cadence."""
    rows: Any = (
        ReviewSchedule.objects.in_force(on=moment.on, as_of=moment.as_of)
        .filter(
            duty__responsibility__system=system,
            duty__responsibility__provider=system.provider_id,
            duty__responsibility__part=None,
        )
        .order_by("pk")
        .values_list("duty__responsibility__control", "duty__task", *RHYTHM)
    )
    found: dict[int, dict[tuple[str, str], Rhythm]] = {}
    for control, task, *told in rows:
        rhythm = Rhythm(*told)
        found.setdefault(control, {})[task, rhythm.key or rhythm.title] = rhythm
    return found
