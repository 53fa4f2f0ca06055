"""What waits for a person: to review, returned to their teams, and in doubt."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from controls.choices import WorkflowState
from controls.errors import DomainError
from controls.models import Responsibility
from controls.queries.overview import in_scope_on
from controls.rules.permissions import Action
from controls.services import access, clock, decisions
from evidence.workspace.frame import now, person
from evidence.workspace.frame import page as framed

LONGEST = 100


def page(request: HttpRequest) -> HttpResponse:
    """Show the queue; a POST approves or returns one of it."""
    if request.method == "POST":
        return _take(request)
    today = clock.day(now())
    rows = _rows(request, today)
    waiting = list(rows.filter(state=WorkflowState.IN_REVIEW)[:LONGEST])
    user = person(request)
    context = {
        "title": "Approvals",
        "mine": [row for row in waiting if _may_check(user, row)],
        "others": [row for row in waiting if not _may_check(user, row)],
        "returned": list(rows.filter(state=WorkflowState.RETURNED)[:LONGEST]),
        "suspect": list(rows.filter(suspect=True)[:LONGEST]),
    }
    return framed(request, "workspace/queue.html", context)


def _rows(request: HttpRequest, today: Any) -> Any:
    return (
        Responsibility.objects.visible_to(person(request))
        .filter(in_scope_on(today), latest_decision__isnull=False)
        .with_state()
        .with_kind(on=today)
        .with_suspicion(on=today)
        .select_related(
            "system__owner_team",
            "control",
            "latest_decision__owner_team",
            "latest_decision__by",
            "latest_decision__submitted_by",
        )
        .order_by("latest_decision__at")
    )


def _may_check(user: Any, row: Responsibility) -> bool:
    decision = row.latest_decision
    made = decision is not None and user.pk in {
        decision.decided_by_id,
        decision.submitted_by_id,
    }
    return not made and access.allowed(user, Action.REVIEW, *access.teams_of(row))


def _take(request: HttpRequest) -> HttpResponse:
    given = request.POST
    rows = Responsibility.objects.visible_to(person(request)).select_related(
        "system__owner_team", "control", "latest_decision__owner_team"
    )
    found = rows.filter(
        Q(pk=given.get("row") if given.get("row", "").isdecimal() else 0)
    ).first()
    if found is None or not given.get("version", "").isdecimal():
        raise Http404
    step = decisions.approve if "_approve" in given else decisions.send_back
    try:
        step(
            responsibility=found,
            version=int(given["version"]),
            remark=given.get("remark", ""),
            by=person(request),
            at=now(),
        )
    except DomainError as error:
        messages.error(request, f"{found}: {error.message}")
    else:
        messages.success(
            request, f"{found}: {'approved' if '_approve' in given else 'returned'}."
        )
    return HttpResponseRedirect(reverse("workspace:queue"))
