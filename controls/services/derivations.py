"""Deriving a system: appends what follows from its services, overrides and the facts;
proposes what is new.

A run covers every date from its first on. It derives for that date and for each later one
on which a service, an override or a profile starts or ends, and appends the dates of a
responsibility only where they differ from what was believed before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from controls.choices import Answer, AuditVerb, Kind, SystemKind
from controls.errors import ConflictError
from controls.models import (
    Control,
    Derivation,
    KnowledgeRelease,
    Responsibility,
    System,
    User,
)
from controls.queries import facts
from controls.queries.settings import Plan
from controls.rules.derivation import Outcome
from controls.services import audit
from controls.services.audit import audited, within
from controls.services.clock import day

COMPARED = ("kind", "answer", "parties", "cells", "whole", "explanation")
TAKEN_OVER = (*COMPARED, "fingerprint", "organization_only")
BATCH = 200
NOTHING = Outcome(
    kind=Kind.NOT_APPLICABLE,
    answer=Answer.NOT_APPLICABLE,
    parties={},
    cells={},
    whole="",
    rows=(),
)
"""What is derived where no layer of a control is left to answer for."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did."""

    proposed: int
    changed: int


@audited
def rederive(
    *, system: System, cause: str, by: User, at: datetime, since: date | None = None
) -> Run:
    """Derive every control in the system's scope anew, from `since` (else today) on; return
    what changed.

    Raises ConflictError when no facts were loaded.
    """
    hold(system=system)
    release = facts.current_release()
    if release is None:
        raise ConflictError("No facts are loaded yet: run manage.py load_knowledge.")
    start = min(day(at), since or day(at))
    plan = Plan(system, start)
    timelines = plan.timelines(facts.facts_of(release))
    proposed = _propose(system, timelines, by=by, at=at)
    lines = {
        control: [
            (on, _fields(outcome, plan.touching.explained(control, outcome.rows)))
            for on, outcome in line
        ]
        for control, line in timelines.items()
    }
    lines |= _left_over(system, plan, lines, start)
    changed = _append(system, lines, release, start=start, cause=cause, at=at)
    return Run(proposed=len(proposed), changed=changed)


@audited
def rederive_each(
    *,
    systems: QuerySet[System],
    cause: str,
    tell: Callable[[str], None] = lambda _: None,
    by: User,
    at: datetime,
) -> int:
    """Derive systems anew, from today on; return how many changed. `tell` hears how far it
    is.
    """
    listed = list(systems.distinct().select_related("owner_team").order_by("pk"))
    changed = 0
    for number, system in enumerate(listed, start=1):
        tell(f"Deriving {system.key} anew, {number} of {len(listed)}")
        run = rederive(system=system, cause=cause, by=by, at=at)
        changed += bool(run.changed or run.proposed)
    return changed


@within
def hold(*, system: System) -> None:
    """Keep others from deriving the system, or from setting a statement apart in it, until
    the transaction ends: a run would not see it, and leave it on what was believed before.
    """
    held = System.objects.select_for_update(no_key=True).filter(pk=system.pk)
    list(held.values_list("pk"))


@within
def pass_on(*, control: Responsibility, statement: Responsibility, at: datetime) -> None:
    """Let what is derived for a control, from today on, be what is derived for a statement
    of it, which touches the same layers. The service that sets it apart records it.
    """
    known = Derivation.objects.filter(responsibility=control)
    newest = known.order_by("-pk").first()
    if newest is None:
        return
    line = _believed(known, day(at)).get(control.pk, [])
    Derivation.objects.bulk_create(
        Derivation(
            responsibility=statement,
            release_id=newest.release_id,
            cause=f"Set apart from {control.label}"[:200],
            effective_on=on,
            at=at,
            **fields,
        )
        for on, fields in line
    )
    _point_to_newest([statement.pk])
    statement.refresh_from_db(fields=["version", "latest_derivation"])


def _propose(
    system: System, timelines: Mapping[int, Any], *, by: User, at: datetime
) -> list[Responsibility]:
    """Create the responsibilities that are missing, in the order of the catalog."""
    known = set(
        Responsibility.objects.filter(system=system, part__isnull=True).values_list(
            "control_id", flat=True
        )
    )
    controls = Control.objects.in_bulk(set(timelines) - known)
    missing = [
        Responsibility(
            system=system,
            control=control,
            provider_id=system.provider_id,
            created_at=at,
            created_by=by,
        )
        for control in sorted(controls.values(), key=lambda c: (c.catalog_id, c.order))
    ]
    Responsibility.objects.bulk_create(missing, batch_size=BATCH)
    for row in missing:
        audit.record(
            verb=AuditVerb.RESPONSIBILITY_PROPOSED,
            target=row,
            about=system,
            after={"control": row.control.control_id},
            by=by,
            at=at,
        )
    return missing


def _left_over(
    system: System, plan: Plan, lines: Mapping[int, Any], start: date
) -> dict[int, list[tuple[date, dict[str, Any]]]]:
    """Return control → that nothing of it is the organisation's any more, for those that
    it answered for and whose layers are of systems and services now.
    """
    if system.kind != SystemKind.ORGANIZATION:
        return {}
    own = Responsibility.objects.filter(system=system, part__isnull=True)
    known = own.filter(control__in=plan.ever_in_scope).values_list("control_id", flat=True)
    return {control: [(start, _fields(NOTHING, []))] for control in {*known} - lines.keys()}


def _append(
    system: System,
    lines: Mapping[int, list[tuple[date, dict[str, Any]]]],
    release: KnowledgeRelease,
    *,
    start: date,
    cause: str,
    at: datetime,
) -> int:
    """Append the derivations that differ from what was believed; return for how many
    responsibilities.
    """
    # Statements that were set apart touch what their control touches.
    responsibilities = Responsibility.objects.open().filter(
        system=system, control__in=lines
    )
    believed = _believed(Derivation.objects.filter(responsibility__system=system), start)
    rows: list[Derivation] = []
    changed = []
    for pk, control in responsibilities.order_by("pk").values_list("pk", "control_id"):
        line = lines[control]
        if not _same(believed.get(pk, []), line):
            changed.append(pk)
            rows += [
                Derivation(
                    responsibility_id=pk,
                    release=release,
                    cause=cause[:200],
                    effective_on=on,
                    at=at,
                    **fields,
                )
                for on, fields in line
            ]
    Derivation.objects.bulk_create(rows, batch_size=BATCH)
    _point_to_newest(changed)
    return len(changed)


def _fields(outcome: Outcome, explanation: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": str(outcome.kind),
        "answer": str(outcome.answer),
        "parties": {layer: list(sides) for layer, sides in outcome.parties.items()},
        "cells": {variant: str(answer) for variant, answer in outcome.cells.items()},
        "whole": str(outcome.whole),
        "explanation": explanation,
        "fingerprint": outcome.fingerprint,
        "organization_only": outcome.organization_only,
    }


def _believed(
    known: QuerySet[Derivation], start: date
) -> dict[int, list[tuple[date, dict[str, Any]]]]:
    """Return responsibility → the dates and fields believed so far from `start` on, oldest
    first.
    """
    first = (
        known.filter(effective_on__lte=start)
        .values("responsibility")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    wanted = known.filter(Q(pk__in=first) | Q(effective_on__gt=start)).order_by("pk")
    lines: dict[int, list[tuple[date, dict[str, Any]]]] = defaultdict(list)
    for row in wanted.values("responsibility_id", "effective_on", *TAKEN_OVER):
        line = lines[row.pop("responsibility_id")]
        on = max(row.pop("effective_on"), start)
        # A newer run replaces what an older one said of its dates and later ones.
        while line and line[-1][0] >= on:
            line.pop()
        line.append((on, row))
    return lines


def _same(
    old: list[tuple[date, dict[str, Any]]], new: list[tuple[date, dict[str, Any]]]
) -> bool:
    """Say whether two timelines tell the same from their first date on."""
    return _told(old) == _told(new)


def _told(line: list[tuple[date, dict[str, Any]]]) -> list[tuple[date, dict[str, Any]]]:
    told: list[tuple[date, dict[str, Any]]] = []
    for on, fields in line:
        compared = {name: fields[name] for name in COMPARED}
        if not told or told[-1][1] != compared:
            told.append((on, compared))
    return told


def _point_to_newest(changed: list[int]) -> None:
    """Move the pointers, and the versions:

    a decision prepared on the old derivation is stale now.
    """
    newest = (
        Derivation.objects.filter(responsibility=OuterRef("pk"))
        .order_by("-pk")
        .values("pk")[:1]
    )
    for index in range(0, len(changed), BATCH):
        Responsibility.objects.filter(pk__in=changed[index : index + BATCH]).update(
            latest_derivation=Subquery(newest), version=F("version") + 1
        )
