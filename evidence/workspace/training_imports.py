"""Taking a roster or training records from a file: looked at first, then applied.

The preview keeps nothing: it carries the file's text in the page, and applying it checks
everything again.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from controls.errors import DomainError, InvalidFileError
from controls.models import User
from controls.rules.permissions import RULES, Action
from controls.services import access, clock
from evidence.importers import rosters, tables, training_records
from evidence.services import roster, training
from evidence.workspace.frame import now, page, person
from evidence.workspace.training import may_record_somewhere

SHOWN = 200
"""Rows of a preview; of the rest, how many they are."""
UNSEEN = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that was sent, or the text of one that was looked at before."""

    name: str
    raw: bytes
    complete: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be taken from a file: how it is called, looked at and applied."""

    name: str
    title: str
    lead: str
    action: Action
    columns: tuple[tables.Column, ...]
    example: str
    can_be_complete: bool
    look: Callable[[Sent, User, datetime], Any]
    take: Callable[[Sent, User, datetime], Any]


def _look_at_roster(sent: Sent, user: User, at: datetime) -> rosters.RosterPlan:
    access.require(user, Action.MANAGE_TRAINING)
    file = rosters.read_roster(io.BytesIO(sent.raw), name=sent.name)
    return rosters.plan_roster(file, complete=sent.complete, today=clock.day(at))


def _take_roster(sent: Sent, user: User, at: datetime) -> rosters.RosterPlan:
    file = rosters.read_roster(io.BytesIO(sent.raw), name=sent.name)
    return roster.apply_roster(file=file, complete=sent.complete, by=user, at=at)


def _look_at_records(sent: Sent, user: User, at: datetime) -> training_records.RecordsPlan:
    file = training_records.read_records(io.BytesIO(sent.raw), name=sent.name)
    plan = training_records.plan_records(file, user=user, today=clock.day(at))
    training.check_may_record(plan=plan, user=user)
    return plan


def _take_records(sent: Sent, user: User, at: datetime) -> training_records.RecordsPlan:
    file = training_records.read_records(io.BytesIO(sent.raw), name=sent.name)
    return training.import_records(file=file, by=user, at=at)


KINDS: Mapping[str, Kind] = {
    "roster": Kind(
        name="roster",
        title="Import a roster",
        lead="Who is here, in which team and for which audiences. A column that the file "
        "has says all, an empty cell too; a column that it does not have changes nothing.",
        action=Action.MANAGE_TRAINING,
        columns=rosters.COLUMNS,
        example="kim@example.com,Kim Example,platform,2026-01-05,,"
        "developers; privileged users",
        can_be_complete=True,
        look=_look_at_roster,
        take=_take_roster,
    ),
    "records": Kind(
        name="records",
        title="Import training records",
        lead="Who completed which course. Without a last day, a completion counts as long "
        "as its course says.",
        action=Action.RECORD_TRAINING,
        columns=training_records.COLUMNS,
        example="kim@example.com,secure-code,2026-01-31,,97 %",
        can_be_complete=False,
        look=_look_at_records,
        take=_take_records,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for a file; show what one would change; or, where that was seen, change it."""
    found = KINDS.get(kind)
    if found is None:
        raise Http404
    if not _may(found, person(request)):
        who = RULES[found.action].who
        return _page(request, found, status=403, refusal=f"This needs {who}.")
    if request.method != "POST":
        return _page(request, found)
    try:
        sent = _sent(request)
    except DomainError as error:
        return _page(request, found, status=error.status, refusal=error.message)
    if sent is None:
        return _page(request, found, status=400, refusal="Choose a file first.")
    return _step(request, found, sent)


@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """Return a file to begin with: the header and one row of an example."""
    found = KINDS.get(kind)
    if found is None:
        raise Http404
    header = ",".join(column.name for column in found.columns)
    return HttpResponse(
        f"{header}\r\n{found.example}\r\n",
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.name}.csv"'},
    )


def _may(kind: Kind, user: User) -> bool:
    if kind.action == Action.RECORD_TRAINING:
        return may_record_somewhere(user)
    return access.allowed(user, kind.action)


def _sent(request: HttpRequest) -> Sent | None:
    """Return what was sent: a file, or the text of the preview; None for neither.

    Raises DomainError where the file did not come whole.
    """
    complete = "complete" in request.POST
    upload = request.FILES.get("file")
    if upload is not None:
        problem = getattr(upload, "problem", None)
        if isinstance(problem, DomainError):
            raise problem
        upload.seek(0)
        raw = upload.read(tables.LARGEST + 1)
        # A table is read and not kept: nothing of it stays in the store.
        upload.close()
        return Sent(_name(upload.name or ""), raw, complete)
    if "text" in request.POST:
        raw = request.POST["text"].encode()
        return Sent(_name(request.POST.get("name", "")), raw, complete)
    return None


def _name(given: str) -> str:
    return UNSEEN.sub("", given)[:100] or "file.csv"


def _step(request: HttpRequest, kind: Kind, sent: Sent) -> HttpResponse:
    apply = "_apply" in request.POST
    step = kind.take if apply else kind.look
    try:
        plan = step(sent, person(request), now())
    except InvalidFileError as error:
        return _page(
            request,
            kind,
            status=400,
            refusal=error.message,
            faults=error.faults,
            faults_rest=error.left_out,
        )
    except DomainError as error:
        return _page(request, kind, status=error.status, refusal=error.message)
    if not apply:
        return _page(request, kind, **_preview(plan, sent))
    told = ", ".join(f"{count} {word}" for word, count in plan.counts.items())
    messages.success(request, f"{plan.name}: {told}.")
    return HttpResponseRedirect(reverse("workspace:training"))


def _preview(plan: Any, sent: Sent) -> dict[str, Any]:
    return {
        "plan": plan,
        "steps": plan.steps[:SHOWN],
        "steps_rest": max(0, len(plan.steps) - SHOWN),
        "sent": sent,
        "text": sent.raw.decode("utf-8-sig"),
    }


def _page(
    request: HttpRequest, kind: Kind, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"title": kind.title, "kind": kind, "allowed": status != 403, **more}
    return page(request, "workspace/training_import.html", context, status=status)
