"""The first page: what waits for whoever is signed in."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from controls.choices import WorkflowState
from controls.models import Responsibility, User
from controls.rules.moments import Moment
from controls.rules.permissions import Action
from controls.services import clock
from evidence.portal.frame import now, page, person
from evidence.queries import roles, tasks
from evidence.queries.monday import training_gap
from evidence.queries.my_work import my_work

URGENT = ("late", "came_back", "week", "later")
"""Most urgent first: the page has one filled button."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show my work to members of teams; lead everybody else to the overview."""
    user = person(request)
    if not user.team_roles():
        return HttpResponseRedirect(reverse("admin:index"))
    at = now()
    moment = Moment(as_of=at, on=clock.day(at))
    mine = my_work(user=user, moment=moment)
    need = tasks.sorted_by_need(mine.tasks)
    decisions = _decisions(user)
    people, untrained = training_gap(user=user, moment=moment)
    to_do = len(mine.tasks) - len(need["waiting"]) + mine.left_out
    context = {
        "mine": mine,
        "today": moment.on,
        "need": need,
        "to_do": to_do,
        "decisions": decisions,
        "nothing": not (to_do or mine.verdict_count or decisions),
        "may_hand_in": roles.team_ids(user, Action.SUBMIT_EVIDENCE),
        "people": people,
        "trained": people - untrained,
        "first": next(
            (
                task
                for name in ("late", "came_back", "week", "later")
                for task in need[name]
            ),
            None,
        ),
    }
    return page(request, "my_work", context)


def _decisions(user: User) -> int:
    """Return how many decisions in review the person may approve. One query."""
    rows = (
        Responsibility.objects.visible_to(user)
        .open()
        .filter(
            ~Q(latest_decision__decided_by=user) & ~Q(latest_decision__submitted_by=user),
            latest_decision__state=WorkflowState.IN_REVIEW,
        )
    )
    if not roles.everywhere(user, Action.REVIEW):
        teams = roles.team_ids(user, Action.REVIEW)
        rows = rows.filter(
            Q(system__owner_team__in=teams) | Q(latest_decision__owner_team__in=teams)
        )
    return int(rows.aggregate(count=Count("pk"))["count"])
