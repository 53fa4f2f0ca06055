"""What every page of the workspace needs:

who asks, when, and the frame of the admin site.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from controls.models import System, User


def person(request: HttpRequest) -> User:
    """Return who is signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - the site lets nobody else in
    return request.user


def now() -> datetime:
    """Return the instant of the request."""
    return timezone.now()


def find_system(request: HttpRequest, key: str) -> System:
    """Return the system with this key; 404 where there is none that the person may see."""
    rows = System.objects.visible_to(person(request)).select_related(
        "owner_team", "provider"
    )
    found = rows.filter(key=key).first()
    if found is None:
        raise Http404
    return found


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return a page in the frame of the admin site."""
    frame = admin.site.each_context(request)
    return TemplateResponse(request, template, {**frame, **context}, status=status)
