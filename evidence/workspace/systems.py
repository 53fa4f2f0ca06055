"""The list of systems, and the picture of one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from controls.choices import Answer, WorkflowState
from controls.errors import DomainError
from controls.models import Profile, ServiceVariant, System
from controls.queries.matrix import Matrix, matrix
from controls.queries.overview import overview
from controls.rules.moments import Moment
from controls.rules.permissions import RULES, Action
from controls.services import access, clock, systems
from controls.services.systems import Use
from evidence.queries.pictures import layer_lines
from evidence.workspace import grid
from evidence.workspace.frame import find_system, now, page, person


class ServicesForm(forms.Form):
    """Service variants to put in use."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    variants = forms.ModelMultipleChoiceField(
        ServiceVariant.objects.none(),
        label="Services",
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    since = forms.DateField(
        required=False,
        help_text="Today, if empty.",
        widget=forms.DateInput({"type": "date"}),
    )

    def __init__(self, *args: Any, system: System, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        used = system.services.filter(ended_at__isnull=True).values("variant")
        field: Any = self.fields["variants"]
        field.queryset = ServiceVariant.objects.exclude(pk__in=used).order_by("name")
        self.fields["version"].initial = system.version


class ProfileForm(forms.Form):
    """A profile to put in scope."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    profile = forms.ModelChoiceField(Profile.objects.none())

    def __init__(self, *args: Any, system: System, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bound = system.scopes.filter(ended_at__isnull=True).values("profile")
        field: Any = self.fields["profile"]
        field.queryset = Profile.objects.exclude(pk__in=bound).order_by("title")
        self.fields["version"].initial = system.version


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List the systems that the person sees, each with who carries how much."""
    at = now()
    found = overview(user=person(request), on=clock.day(at))
    may_add = access.allowed(person(request), Action.CREATE_SYSTEM) or any(
        role == "lead" for role in person(request).team_roles().values()
    )
    return page(
        request,
        "workspace/systems.html",
        {"overview": found, "may_add": may_add, "title": "Systems"},
    )


@require_safe
def system(request: HttpRequest, key: str) -> HttpResponse:
    """Show what a system uses, who carries how much of it, layer by layer, and what is in
    doubt.
    """
    found = find_system(request, key)
    return _picture(request, found)


@require_POST
def add_services(request: HttpRequest, key: str) -> HttpResponse:
    """Put service variants in use."""
    found = find_system(request, key)
    form = ServicesForm(request.POST, system=found)
    if not form.is_valid():
        return _picture(request, found, services_form=form, status=400)
    given, at = form.cleaned_data, now()
    uses = [Use(variant=variant, since=given["since"]) for variant in given["variants"]]

    def step() -> None:
        systems.start_services(
            system=found, version=given["version"], uses=uses, by=person(request), at=at
        )

    names = ", ".join(variant.name for variant in given["variants"])
    told = f"Added {names}. What it changes is marked suspect."
    return _do(request, found, step, told, services_form=form)


@require_POST
def end_service(request: HttpRequest, key: str, uuid: str) -> HttpResponse:
    """Say that a service is no longer used from today on."""
    found = find_system(request, key)
    row = get_object_or_404(found.services.select_related("variant"), uuid=uuid)
    row.system, at = found, now()

    def step() -> None:
        systems.end_service(
            service=row,
            version=_version(request),
            on=clock.day(at),
            by=person(request),
            at=at,
        )

    return _do(request, found, step, f"{row.variant} ends today.")


@require_POST
def add_profile(request: HttpRequest, key: str) -> HttpResponse:
    """Put a profile in scope."""
    found = find_system(request, key)
    form = ProfileForm(request.POST, system=found)
    if not form.is_valid():
        return _picture(request, found, status=400, profile_form=form)
    given, at = form.cleaned_data, now()

    def step() -> None:
        systems.start_profile(
            system=found,
            version=given["version"],
            profile=given["profile"],
            since=clock.day(at),
            by=person(request),
            at=at,
        )

    told = f"{given['profile']} is in scope."
    return _do(request, found, step, told, profile_form=form)


@require_POST
def end_profile(request: HttpRequest, key: str, uuid: str) -> HttpResponse:
    """Say that a profile no longer binds the system from today on."""
    found = find_system(request, key)
    row = get_object_or_404(found.scopes.select_related("profile"), uuid=uuid)
    row.system, at = found, now()

    def step() -> None:
        systems.end_profile(
            scope=row,
            version=_version(request),
            on=clock.day(at),
            by=person(request),
            at=at,
        )

    return _do(request, found, step, f"{row.profile} is out of scope.")


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else 0


def _do(
    request: HttpRequest,
    found: System,
    step: Any,
    done: str,
    **given: forms.Form,
) -> HttpResponse:
    """Take a step and say how it went; what was typed stays where it was refused."""
    try:
        step()
    except DomainError as error:
        for form in given.values():
            form.add_error(None, error.message)
        if not given:
            messages.error(request, error.message)
        found = find_system(request, found.key)
        return _picture(request, found, status=error.status, **given)
    messages.success(request, done)
    return HttpResponseRedirect(reverse("workspace:system", args=[found.key]))


def _picture(
    request: HttpRequest, found: System, *, status: int = 200, **given: forms.Form
) -> HttpResponse:
    at = now()
    moment = Moment(as_of=at, on=clock.day(at))
    shown = matrix(system=found, moment=moment)
    may_describe = access.may_describe(person(request), found)
    answers = grid.answers_of(shown.rows)
    context: dict[str, Any] = {
        "title": found.name,
        "system": found,
        "matrix": shown,
        "answers": answers,
        "told": _told(answers, found),
        "states": [(s, shown.states[s]) for s in WorkflowState.values if shown.states[s]],
        "heads": grid.heads(shown.columns),
        "layers": layer_lines(found, shown.columns, moment=moment),
        "by_service": _by_service(shown),
        "services": found.services.select_related("variant").order_by("ended_at", "pk"),
        "scopes": found.scopes.select_related("profile").order_by("ended_at", "pk"),
        "families": families(shown),
        "suspects": [row for row in shown.rows if row.suspect],
        "may_describe": may_describe,
        "who": RULES[Action.DESCRIBE_SYSTEM].who,
    }
    if may_describe:
        context["services_form"] = ServicesForm(system=found)
        context["profile_form"] = ProfileForm(system=found)
    return page(
        request,
        "workspace/system.html",
        {**context, **given},
        status=status,
    )


def _told(answers: Counter[str], found: System) -> str:
    """Return the split in a sentence."""
    total = sum(answers.values())
    if not total:
        return "No control is in scope yet."
    light, parallel = answers[Answer.INHERITED_IF_CONFIGURED], answers[Answer.PARALLEL]
    told = (
        f"{found.provider} carries {answers[Answer.INHERITED]} of {total} controls alone "
        f"and a part of {answers[Answer.SHARED] + light}. "
        f"{answers[Answer.CUSTOMER_SPECIFIC]} are yours alone"
    )
    return told + (f"; for {parallel}, each side its own." if parallel else ".")


def _by_service(shown: Matrix) -> list[dict[str, Any]]:
    """Return for each service how its controls are carried, and how many ask something of
    us.
    """
    found = []
    for column in shown.columns:
        cells = Counter(c for row in shown.rows if (c := row.cell(column.variant)))
        theirs = cells[Answer.INHERITED] + cells[Answer.NOT_APPLICABLE]
        found.append(
            {"column": column, "answers": cells, "ours": sum(cells.values()) - theirs}
        )
    return found


def families(shown: Matrix) -> list[dict[str, Any]]:
    """Return each family with who carries how much, in the catalog's order."""
    found: dict[str, dict[str, Any]] = {}
    for row in shown.rows:
        control = row.control
        family = found.setdefault(
            control.group_id,
            {"id": control.group_id, "title": control.group_title, "rows": []},
        )
        family["rows"].append(row)
    for family in found.values():
        family["answers"] = grid.answers_of(family["rows"])
        family["gaps"] = sum(map(grid.has_gap, family["rows"]))
    return list(found.values())
