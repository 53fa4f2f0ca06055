"""Sending a CSV file to the API."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import API, Api


def send_csv(api: Api, path: str, content: str | bytes, media: str = "text/csv") -> Any:
    """Send a file as the body."""
    raw = content if isinstance(content, bytes) else content.encode()
    return api.client.post(API + path, raw, content_type=media, headers=api.headers)


def errors(answer: Any) -> list[tuple[str, str]]:
    """What a problem document says is wrong."""
    assert answer["Content-Type"] == "application/problem+json"
    return [(error["place"], error["detail"]) for error in answer.json()["errors"]]
