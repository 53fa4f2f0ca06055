"""What each role is answered about duties, schedules and reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.access.table import Row
from tests.access.world import Target, World

API = "/api/v1/"
ADMIN = "/admin/controls/"

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator.
ALL = "401 200 200 200 200 200 200 200 200 200"
SEEN = "401 404 200 200 200 200 200 404 200 200"
SPEAK = "401 404 403 200 200 200 403 404 200 403"
# An auditor does not see the team that the body names.
SAY = "401 404 403 200 200 200 400 404 200 403"
SAY_AGAIN = "401 404 403 409 409 409 400 404 409 403"
PLAN = "401 404 403 403 200 200 403 404 200 403"
PLAN_FOR = "401 400 403 403 201 201 403 400 201 403"
PLAN_FOR_FOREIGN = "401 400 400 400 400 400 400 400 201 403"

LISTED = "302 200 200 200 200 200 200 200 200 200"
SHOWN = "302 404 200 200 200 200 200 404 200 200"
# The form is sent with a step; a refusal for want of the role is a 403.
SPOKEN = "302 404 403 302 302 302 403 404 302 403"
PLANNED = "302 404 403 403 302 302 403 404 302 403"
# Whoever may schedule is sent to choose a duty first.
CHOOSE = "302 302 403 403 302 302 403 403 302 403"


def version(_: World, target: Target) -> int:
    return target.duty.version


def says(_: World, target: Target) -> dict[str, Any]:
    return {"team": target.team.key, "reason": "So"}


def plan(_: World, target: Target) -> dict[str, Any]:
    return {
        "duty": str(target.duty.uuid),
        "title": "Looked at",
        "kind": "other",
        "every": 1,
        "unit": "years",
    }


def pause(_: World, __: Target) -> dict[str, Any]:
    today = timezone.localdate()  # noqa: TID251 - requests read the clock, too
    return {"until": str(today + timedelta(days=7)), "reason": "So"}


def form(subject: str, step: str, **fields: str) -> Any:
    """What a form of the admin site posts."""

    def sent(_: World, target: Target) -> dict[str, Any]:
        row = getattr(target, subject)
        told = getattr(row, "version", target.duty.version)
        return {"version": told, "_step": step, **fields}

    return sent


def spoken(world: World, target: Target) -> dict[str, Any]:
    made: dict[str, Any] = form("duty", "dispute", reason="So")(world, target)
    return made | {"team": target.team.pk}


def paused(world: World, target: Target) -> dict[str, Any]:
    made: dict[str, Any] = form("review", "snooze")(world, target)
    return made | pause(world, target)


def say(path: str, own: str) -> Row:
    return Row(
        "POST", f"{API}duties/{{o.duty.uuid}}/{path}", own, send=says, version=version
    )


def screen(model: str, pk: str) -> list[Row]:
    """The list, the record and its history."""
    base = f"{ADMIN}{model}/"
    return [
        Row("GET", base, LISTED, "-", by_browser=True),
        Row("GET", f"{base}{pk}/change/", SHOWN, by_browser=True),
        Row("GET", f"{base}{pk}/history/", SHOWN, by_browser=True),
    ]


def post(model: str, pk: str, own: str, send: Any) -> Row:
    path = f"{ADMIN}{model}/{pk}/change/"
    return Row("POST", path, own, send=send, by_browser=True)


def added(model: str, own: str) -> Row:
    return Row("GET", f"{ADMIN}{model}/add/", own, "-", by_browser=True)


NOBODY = "302 403 403 403 403 403 403 403 403 403"
DUTY, CLAIM = "{o.duty.pk}", "{o.claim.pk}"
SCHEDULE, REVIEW = "{o.review.schedule.pk}", "{o.review.pk}"

ROWS = [
    Row("GET", f"{API}duties/", ALL, "-"),
    Row("GET", f"{API}duties/{{o.duty.uuid}}/", SEEN),
    say("claim/", SAY_AGAIN),
    say("dispute/", SAY),
    Row(
        "POST",
        f"{API}duties/{{o.duty.uuid}}/claims/{{o.claim.uuid}}/end/",
        SPEAK,
        version=version,
    ),
    Row("GET", f"{API}review-schedules/", ALL, "-"),
    Row("GET", f"{API}review-schedules/{{o.review.schedule.uuid}}/", SEEN),
    Row("POST", f"{API}review-schedules/", PLAN_FOR, PLAN_FOR_FOREIGN, send=plan),
    Row("POST", f"{API}review-schedules/{{o.review.schedule.uuid}}/end/", PLAN),
    Row("GET", f"{API}reviews/", ALL, "-"),
    Row("GET", f"{API}reviews/{{o.review.uuid}}/", SEEN),
    Row(
        "POST",
        f"{API}reviews/{{o.review.uuid}}/snooze/",
        PLAN,
        send=pause,
        version=lambda _, target: target.review.version,
    ),
    *screen("duty", DUTY),
    *screen("dutyclaim", CLAIM),
    *screen("reviewschedule", SCHEDULE),
    *screen("review", REVIEW),
    added("duty", NOBODY),
    added("dutyclaim", NOBODY),
    added("reviewschedule", CHOOSE),
    added("review", NOBODY),
    post("duty", DUTY, SPOKEN, spoken),
    post("dutyclaim", CLAIM, SPOKEN, form("claim", "end")),
    post("reviewschedule", SCHEDULE, PLANNED, form("duty", "end")),
    post("review", REVIEW, PLANNED, paused),
]
