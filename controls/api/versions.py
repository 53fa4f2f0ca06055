"""Versions over HTTP: an ETag on what is read, If-Match on what is changed."""

from __future__ import annotations

import re

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api.problems import PreconditionRequired

TAG = re.compile(r'^(?:W/)?"v(\d{1,9})"$')


def tag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"v{version}"'


def tagged(response: Response, version: int) -> Response:
    """Return the response with the ETag of the version it shows."""
    response["ETag"] = tag(version)
    return response


def expected(request: Request) -> int:
    """Return the version that If-Match names.

    `W/` is tolerated, since compression on the way weakens tags. Raises
    PreconditionRequired without the header, ValidationError where it names something else.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise PreconditionRequired
    found = TAG.match(header)
    if found is None:
        raise ValidationError({"If-Match": ['It must be one ETag as read, like "v3".']})
    return int(found[1])
