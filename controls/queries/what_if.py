"""What if services came and went: derived, compared with today, never written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from controls.choices import SystemKind
from controls.errors import ConflictError, InvalidInputError
from controls.models import Control, Duty, Responsibility, ServiceVariant, System
from controls.queries.comparing import Calling, Stand, compare
from controls.queries.duties import Ground
from controls.queries.ends import decided, decided_by
from controls.queries.facts import current_release, facts_of, layers_of
from controls.queries.settings import Plan
from controls.rules.comparison import Comparison, Side
from controls.rules.derivation import Deriver, Outcome
from controls.rules.reasons import Words

WORDS = Words(before="today", after="then", gone="Goes", new="Comes")


@dataclass(frozen=True, slots=True)
class Scope:
    """The controls of a system with the layers each touches, and the decisions on them."""

    layers: Mapping[int, tuple[str, ...]]
    ids: Mapping[int, str]
    decisions: Mapping[int, Mapping[str, Any]]


def what_if(
    *, system: System, add: Sequence[str], remove: Sequence[str], on: date
) -> Comparison:
    """Return what would differ if these service variants were added and removed on a day.

    Both ends are derived with the facts loaded last. Decisions stay as they are; duties and
    reviews are those that would follow once what was decided as derived is decided so
    again. Raises ConflictError without facts, and InvalidInputError naming `add` or
    `remove` and the variant that is unknown, of another provider, in use already, or not.
    """
    release = current_release()
    if release is None:
        raise ConflictError("No facts are loaded yet: run manage.py load_knowledge.")
    plan = Plan(system, on)
    setting = plan.setting(on)
    added = _check(system, setting.variants, add=add, remove=remove)
    kept = tuple(key for key in setting.variants if key not in remove)
    changed = replace(setting, variants=(*kept, *add))
    facts, ground = facts_of(release), Ground()
    scope = _scope(system, plan.controls(on))
    calling = Calling(ground, workload=system.kind == SystemKind.WORKLOAD)
    stands = [
        _stand(label, Deriver(facts, one), scope, calling, system=system, on=on)
        for label, one in (("Today", setting), ("Then", changed))
    ]
    gone = [ground.variants[key] for key in remove]
    return compare(
        *stands,
        question=_question(system, added, gone),
        words=WORDS,
        ground=ground,
        current=_current(system),
    )


def _check(
    system: System, used: Iterable[str], *, add: Sequence[str], remove: Sequence[str]
) -> list[str]:
    """Return the names of the variants to add. Raises InvalidInputError."""
    if system.kind == SystemKind.ORGANIZATION:
        raise InvalidInputError("The organisation uses no services itself.", place="add")
    if not add and not remove:
        raise InvalidInputError("Name a service variant to add or remove.", place="add")
    rows = ServiceVariant.objects.filter(key__in=[*add, *remove]).select_related("provider")
    known = {row.key: row for row in rows}
    in_use = set(used)
    for place, keys in (("add", add), ("remove", remove)):
        for key in keys:
            found = known.get(key)
            if found is None:
                raise InvalidInputError(
                    f"There is no service variant {key[:80]!r}.", place=place
                )
            if found.provider_id != system.provider_id:
                raise InvalidInputError(
                    f"{found} ({key}) is of {found.provider}, and {system} runs on "
                    f"{system.provider}.",
                    place=place,
                )
            if (key in in_use) == (place == "add"):
                state = "uses" if key in in_use else "does not use"
                raise InvalidInputError(
                    f"{system} {state} {found} ({key}) today.", place=place
                )
    return [known[key].name for key in add]


def _scope(system: System, controls: set[int]) -> Scope:
    """Return what both ends have in common. Three queries."""
    decisions: Any = Responsibility.objects.filter(
        system=system,
        provider=system.provider_id,
        part=None,
        latest_decision__isnull=False,
        control__in=controls,
    ).values("control", **decided_by("latest_decision__"))
    ids: Any = Control.objects.filter(pk__in=controls).values_list("pk", "control_id")
    return Scope(
        layers={**dict.fromkeys(controls, ()), **layers_of(controls)},
        ids=dict(ids),
        decisions={row["control"]: row for row in decisions},
    )


def _stand(
    label: str,
    deriver: Deriver,
    scope: Scope,
    calling: Calling,
    *,
    system: System,
    on: date,
) -> Stand:
    told: dict[int, Side] = {}
    sides = {
        control: decided(_side(deriver.derive(layers), told), scope.decisions.get(control))
        for control, layers in scope.layers.items()
        if deriver.in_scope(layers)
    }
    duties = {pk: calling.duties(pk, one) for pk, one in sides.items()}
    return Stand(
        label=label,
        system=system,
        on=on,
        services=deriver.setting.variants,
        sides=sides,
        duties=duties,
        rhythms={pk: calling.rhythms(scope.ids[pk], duties[pk]) for pk in sides},
    )


def _side(outcome: Outcome, told: dict[int, Side]) -> Side:
    """Return what was derived. Controls that share an outcome share what it tells."""
    found = told.get(id(outcome))
    if found is None:
        found = told[id(outcome)] = Side(
            derived=str(outcome.kind),
            answer=str(outcome.answer),
            fingerprint=outcome.fingerprint,
            rows=[row.as_json() for row in outcome.rows],
            due=str(outcome.kind),
        )
    return found


def _current(system: System) -> frozenset[tuple[int, str]]:
    """Return the duties that are in force, as control and task."""
    rows: Any = Duty.objects.filter(
        responsibility__system=system, responsibility__part=None, ended_at=None
    )
    return frozenset(rows.values_list("responsibility__control", "task"))


def _question(system: System, added: Sequence[str], gone: Sequence[str]) -> str:
    parts = [
        f"{verb} {', '.join(names)}"
        for verb, names in (("adds", added), ("no longer uses", gone))
        if names
    ]
    return f"What if {system} {' and '.join(parts)}?"
