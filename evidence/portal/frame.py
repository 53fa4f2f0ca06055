"""What every page of the portal needs: who asks, when, and that they have a role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from controls.errors import DomainError, InvalidInputError, StaleVersionError
from controls.models import User

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that was refused: which one, what is said beside which field, what was
    typed.
    """

    step: str
    message: str
    place: str
    status: int
    typed: Mapping[str, Any]
    is_stale: bool = False


def person(request: HttpRequest) -> User:
    """Return who is signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - LoginRequiredMiddleware sees to it
    return request.user


def now() -> datetime:
    """Return the instant of the request."""
    return timezone.now()


def with_role(view: View) -> View:
    """Let in everybody who has a role, in a team or organisation-wide; tell the others why
    not.
    """

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = person(request)
        if user.team_roles() or user.organization_roles():
            return view(request, *args, **kwargs)
        return render(request, "controls/no_role.html", status=403)

    return inner


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return a page of the portal."""
    return render(request, f"portal/{template}.html", dict(context), status=status)


def refusal(step: str, error: DomainError, request: HttpRequest) -> Refused:
    """Return what a page says of a refused step."""
    return Refused(
        step=step,
        message=error.message,
        place=error.place if isinstance(error, InvalidInputError) else "",
        status=error.status,
        typed=request.POST,
        is_stale=isinstance(error, StaleVersionError),
    )


def version(request: HttpRequest, name: str = "version") -> int:
    """Return the version that a form was filled in on.

    Raises InvalidInputError where a page of ours did not send it.
    """
    given = request.POST.get(name, "")
    if not given.isdecimal() or len(given) > 9:
        raise InvalidInputError("Open the page anew: it does not say what it is about.")
    return int(given)


def identifier(text: str) -> UUID | None:
    """Return the identifier that an address or a form names; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
