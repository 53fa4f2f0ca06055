"""The steps of a review's page: hand in, judge, keep quiet, say whose it is.

Each reads what a form sent, calls one service and returns what is told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.http import Http404, HttpRequest

from controls.choices import ReviewOutcome
from controls.errors import InvalidInputError
from controls.models import Review, Team
from controls.services import duties, reviews
from controls.templatetags.srm import day
from evidence.models import Evidence
from evidence.portal.frame import identifier, now, person, version
from evidence.services import completing, evidence
from evidence.services.completing import Done

Step = Callable[[HttpRequest, Review], str]


def accept(request: HttpRequest, review: Review) -> str:
    """Accept what was handed in; the review is completed by it."""
    piece = _piece(request, review)
    evidence.accept(
        evidence=piece,
        version=version(request),
        remark=request.POST.get("remark", ""),
        by=person(request),
        at=now(),
    )
    return f"Accepted {piece.reference}. This review is done."


def give_back(request: HttpRequest, review: Review) -> str:
    """Return what was handed in, with what is missing."""
    piece = _piece(request, review)
    evidence.reject(
        evidence=piece,
        version=version(request),
        remark=request.POST.get("remark", ""),
        by=person(request),
        at=now(),
    )
    return f"Returned {piece.reference} to {piece.team}."


def snooze(request: HttpRequest, review: Review) -> str:
    """Let reminders keep quiet until a day."""
    row = reviews.snooze(
        review=review,
        version=version(request),
        until=_day(request, "until"),
        reason=request.POST.get("reason", ""),
        by=person(request),
        at=now(),
    )
    return f"Reminders keep quiet until {day(row.until)}. The due day stays."


def fail(request: HttpRequest, review: Review) -> str:
    """Record that the review found something that does not hold."""
    completing.complete(
        review=review,
        version=version(request),
        done=Done(
            outcome=ReviewOutcome.NOT_SATISFIED, remark=request.POST.get("remark", "")
        ),
        by=person(request),
        at=now(),
    )
    return "Recorded: not satisfied."


def claim(request: HttpRequest, review: Review) -> str:
    """Say that the duty is a team's own."""
    team = _team(request)
    duties.claim(
        duty=review.schedule.duty,
        version=version(request),
        team=team,
        by=person(request),
        at=now(),
    )
    return f"{team} does it from now on."


def dispute(request: HttpRequest, review: Review) -> str:
    """Say that the duty is not a team's, and why."""
    team = _team(request)
    duties.dispute(
        duty=review.schedule.duty,
        version=version(request),
        team=team,
        reason=request.POST.get("reason", ""),
        by=person(request),
        at=now(),
    )
    return f"Noted: not {team}\N{RIGHT SINGLE QUOTATION MARK}s. The GRC lead settles it."


STEPS: Mapping[str, Step] = {
    "accept": accept,
    "return": give_back,
    "snooze": snooze,
    "fail": fail,
    "claim": claim,
    "dispute": dispute,
}


def asked(request: HttpRequest) -> str:
    """Return the step whose button was pressed; empty: to hand in."""
    return next((name for name in STEPS if f"_{name}" in request.POST), "")


def _piece(request: HttpRequest, review: Review) -> Evidence:
    """Return the piece that the form names, which must be offered for the review."""
    rows = Evidence.objects.visible_to(person(request)).filter(
        links__review=review, links__ended_at__isnull=True
    )
    named = identifier(request.POST.get("piece", ""))
    found = rows.select_related("team").filter(uuid=named).first() if named else None
    if found is None:
        raise Http404("There is no such evidence here.")
    return found


def _team(request: HttpRequest) -> Team:
    visible = Team.objects.visible_to(person(request))
    found = visible.filter(key=request.POST.get("team", "")).first()
    if found is None:
        raise InvalidInputError("Say for which team you speak.", place="team")
    return found


def _day(request: HttpRequest, name: str) -> date:
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        raise InvalidInputError("Choose a day.", place=name) from None
