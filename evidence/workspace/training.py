"""Training: how the courses stand on the roster, and who misses one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from controls.errors import InvalidInputError
from controls.models import User
from controls.rules.moments import FIRST_YEAR, LAST_YEAR, Moment, moment
from controls.rules.permissions import Action, may
from controls.services import access, clock
from evidence.models import Course
from evidence.queries.training import SOON_DAYS, completion, completions
from evidence.workspace.frame import now, person
from evidence.workspace.frame import page as framed

LONGEST = 200
"""People in one list; of the rest, how many they are."""
SHORT = 20
"""Records that run out soon, over all courses."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show each course with how many of those who must hold it do, on a day."""
    user, asked, refusal = person(request), *_asked(request)
    found = completions(user=user, moment=asked)
    soon = sorted(
        (
            (one.valid_until, stands.course, one)
            for stands in found
            for one in stands.expiring
        ),
        key=lambda item: (item[0], item[1].title, item[2].entry.name),
    )
    people = {one.entry.person.pk for stands in found for one in stands.people}
    context = {
        "title": "Training",
        "courses": found,
        "people": len(people),
        "soon": soon[:SHORT],
        "soon_count": len(soon),
        **_frame(user, asked, refusal),
    }
    return framed(
        request, "workspace/training.html", context, status=400 if refusal else 200
    )


@require_safe
def course(request: HttpRequest, key: str) -> HttpResponse:
    """Show who must hold a course and does not, and whose record runs out soon."""
    user, asked, refusal = person(request), *_asked(request)
    row = Course.objects.visible_to(user).filter(key=key).first()
    found = completion(course=row, user=user, moment=asked) if row else None
    if found is None:
        raise Http404
    missing, expiring = found.missing, found.expiring
    context = {
        "title": found.course.title,
        "stands": found,
        "missing": missing[:LONGEST],
        "missing_rest": max(0, len(missing) - LONGEST),
        "expiring": expiring[:LONGEST],
        "expiring_rest": max(0, len(expiring) - LONGEST),
        **_frame(user, asked, refusal),
    }
    return framed(
        request, "workspace/training_course.html", context, status=400 if refusal else 200
    )


def may_record_somewhere(user: User) -> bool:
    """Say whether the person may record what anybody completed."""
    roles = user.team_roles()
    return may(
        Action.RECORD_TRAINING,
        roles=user.organization_roles(),
        team_roles=roles,
        teams=frozenset(roles),
    )


def _asked(request: HttpRequest) -> tuple[Moment, str]:
    """Return the moment that the address asks about; now, and why, where it is none."""
    given = request.GET
    try:
        asked = moment(
            as_of=given.get("as_of", ""),
            on=given.get("on", ""),
            now=now(),
            zone=clock.zone(),
        )
    except InvalidInputError as error:
        return _today(), error.message
    if not FIRST_YEAR <= asked.on.year <= LAST_YEAR:
        return _today(), f"Ask for a day of the years {FIRST_YEAR} to {LAST_YEAR}."
    return asked, ""


def _today() -> Moment:
    at = now()
    return Moment(as_of=at, on=clock.day(at))


def _frame(user: User, asked: Moment, refusal: str) -> dict[str, Any]:
    return {
        "moment": asked,
        "today": clock.day(now()),
        "soon_days": SOON_DAYS,
        "refusal": refusal,
        "may_manage": access.allowed(user, Action.MANAGE_TRAINING),
        "may_record": may_record_somewhere(user),
    }
