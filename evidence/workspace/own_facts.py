"""What the organisation says beside the shipped facts, and otherwise, on one page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from controls.choices import LayerValue
from controls.queries.own_facts import Overridden, own_facts
from controls.rules.moments import Moment
from controls.rules.permissions import Action
from controls.services import access
from controls.services.clock import day
from evidence.queries import roles
from evidence.workspace.frame import now, page, person

FEW = 4
"""Services that a value is shown for by name; beyond, they are counted."""


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show own services, overrides beside what they replace, and tagged controls."""
    user, at = person(request), now()
    found = own_facts(user=user, moment=Moment(as_of=at, on=day(at)))
    context = {
        "title": "Our facts",
        "services": found.services,
        "overrides": [(one.override, _shipped(one)) for one in found.overrides],
        "tags": found.tags,
        "may_override": roles.everywhere(user, Action.OVERRIDE)
        or bool(roles.team_ids(user, Action.OVERRIDE)),
        "may_add": access.allowed(user, Action.OVERRIDE_EVERYWHERE),
    }
    return page(request, "workspace/own_facts.html", context)


def _shipped(one: Overridden) -> list[str]:
    """Return what is shipped, as words: `Provider: 12 services`."""
    words = dict(LayerValue.choices)
    told = []
    for value, services in one.shipped.items():
        where = ""
        if one.override.variant is None and services:
            few = len(services) <= FEW
            where = f": {', '.join(services) if few else f'{len(services)} services'}"
        told.append(f"{words.get(value, value)}{where}")
    return told or ["nothing"]
