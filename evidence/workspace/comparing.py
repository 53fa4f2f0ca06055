"""Comparing: what if services came and went, two systems, two dates; and what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from controls.errors import DomainError, InvalidInputError
from controls.models import Responsibility, ServiceVariant, System, SystemService
from controls.queries import comparing
from controls.queries.changes import changes as changes_since
from controls.queries.suspects import doubts, since, suspects
from controls.queries.what_if import what_if as ask_what_if
from controls.rules.comparison import MOVES, Comparison, named, said
from controls.rules.moments import Moment, beginning, moment_of_day
from controls.rules.telling import summary
from controls.services.clock import day, zone
from evidence.workspace.frame import find_system, now, page, person

USUAL = timedelta(days=7)
"""How far back the page of changes looks unless it is told."""
LONGEST = 100
"""Rows of a table; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Option:
    """A service variant to choose."""

    key: str
    name: str
    chosen: bool


@require_safe
def what_if(request: HttpRequest, key: str) -> HttpResponse:
    """Ask which services come and go, and show what changes with them."""
    system, on = find_system(request, key), day(now())
    add, remove = (named(request.GET.getlist(name)) for name in ("add", "remove"))
    context: dict[str, Any] = {
        "title": f"What if: {system.name}",
        "used": _options(system, on, used=True, chosen=remove),
        "free": _options(system, on, used=False, chosen=add),
    }
    if not add and not remove:
        return page(request, "workspace/what_if.html", {**context, "system": system})
    return _compared(
        request,
        "workspace/what_if.html",
        {**context, "system": system},
        lambda: ask_what_if(system=system, add=add, remove=remove, on=on),
    )


@require_safe
def compare(request: HttpRequest, key: str) -> HttpResponse:
    """Show how another system differs, or this one at another date."""
    system, at = find_system(request, key), now()
    others = (
        System.objects.visible_to(person(request))
        .filter(provider=system.provider_id)
        .exclude(pk=system.pk)
        .order_by("name")
    )
    given = {name: request.GET.get(name, "") for name in ("with", "from", "to")}
    context = {
        "title": f"Compare: {system.name}",
        "system": system,
        "others": others,
        "given": {"other": given["with"], "since": given["from"], "to": given["to"]},
    }
    if not given["with"] and not given["from"]:
        return page(request, "workspace/compare.html", context)
    return _compared(
        request,
        "workspace/compare.html",
        context,
        lambda: (
            _with(request, system, given["with"], at)
            if given["with"]
            else _dates(system, given["from"], given["to"], at)
        ),
    )


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Show what became suspect and what else happened since a moment."""
    at, user = now(), person(request)
    key = request.GET.get("system", "")
    system = find_system(request, key) if key else None
    text, wrong = request.GET.get("since", ""), ""
    moment = beginning(str(day(at - USUAL)), place="since", now=at, zone=zone())
    try:
        moment = beginning(text, place="since", now=at, zone=zone()) if text else moment
    except InvalidInputError as error:
        wrong = error.message
    visible = Responsibility.objects.visible_to(user)
    if system is not None:
        visible = visible.filter(system=system)
    rows: Any = since(suspects(visible, on=day(at), zone=zone()), moment, zone=zone())
    shown = rows.select_related(
        "system",
        "control",
        "part",
        "latest_decision__derivation",
        "latest_decision__owner_team",
    ).order_by("-first_doubt")
    context = {
        "title": "What changed",
        "since": moment,
        "day": day(moment),
        "system": system,
        "wrong": wrong,
        "doubts": doubts(shown[:LONGEST], zone=zone()),
        "count": rows.count(),
        "changes": changes_since(user=user, since=moment, system=system),
    }
    return page(request, "workspace/changes.html", context, status=400 if wrong else 200)


def _compared(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    ask: Callable[[], Comparison],
) -> HttpResponse:
    """Show a comparison, or why there is none; what was asked stays."""
    try:
        found = ask()
    except DomainError as error:
        told = {**context, "wrong": error.message}
        return page(request, template, told, status=error.status)
    shown = {
        "found": found,
        "summary": summary(found),
        "duties": _rows(found, [c for c in found.duties if c.course != MOVES]),
        "moved": [change for change in found.duties if change.course == MOVES],
        "reviews": _rows(found, found.reviews),
        "only": [
            (end, rows)
            for end, rows in (
                (found.before, found.only_before),
                (found.after, found.only_after),
            )
            if rows
        ],
    }
    return page(request, template, {**context, **shown})


def _rows(found: Comparison, rows: Iterable[Any]) -> list[tuple[str, Any]]:
    """Return the rows with the word for what becomes of each."""
    return [(said(row.course, found.words), row) for row in rows]


def _with(request: HttpRequest, system: System, key: str, at: datetime) -> Comparison:
    moment = Moment(as_of=at, on=day(at))
    other = find_system(request, key)
    return comparing.between_systems(system=system, other=other, moment=moment)


def _dates(system: System, before: str, after: str, at: datetime) -> Comparison:
    texts = (("from", before), ("to", after or str(day(at))))
    ends = [moment_of_day(text, place=name, now=at, zone=zone()) for name, text in texts]
    return comparing.between_dates(system=system, before=ends[0], after=ends[1])


def _options(
    system: System, on: date, *, used: bool, chosen: Sequence[str]
) -> list[Option]:
    """Return the service variants in use, or those that may be added: the chosen first."""
    running = SystemService.objects.filter(system=system, since__lte=on).exclude(
        Q(until__lte=on) | Q(ended_on__lte=on)
    )
    rows = ServiceVariant.objects.filter(provider=system.provider_id)
    in_use = Q(pk__in=running.values("variant"))
    rows = rows.filter(in_use if used else ~in_use).order_by("name")
    found = [
        Option(key, name, key in chosen) for key, name in rows.values_list("key", "name")
    ]
    return sorted(found, key=lambda option: not option.chosen)
