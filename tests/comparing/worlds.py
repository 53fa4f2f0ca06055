"""Steps that the tests of comparing share."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from controls.models import Layer, LayerOverride, ServiceVariant, System, User
from controls.queries.what_if import what_if
from controls.rules.comparison import Comparison
from controls.services import decisions, overrides, systems
from controls.services.overrides import Word
from controls.services.setup import system_user
from controls.services.systems import Use
from tests.make import MONDAY, make_decision, responsibility_for

TUESDAY = MONDAY + timedelta(days=1)
"""The instant at which people ask."""
TODAY = TUESDAY.date()


def asked(
    system: System, *, add: str = "", remove: str = "", on: date = TODAY
) -> Comparison:
    """What if these services, named with blanks between them, came and went?"""
    fresh = System.objects.select_related("provider").get(pk=system.pk)
    return what_if(system=fresh, add=add.split(), remove=remove.split(), on=on)


def start(system: System, *variants: str, at: datetime = TUESDAY, **dates: Any) -> None:
    """Put services in use."""
    system.refresh_from_db()
    systems.start_services(
        system=system,
        version=system.version,
        uses=[Use(ServiceVariant.objects.get(key=v), **dates) for v in variants],
        by=system_user(),
        at=at,
    )


def end(
    system: System, *variants: str, at: datetime = TUESDAY, on: date | None = None
) -> None:
    """Say that services are no longer used."""
    for variant in variants:
        system.refresh_from_db()
        row = system.services.select_related("variant").get(
            variant__key=variant, ended_at=None
        )
        row.system = system
        systems.end_service(
            service=row,
            version=system.version,
            on=on or at.date(),
            by=system_user(),
            at=at,
        )


def say(
    system: System | None,
    layer: str,
    value: str,
    *,
    since: date = TODAY,
    at: datetime = TUESDAY,
) -> LayerOverride:
    """Override a layer."""
    word = Word(
        layer=Layer.objects.get(code=layer), value=value, reason="So it is.", since=since
    )
    return overrides.start(system=system, word=word, by=system_user(), at=at)


def approve(
    system: System,
    control_id: str,
    *,
    by: User,
    checker: User,
    at: datetime = MONDAY,
    **content: Any,
) -> None:
    """Decide, submit and approve a control."""
    make_decision(system, control_id, by=by, at=at, **content)
    for step, who in ((decisions.submit, by), (decisions.approve, checker)):
        row = responsibility_for(system, control_id)
        step(responsibility=row, version=row.version, by=who, at=at)


def changed(found: Comparison) -> dict[str, tuple[str, str]]:
    """Control → its answer at both ends, of those that change."""
    return {
        change.subject.control_id: (change.before.answer, change.after.answer)
        for change in found.changes
    }


def because(found: Comparison, control_id: str) -> str:
    """All the reasons why a control changes."""
    (change,) = (c for c in found.changes if c.subject.control_id == control_id)
    return " ".join(reason.text for reason in change.reasons)
