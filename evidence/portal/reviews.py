"""One review, as a task from a reminder leads to it; and all of them, by month."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_safe

from controls.choices import ReviewKind
from controls.errors import DomainError, InvalidInputError
from controls.models import Review, Team, User
from controls.rules.permissions import RULES, Action, refuse
from controls.services import access, clock, schedules
from evidence.models import Evidence
from evidence.portal import steps
from evidence.portal.forms import HandInForm, first_values, values_of
from evidence.portal.frame import Refused, now, page, person, refusal, version
from evidence.queries import calendar, roles, sheets
from evidence.queries.judges import teams_that_judge
from evidence.queries.sheets import Sheet
from evidence.queries.verdicts import made_by
from evidence.rules import asking
from evidence.services import evidence
from evidence.services.store import largest


@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show one review and what can be done for it; a POST does it."""
    review = sheets.find(user=person(request), uuid=uuid)
    if review is None:
        raise Http404
    if request.method != "POST":
        return _show(request, review)
    step = steps.asked(request)
    if not step:
        return _hand_in(request, review)
    try:
        told = steps.STEPS[step](request, review)
    except DomainError as error:
        fresh = sheets.find(user=person(request), uuid=uuid)
        return _show(request, fresh or review, refused=refusal(step, error, request))
    messages.success(request, told)
    return HttpResponseRedirect(_after(request, review))


def _after(request: HttpRequest, review: Review) -> str:
    """Return where to go: whoever disputes a duty may see its page no longer."""
    if sheets.find(user=person(request), uuid=review.uuid) is None:
        return reverse("portal:my-work")
    return reverse("portal:task", args=[review.uuid])


def _hand_in(request: HttpRequest, review: Review) -> HttpResponse:
    """Hand in a file or an address for the review, or what was missing in what came
    back.
    """
    sheet = sheets.sheet(review=review, user=person(request), on=clock.day(now()))
    before = sheet.task.offer if sheet.task.came_back else None
    teams = _teams(person(request), before)
    if not teams:
        error = refuse(Action.SUBMIT_EVIDENCE)
        return _show(request, review, refused=refusal("hand-in", error, request))
    form = HandInForm(request.POST, request.FILES, teams=teams)
    if not form.is_valid():
        return _show(request, review, form=form)
    try:
        if before is None:
            evidence.submit(
                team=form.cleaned_data["team"],
                content=form.content(),
                targets=[review],
                by=person(request),
                at=now(),
            )
        else:
            evidence.revise(
                evidence=before,
                version=version(request),
                content=form.content(before.latest_version),
                by=person(request),
                at=now(),
            )
    except DomainError as error:
        form.refuse(error)
        return _show(request, review, form=form)
    return HttpResponseRedirect(f"{reverse('portal:task', args=[review.uuid])}#done")


def _show(
    request: HttpRequest,
    review: Review,
    *,
    form: HandInForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    user, on = person(request), clock.day(now())
    sheet = sheets.sheet(review=review, user=user, on=on)
    duty, schedule = review.schedule.duty, review.schedule
    ended = schedule.ended_at or duty.ended_at
    is_open = review.completed_at is None and ended is None
    offer = sheet.task.offer
    concerned = schedules.teams_of(duty)
    before = offer if sheet.task.came_back else None
    asked = is_open and not sheet.task.is_waiting
    context = {
        "sheet": sheet,
        "review": review,
        "task": sheet.task,
        "is_open": is_open,
        "ended": ended,
        "today": on,
        "good": asking.good(schedule.kind),
        "ways": asking.ways(schedule.kind, duty.services),
        "refused": refused,
        "form": form or (_form(user, sheet, before, on) if asked else None),
        "before": before,
        "most_mb": largest() // 1024 // 1024,
        "judging": _judging(user, offer) if is_open and sheet.task.is_waiting else None,
        "may_snooze": is_open and access.allowed(user, Action.SNOOZE_REVIEW, *concerned),
        "who_snoozes": RULES[Action.SNOOZE_REVIEW].who,
        "may_complete": is_open
        and access.allowed(user, Action.COMPLETE_REVIEW, *concerned),
        "who_completes": RULES[Action.COMPLETE_REVIEW].who,
        "speaking": roles.teams(user, Action.CLAIM_DUTY) if duty.ended_at is None else (),
    }
    status = refused.status if refused else form.status if form else 200
    return page(request, "task", context, status=status)


def _teams(user: User, before: Evidence | None) -> QuerySet[Team]:
    """Return the teams for which the person may hand in; what came back stays its
    team's.
    """
    found = roles.teams(user, Action.SUBMIT_EVIDENCE)
    return found.filter(pk=before.team_id) if before is not None else found


def _form(user: User, sheet: Sheet, before: Evidence | None, on: Any) -> HandInForm | None:
    """Return the form; None for whoever may hand in for no team."""
    review = sheet.task.review
    teams = _teams(user, before)
    found = list(teams)
    if not found:
        return None
    if before is not None and before.latest_version is not None:
        initial = values_of(before.latest_version, before.team)
        return HandInForm(teams=teams, initial=initial)
    claiming = {team.pk for team in sheet.task.teams}
    days = sheets.period(review, on=on)
    initial = first_values(
        title=f"{review.schedule.title}, {date_format(days[1], 'F Y')}",
        kind=asking.good(review.schedule.kind).kind,
        days=days,
        today=on,
        team=next((team for team in found if team.pk in claiming), found[0]),
    )
    return HandInForm(teams=teams, initial=initial)


def _judging(user: User, offer: Evidence | None) -> dict[str, Any] | None:
    """Return who may judge what was handed in: the person, or who else."""
    if offer is None or offer.latest_version is None:
        return None
    teams = teams_that_judge(offer)
    made = made_by(offer, user)
    return {
        "may": not made and access.allowed(user, Action.JUDGE_EVIDENCE, *teams),
        "made": made,
        "others": sheets.judges(teams, but={offer.latest_version.by_id, user.pk}),
        "who": RULES[Action.JUDGE_EVIDENCE].who,
    }


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the reviews of a month, or those that are late, and where lateness piles up."""
    user, on = person(request), clock.day(now())
    refused = ""
    try:
        asked = _asked(request, on)
        found = calendar.page(
            calendar.reviews(asked, user=user, on=on),
            after=request.GET.get("after", ""),
            on=on,
        )
    except InvalidInputError as error:
        refused, asked = error.message, calendar.Asked(month=on.replace(day=1))
        rows = calendar.reviews(asked, user=user, on=on)
        found = calendar.page(rows, after="", on=on)
    kept = {name: getattr(asked, name) for name in ("team", "kind", "system")}
    context = {
        "asked": asked,
        "page": found,
        "heat": calendar.heat(user=user, on=on),
        "weeks": None if asked.state else calendar.days(asked, user=user, on=on),
        "many": calendar.MANY,
        "today": on,
        "earlier": calendar.before_month(asked.month),
        "later": calendar.after_month(asked.month),
        "filters": [(name, value) for name, value in kept.items() if value],
        "kind_word": dict(ReviewKind.choices).get(asked.kind, ""),
        "team_word": _team_word(user, asked.team),
        "refused": refused,
    }
    return page(request, "reviews", context, status=400 if refused else 200)


def _asked(request: HttpRequest, on: Any) -> calendar.Asked:
    given = request.GET
    state, kind = given.get("state", ""), given.get("kind", "")
    if state and state not in calendar.STATES:
        raise InvalidInputError(f"{state!r} is no state of reviews.", place="state")
    if kind and kind not in ReviewKind.values:
        raise InvalidInputError(f"{kind!r} is no kind of review.", place="kind")
    return calendar.Asked(
        month=calendar.month_of(given.get("month", ""), today=on),
        state=state,
        team=given.get("team", "")[:50],
        kind=kind,
        system=given.get("system", "")[:60],
    )


def _team_word(user: User, key: str) -> str:
    if not key:
        return ""
    if key == calendar.NOBODY:
        return "nobody"
    visible = Team.objects.visible_to(user).filter(key=key)
    return visible.values_list("name", flat=True).first() or key
