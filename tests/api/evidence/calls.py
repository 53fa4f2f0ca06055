"""Handing in files over the API, as a program would."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.conftest import API, Api

FIELDS = {"team": "payments", "title": "Patch report", "kind": "report"}


def upload(
    api: Api,
    path: str = "evidence/",
    *,
    file: bytes | None = b"patched\n",
    name: str = "report.txt",
    fields: dict[str, Any] | None = None,
    **given: Any,
) -> Any:
    """Send a form with a file, and with a version as If-Match where one is given."""
    headers = dict(api.headers)
    if "version" in given:
        headers["If-Match"] = f'"v{given.pop("version")}"'
    headers |= {header.replace("_", "-"): text for header, text in given.items()}
    body = dict(FIELDS if fields is None else fields)
    if file is not None:
        body["file"] = SimpleUploadedFile(name, file)
    return api.client.post(API + path, body, headers=headers)


def content(answer: Any) -> bytes:
    """Return all bytes of a download; reading to the end closes it."""
    found = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(found)
