"""What waits for a person: to review, to judge, to settle, returned and in doubt."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from controls.choices import WorkflowState
from controls.errors import DomainError
from controls.models import Responsibility
from controls.queries.overview import in_scope_on
from controls.rules.permissions import Action
from controls.services import access, clock, decisions
from evidence.workspace import questions
from evidence.workspace.frame import now, person
from evidence.workspace.frame import page as framed

LONGEST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the queue; a POST approves or returns one of it."""
    return _take(request) if request.method == "POST" else _show(request)


def _show(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    """Show what waits. What was typed beside a row that was refused stays there."""
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
    typed = request.POST
    context["typed"] = (typed.get("row", ""), typed.get("remark", ""))
    context |= questions.context(user, at=now())
    return framed(request, "workspace/queue.html", context, status=status)


def _rows(request: HttpRequest, today: Any) -> Any:
    return (
        Responsibility.objects.visible_to(person(request))
        .filter(in_scope_on(today), latest_decision__isnull=False)
        .open()
        .with_state()
        .with_kind(on=today)
        .with_suspicion(on=today)
        .select_related(
            "system__owner_team",
            "control",
            "part",
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
    if questions.asked(request):
        return _settle(request)
    given = request.POST
    row = given.get("row", "")
    rows = Responsibility.objects.visible_to(person(request)).select_related(
        "system__owner_team", "control", "part", "latest_decision__owner_team"
    )
    found = rows.filter(pk=row if row.isdecimal() else 0).first()
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
        return _show(request, status=error.status)
    done = "approved" if "_approve" in given else "returned"
    messages.success(request, f"{found}: {done}.")
    return HttpResponseRedirect(reverse("workspace:queue"))


def _settle(request: HttpRequest) -> HttpResponse:
    """Say whose a duty is, or that a dispute is over."""
    try:
        told = questions.settle(request)
    except DomainError as error:
        messages.error(request, error.message)
        return _show(request, status=error.status)
    messages.success(request, told)
    return HttpResponseRedirect(reverse("workspace:queue"))
