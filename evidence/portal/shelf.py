"""Our evidence: the list, one piece with its story, and handing in what no review asks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from controls.errors import DomainError, InvalidInputError
from controls.models import Duty, Responsibility, Review, Team
from controls.rules.permissions import RULES, Action, refuse
from controls.services import access, clock
from evidence.choices import EvidenceKind, VerdictState
from evidence.models import Evidence, EvidenceLink
from evidence.portal.forms import HandInForm, first_values, values_of
from evidence.portal.frame import (
    Refused,
    identifier,
    now,
    page,
    person,
    refusal,
    version,
)
from evidence.queries import pieces, roles, sheets, shelf, tasks
from evidence.queries.judges import teams_that_judge
from evidence.queries.verdicts import made_by
from evidence.rules.acceptance import TRANSITIONS
from evidence.services import evidence
from evidence.services.linking import Target
from evidence.services.store import largest

TOLD = {
    "accept": "accepted",
    "return": "returned",
    "withdraw": "withdrawn",
    "link": "offered there, too",
    "unlink": "no longer offered there",
}
MOST_REVIEWS = 100
"""Open reviews that a piece can be offered for, in one list."""


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List the evidence that the person sees, filtered by the address."""
    user, on, given = person(request), clock.day(now()), request.GET
    asked = shelf.Asked(
        view=given.get("view", ""),
        team=given.get("team", "")[:50],
        system=given.get("system", "")[:60],
        text=given.get("q", "").strip()[:200],
    )
    refused = ""
    try:
        found = shelf.page(asked, before=given.get("before", ""), user=user, on=on)
    except InvalidInputError as error:
        refused, asked = error.message, shelf.Asked()
        found = shelf.page(asked, before="", user=user, on=on)
    kept = {"team": asked.team, "system": asked.system, "q": asked.text}
    counts = shelf.counts(asked, user=user, on=on)
    context = {
        "asked": asked,
        "page": found,
        "views": [
            {"token": token, "word": word, "count": counts[token]}
            for token, (word, _) in shelf.views(on).items()
            if counts[token] or token in {"", asked.view}
        ],
        "total": counts[asked.view],
        "kept": [(name, value) for name, value in kept.items() if value],
        "today": on,
        "refused": refused,
        "may_hand_in": roles.teams(user, Action.SUBMIT_EVIDENCE).exists(),
        "teams": Team.objects.visible_to(user).filter(evidence__isnull=False).distinct(),
    }
    return page(request, "evidence", context, status=400 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def piece(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show one piece of evidence; a POST judges it, takes it back or replaces it."""
    found = _find(request, uuid)
    if request.method != "POST":
        return _show(request, found)
    step = next((name for name in TOLD if f"_{name}" in request.POST), "")
    if not step:
        return _revise(request, found)
    try:
        _take(request, found, step)
    except DomainError as error:
        fresh = _find(request, uuid)
        return _show(request, fresh, refused=refusal(step, error, request))
    messages.success(request, f"{found.reference}: {TOLD[step]}.")
    return HttpResponseRedirect(reverse("portal:piece", args=[found.uuid]))


def _take(request: HttpRequest, found: Evidence, step: str) -> None:
    """Do what the pressed button says."""
    user, at = person(request), now()
    read = version(request)
    if step == "link":
        target = _review(request)
        evidence.link(evidence=found, version=read, target=target, by=user, at=at)
    elif step == "unlink":
        link = _link(request, found)
        evidence.unlink(link=link, version=read, by=user, at=at)
    else:
        services = {"accept": evidence.accept, "return": evidence.reject}
        service = services.get(step, evidence.withdraw)
        remark = request.POST.get("remark", "")
        service(evidence=found, version=read, remark=remark, by=user, at=at)


def _review(request: HttpRequest) -> Review:
    named = identifier(request.POST.get("review", ""))
    rows = Review.objects.visible_to(person(request))
    found = rows.filter(uuid=named).first() if named else None
    if found is None:
        raise InvalidInputError("Choose a review.", place="review")
    return found


def _link(request: HttpRequest, found: Evidence) -> EvidenceLink:
    named = identifier(request.POST.get("link", ""))
    rows = EvidenceLink.objects.visible_to(person(request)).filter(evidence=found)
    whole = rows.select_related("responsibility__system", "review")
    row = whole.filter(uuid=named).first() if named else None
    if row is None:
        raise Http404
    row.evidence = found
    return row


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Hand in something as proof of a responsibility or a duty, or of nothing yet."""
    user, on = person(request), clock.day(now())
    target = _target(request)
    teams = roles.teams(user, Action.SUBMIT_EVIDENCE)
    form: HandInForm | None
    if not teams:
        form, status = None, 403 if request.method == "POST" else 200
    elif request.method == "POST":
        form = HandInForm(request.POST, request.FILES, teams=teams)
        if form.is_valid():
            try:
                made = evidence.submit(
                    team=form.cleaned_data["team"],
                    content=form.content(),
                    targets=[target] if target else [],
                    by=user,
                    at=now(),
                )
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, f"Handed in as {made.reference}.")
                return HttpResponseRedirect(reverse("portal:piece", args=[made.uuid]))
        status = form.status
    else:
        form, status = _first_form(teams, target, on), 200
    context = {
        "form": form,
        "target": target,
        "target_field": "duties" if isinstance(target, Duty) else "responsibilities",
        "responsibility": _responsibility(target),
        "most_mb": largest() // 1024 // 1024,
        "who": RULES[Action.SUBMIT_EVIDENCE].who,
    }
    return page(request, "hand_in", context, status=status)


def _find(request: HttpRequest, uuid: str) -> Evidence:
    rows = pieces.shown(Evidence.objects.visible_to(person(request)))
    found = rows.filter(uuid=uuid).first()
    if found is None or found.latest_version is None or found.latest_verdict is None:
        raise Http404
    return found


def _revise(request: HttpRequest, found: Evidence) -> HttpResponse:
    teams = Team.objects.filter(pk=found.team_id)
    if not access.allowed(person(request), Action.SUBMIT_EVIDENCE, found.team):
        error = refuse(Action.SUBMIT_EVIDENCE)
        return _show(request, found, refused=refusal("revise", error, request))
    form = HandInForm(request.POST, request.FILES, teams=teams)
    if not form.is_valid():
        return _show(request, found, form=form)
    try:
        evidence.revise(
            evidence=found,
            version=version(request),
            content=form.content(found.latest_version),
            by=person(request),
            at=now(),
        )
    except DomainError as error:
        form.refuse(error)
        return _show(request, _find(request, str(found.uuid)), form=form)
    messages.success(request, f"{found.reference}: handed in anew. It is judged again.")
    return HttpResponseRedirect(reverse("portal:piece", args=[found.uuid]))


def _show(
    request: HttpRequest,
    found: Evidence,
    *,
    form: HandInForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    user, on = person(request), clock.day(now())
    latest, verdict = found.latest_version, found.latest_verdict
    assert latest is not None  # noqa: S101 - _find sees to both
    assert verdict is not None  # noqa: S101
    follows = TRANSITIONS[verdict.state]
    links = shelf.links_of([found], user=user).get(found.pk, [])
    judges = teams_that_judge(found)
    submits = access.allowed(user, Action.SUBMIT_EVIDENCE, found.team)
    judging = access.allowed(user, Action.JUDGE_EVIDENCE, *judges)
    waits = VerdictState.ACCEPTED in follows
    made = made_by(found, user) if waits else False
    if form is None and submits and VerdictState.SUBMITTED in follows:
        form = HandInForm(
            teams=Team.objects.filter(pk=found.team_id),
            initial=values_of(latest, found.team),
        )
        status = 200
    else:
        status = form.status if form else 200
    context = {
        "piece": found,
        "latest": latest,
        "verdict": verdict,
        "versions": found.versions.select_related("artifact", "by").order_by("-number"),
        "verdicts": found.verdicts.select_related("by", "revision").order_by("-pk"),
        "links": links,
        "may_link": submits and verdict.state != VerdictState.WITHDRAWN,
        "reviews": tasks.of_person(user)
        .exclude(pk__in=[link.review_id for link in links if link.review_id])
        .select_related(*tasks.RELATED)
        .order_by("due_on", "pk")[:MOST_REVIEWS],
        "line": shelf.Line(found, (), on),
        "today": on,
        "waits": waits,
        "made": made,
        "may_judge": waits and judging and not made,
        "others": sheets.judges(judges, but={latest.by_id, user.pk}) if waits else {},
        "who_judges": RULES[Action.JUDGE_EVIDENCE].who,
        "may_withdraw": VerdictState.WITHDRAWN in follows and (submits or judging),
        "form": form,
        "refused": refused,
        "most_mb": largest() // 1024 // 1024,
    }
    return page(request, "piece", context, status=refused.status if refused else status)


def _target(request: HttpRequest) -> Target | None:
    """Return what the address says the proof is for. Raises Http404 for what is not there
    to be seen.
    """
    user = person(request)
    related = ("system__provider", "system__owner_team", "control", "part")
    choices: tuple[tuple[str, Any], ...] = (
        ("duty", Duty.objects.select_related(*(f"responsibility__{r}" for r in related))),
        ("responsibility", Responsibility.objects.select_related(*related)),
    )
    for name, rows in choices:
        text = request.GET.get(name, "")
        if text:
            named = identifier(text)
            found = rows.visible_to(user).filter(uuid=named).first() if named else None
            if found is None:
                raise Http404
            target: Target = found
            return target
    return None


def _responsibility(target: Target | None) -> Responsibility | None:
    if isinstance(target, Duty):
        return target.responsibility
    return target if isinstance(target, Responsibility) else None


def _first_form(teams: Any, target: Target | None, on: Any) -> HandInForm:
    responsibility = _responsibility(target)
    owner = responsibility.system.owner_team_id if responsibility else None
    found = list(teams)
    team = next((team for team in found if team.pk == owner), found[0] if found else None)
    values = first_values(
        title="", kind=EvidenceKind.DOCUMENT, days=(on, on), today=on, team=team
    )
    return HandInForm(
        teams=teams, initial={**values, "activity_from": None, "activity_until": None}
    )
