"""A client of the API, signed in by token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from controls.models import Team, User
from tests.make import make_api_token

API = "/api/v1/"


class Api:
    """What one person does over the API."""

    def __init__(
        self, user: User | None, scope: str = "write", *, team: Team | None = None
    ) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            today = timezone.now()
            _, text = make_api_token(user, scope, team=team, at=today)
            self.headers = {"Authorization": f"Bearer {text}"}

    def get(self, path: str, **query: Any) -> Any:
        """Read."""
        return self.client.get(API + path, query, headers=self.headers)

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of the first page of a list."""
        found: list[dict[str, Any]] = self.get(path, **query).json()["results"]
        return found

    def post(self, path: str, body: Any = None, **headers: Any) -> Any:
        """Create, or take a step. `version=3` becomes If-Match."""
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: Any) -> Any:
        """Change."""
        return self._send("patch", path, body, headers)

    def _send(self, verb: str, path: str, body: Any, given: Mapping[str, Any]) -> Any:
        headers = dict(self.headers)
        if "version" in given:
            headers["If-Match"] = f'"v{given["version"]}"'
        headers |= {
            name.replace("_", "-"): text
            for name, text in given.items()
            if name != "version"
        }
        return getattr(self.client, verb)(
            API + path,
            {} if body is None else body,
            content_type="application/json",
            headers=headers,
        )


@pytest.fixture
def api_of() -> Callable[..., Api]:
    """Sign somebody in: `api_of(user)`, `api_of(user, "read")`, `api_of(None)`."""
    return Api
