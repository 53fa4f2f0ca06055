"""Versions over HTTP: an ETag on what is read, If-Match on what is changed."""

from __future__ import annotations

import re

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api.problems import PreconditionRequired

TAG = re.compile(r'(?:W/)?"v([0-9]{1,9})"')

PARAMETER = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    # Not required: without it the answer is 428, which says what is missing.
    description='The ETag of the version you change, such as `"v3"`. Always needed: 428 '
    "without it, 412 where somebody changed the thing since.",
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description='The version shown, such as `"v3"`.',
)


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
    found = TAG.fullmatch(header)
    if found is None:
        raise ValidationError({"If-Match": ['It must be one ETag as read, like "v3".']})
    return int(found[1])
