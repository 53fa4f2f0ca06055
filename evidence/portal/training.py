"""Training as a team sees it: how its people stand, course by course, and one's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from controls.rules.moments import Moment
from controls.services import clock
from evidence.models import TrainingRecord
from evidence.portal.frame import now, page, person
from evidence.queries.training import SOON_DAYS, completions


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the courses on the roster of the person's teams, and their own records."""
    user, at = person(request), now()
    moment = Moment(as_of=at, on=clock.day(at))
    own = (
        TrainingRecord.objects.visible_to(user)
        .believed(as_of=at)
        .filter(person__user=user)
        .select_related("course")
        .order_by("-completed_on", "-pk")
    )
    courses = completions(user=user, moment=moment)
    mine = [
        (course.course, one)
        for course in courses
        for one in course.people
        if one.entry.person.user_id == user.pk
    ]
    context = {
        "courses": courses,
        "mine": mine,
        "records": own[:50],
        "today": moment.on,
        "soon_days": SOON_DAYS,
    }
    return page(request, "training", context)
