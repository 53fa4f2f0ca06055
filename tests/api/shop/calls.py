"""Asking the API, as a program or a browser would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rest_framework.test import APIClient

from controls.choices import AuditVerb, TokenScope
from controls.models import (
    AuditEvent,
    Decision,
    LayerOverride,
    Responsibility,
    System,
    SystemService,
    Team,
    User,
)
from tests.make import MONDAY, make_api_token

TUESDAY = MONDAY + timedelta(days=1)
"""The instant at which requests arrive."""

ROOT = "/api/v1/"


def bearer(
    user: User, scope: str = TokenScope.WRITE, *, at: datetime = MONDAY
) -> APIClient:
    """A program with a token of this person."""
    _, text = make_api_token(user, scope, at=at)
    return with_text(text)


def with_text(text: str) -> APIClient:
    """A program that sends this as its token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def signed_in(user: User, *, csrf: bool = False) -> APIClient:
    """A browser in which the person is signed in."""
    client = APIClient(enforce_csrf_checks=csrf)
    client.force_login(user)
    return client


def post(
    client: APIClient,
    path: str,
    body: Any = None,
    *,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Send JSON, naming a version where one is given."""
    return send(client, "post", path, body, version=version, headers=headers)


def patch(
    client: APIClient, path: str, body: Any = None, *, version: int | None = None
) -> Any:
    """Change something, naming a version where one is given."""
    return send(client, "patch", path, body, version=version)


def send(
    client: APIClient,
    verb: str,
    path: str,
    body: Any = None,
    *,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Send JSON with a verb, naming a version where one is given."""
    headers = dict(headers or {})
    if version is not None:
        headers["If-Match"] = f'"v{version}"'
    return getattr(client, verb)(
        ROOT + path, {} if body is None else body, format="json", headers=headers
    )


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem document, which must be this one."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].split(";")[0] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"urn:srm:problem:{code}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


def places(document: dict[str, Any]) -> set[str]:
    """Return the places that a problem document names."""
    return {error["place"] for error in document["errors"]}


def recorded() -> tuple[int, ...]:
    """Return how much is on record, to say later that nothing was added.

    Without the token that a test makes in order to ask.
    """
    events = AuditEvent.objects.exclude(verb=AuditVerb.TOKEN_CREATED)
    counted = (Decision, LayerOverride, Responsibility, System, SystemService, Team)
    return events.count(), *(model.objects.count() for model in counted)
