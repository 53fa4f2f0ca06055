"""`Idempotency-Key`: a create that is sent twice happens once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api.base import acting_user
from controls.errors import ConflictError
from controls.models import IdempotencyRecord, User

KEY = re.compile(r"[!-~]{1,100}")
HEADERS = ("ETag",)
"""What a repeated answer carries besides its body."""

PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Up to 100 visible characters of your choice. The same key with the same "
    "body is answered as the first time; with another body it is a conflict.",
)


def once(request: Request, create: Callable[[], Response]) -> Response:
    """Return what `create` answers; for a key that was used before, the answer of that
    time.

    The record is written in the transaction of the change, so a failed create leaves no
    key. Raises ConflictError where the key came with another body.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return create()
    if not KEY.fullmatch(key):
        raise ValidationError({"Idempotency-Key": ["1 to 100 visible characters."]})
    seen, user = _fingerprint(request), acting_user(request)
    try:
        with transaction.atomic():
            record = IdempotencyRecord.objects.create(
                user=user,
                key=key,
                request_sha256=seen,
                created_at=timezone.now(),
            )
            response = create()
            record.status, record.answer = response.status_code, _kept(response)
            record.save(update_fields=["status", "answer"])
            return response
    except IntegrityError:
        return _repeat(user, key, seen)


def _repeat(user: User, key: str, seen: str) -> Response:
    record = IdempotencyRecord.objects.filter(user=user, key=key).first()
    if record is None or record.answer is None:
        raise ConflictError("The same key is being used right now: ask again.")
    if record.request_sha256 != seen:
        raise ConflictError("This Idempotency-Key was used with another request.")
    headers = {**record.answer["headers"], "Idempotency-Replayed": "true"}
    return Response(record.answer["body"], status=record.status, headers=headers)


def _fingerprint(request: Request) -> str:
    """Return a hash of what was asked, however its JSON was spaced or its parts divided;
    a file stands for what it holds.
    """
    data: Any = request.data
    if isinstance(data, MultiValueDict):
        data = dict(data.lists())
    body = json.dumps(data, sort_keys=True, separators=(",", ":"), default=_digest)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _digest(file: Any) -> dict[str, str]:
    if not isinstance(file, UploadedFile):
        raise TypeError(f"{type(file).__name__} has no fingerprint.")
    known = getattr(file, "sha256", None)
    if known is None:
        digest = hashlib.sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        known = digest.hexdigest()
    return {"name": file.name or "", "sha256": str(known)}


def _kept(response: Response) -> dict[str, Any]:
    """Return the answer as JSON holds it, which is how it will be given again."""
    headers = {name: response[name] for name in HEADERS if response.has_header(name)}
    body = json.loads(JSONRenderer().render(response.data))
    return {"body": body, "headers": headers}
