"""Decisions in doubt: since when, what is different, and what caused it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from controls.models import Decision, Derivation, Layer, Responsibility
from controls.models.responsibilities import ResponsibilityQuerySet
from controls.queries.explaining import contrast
from controls.queries.overview import in_scope_on
from controls.rules.moments import day


@dataclass(frozen=True, slots=True)
class Doubt:
    """A decision that what is derived now no longer bears out.

    `since` is the day from which on it did not, without a break, up to today.
    """

    responsibility: Responsibility
    decision: Decision
    now: Derivation
    since: date
    recorded_at: datetime
    cause: str
    differences: tuple[str, ...]


def suspects(
    visible: ResponsibilityQuerySet, *, on: date, zone: ZoneInfo
) -> ResponsibilityQuerySet:
    """Return those of the visible responsibilities in scope that are suspect on a date.

    Each with `first_doubt`, the derivation that put it in doubt, and `in_force`, that of
    the date. A derivation that was planned, and withdrawn before its day came, put nothing
    in doubt.
    """
    marked: Any = visible.open().filter(in_scope_on(on))
    rows = marked.with_suspicion(on=on).filter(suspect=True)
    decided = OuterRef("latest_decision__derivation__fingerprint")
    known = _experienced(zone).filter(
        responsibility=OuterRef("pk"),
        pk__gt=OuterRef("latest_decision__derivation"),
        effective_on__lte=on,
    )
    held = known.filter(fingerprint=decided).order_by("-pk").values("pk")[:1]
    in_force = Derivation.objects.filter(
        responsibility=OuterRef("pk"), effective_on__lte=on
    )
    found: ResponsibilityQuerySet = rows.annotate(
        in_force=Subquery(in_force.order_by("-pk").values("pk")[:1]),
        held=Coalesce(Subquery(held), F("latest_decision__derivation")),
    ).annotate(
        first_doubt=Subquery(
            known.filter(pk__gt=OuterRef("held")).order_by("pk").values("pk")[:1]
        )
    )
    return found


def since(
    rows: ResponsibilityQuerySet, moment: datetime, *, zone: ZoneInfo
) -> ResponsibilityQuerySet:
    """Return those of the suspects that became suspect at an instant or later."""
    first = day(moment - timedelta(microseconds=1), zone=zone)
    later = Derivation.objects.filter(pk=OuterRef("first_doubt")).filter(
        Q(at__gte=moment) | Q(effective_on__gt=first)
    )
    return rows.filter(Exists(later))


def doubts(rows: Iterable[Responsibility], *, zone: ZoneInfo) -> list[Doubt]:
    """Return what there is to say of suspects, read with `latest_decision__derivation`.

    Two queries, whatever their number.
    """
    found = list(rows)
    wanted = {pk for row in found for pk in (row.first_doubt, row.in_force)}  # type: ignore[attr-defined]
    derivations = Derivation.objects.defer("explanation", "cells").in_bulk(wanted)
    layers = dict(Layer.objects.values_list("code", "name"))
    return [_doubt(row, derivations, layers, zone) for row in found]


def _experienced(zone: ZoneInfo) -> QuerySet[Derivation]:
    """Return the derivations that came into force: a run covers all dates from its first
    on, so what an older one said of a day that was still to come never did.
    """
    newer = Derivation.objects.annotate(day=TruncDate("at", tzinfo=zone)).filter(
        responsibility=OuterRef("responsibility"),
        pk__gt=OuterRef("pk"),
        effective_on__lt=OuterRef("effective_on"),
        day__lt=OuterRef("effective_on"),
    )
    return Derivation.objects.filter(~Exists(newer))


def _doubt(
    row: Responsibility,
    derivations: dict[int, Derivation],
    layers: dict[str, str],
    zone: ZoneInfo,
) -> Doubt:
    decision = row.latest_decision
    assert decision is not None  # noqa: S101 - what nobody decided is not suspect
    first = derivations[row.first_doubt]  # type: ignore[attr-defined]
    now = derivations[row.in_force]  # type: ignore[attr-defined]
    return Doubt(
        responsibility=row,
        decision=decision,
        now=now,
        since=max(first.effective_on, day(first.at, zone=zone)),
        recorded_at=first.at,
        cause=first.cause,
        differences=tuple(contrast(decision.derivation, now, layers=layers)),
    )
