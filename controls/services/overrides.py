"""Overrides: a person's word on who carries a layer, with a reason and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from controls.choices import AuditVerb, LayerScope, LayerValue
from controls.errors import ConflictError, InvalidInputError
from controls.models import Layer, LayerOverride, ServiceVariant, System, User
from controls.rules.permissions import Action
from controls.services import access, audit, derivations, versions
from controls.services.audit import audited


@dataclass(frozen=True, slots=True)
class Word:
    """What is said: who carries the layer, from when until when, and why."""

    layer: Layer
    value: str
    reason: str
    since: date
    until: date | None = None
    variant: ServiceVariant | None = None


@audited
def start(*, system: System | None, word: Word, by: User, at: datetime) -> LayerOverride:
    """Record an override for a system, or for all where it is None; derive anew; return it.

    Raises NotAllowedError, InvalidInputError, and ConflictError where the layer is
    overridden there already.
    """
    _require(by, system)
    _check(word)
    _check_alone(system, word)
    row = LayerOverride.objects.create(
        system=system,
        variant=word.variant,
        layer=word.layer,
        value=word.value,
        reason=word.reason.strip(),
        since=word.since,
        until=word.until,
        started_at=at,
        started_by=by,
    )
    audit.record(
        verb=AuditVerb.OVERRIDE_STARTED,
        target=row,
        about=system,
        after=audit.snapshot(
            row, "system", "variant", "layer", "value", "reason", "since", "until"
        ),
        by=by,
        at=at,
    )
    _rederive(row, cause=f"Override: {word.layer.code}", since=word.since, by=by, at=at)
    return row


@audited
def end(*, override: LayerOverride, on: date, by: User, at: datetime) -> LayerOverride:
    """Say from which day on an override no longer holds; derive anew; return it.

    Raises NotAllowedError, ConflictError and InvalidInputError.
    """
    _require(by, override.system)
    versions.end_row(override, on=on, by=by, at=at)
    system = override.system
    audit.record(
        verb=AuditVerb.OVERRIDE_ENDED,
        target=override,
        about=system,
        after={"ended_on": str(on)},
        by=by,
        at=at,
    )
    cause = f"Override ended: {override.layer.code}"
    _rederive(override, cause=cause, since=on, by=by, at=at)
    return override


def _require(by: User, system: System | None) -> None:
    if system is None:
        access.require(by, Action.OVERRIDE_EVERYWHERE)
    else:
        access.require(by, Action.OVERRIDE, system.owner_team)


def _check(word: Word) -> None:
    if word.value not in LayerValue.values:
        raise InvalidInputError(f"{word.value!r} is not a value of a layer.", place="value")
    if not word.reason.strip():
        raise InvalidInputError("Give the reason for the override.", place="reason")
    if word.variant is not None and word.layer.scope != LayerScope.SERVICE:
        raise InvalidInputError(
            f"{word.layer} does not depend on a service: leave the service out.",
            place="variant",
        )
    if word.until is not None and word.until <= word.since:
        raise InvalidInputError("It must end after it begins.", place="until")


def _check_alone(system: System | None, word: Word) -> None:
    """Raise ConflictError where a layer is overridden there already on one of the days: of
    two words that contradict each other neither could be the one that holds.
    """
    # Two at once must not both find nothing.
    list(Layer.objects.select_for_update(no_key=True).filter(pk=word.layer.pk))
    there = LayerOverride.objects.filter(
        system=system, variant=word.variant, layer=word.layer
    )
    over = Q(until__lte=word.since) | Q(ended_on__lte=word.since)
    if word.until is not None:
        over |= Q(since__gte=word.until)
    found = there.exclude(over).order_by("since").first()
    if found is not None:
        raise ConflictError(
            f"{word.layer} is overridden there already, from {found.since} on: end that "
            "override first."
        )


def _rederive(
    row: LayerOverride, *, cause: str, since: date, by: User, at: datetime
) -> None:
    if row.system is not None:
        derivations.rederive(system=row.system, cause=cause, since=since, by=by, at=at)
        return
    for system in System.objects.order_by("pk"):
        derivations.rederive(system=system, cause=cause, since=since, by=by, at=at)
