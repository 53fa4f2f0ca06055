"""`Idempotency-Key`: a create that is sent twice happens once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from controls.errors import ConflictError
from controls.models import IdempotencyRecord

LONGEST = 100


def once(request: Request, create: Callable[[], Response]) -> Response:
    """Return what `create` answers; for a key that was used before, the answer of that
    time.

    The record is written in the transaction of the change, so a failed create leaves no
    key.
    Raises ConflictError where the key came with another body.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return create()
    if len(key) > LONGEST:
        raise ValidationError({"Idempotency-Key": [f"At most {LONGEST} characters."]})
    seen = _fingerprint(request)
    try:
        with transaction.atomic():
            record = IdempotencyRecord.objects.create(
                user_id=request.user.pk,
                key=key,
                request_sha256=seen,
                created_at=timezone.now(),
            )
            response = create()
            record.status, record.answer = response.status_code, _plain(response)
            record.save(update_fields=["status", "answer"])
            return response
    except IntegrityError:
        return _repeat(request.user.pk, key, seen)


def _repeat(user: int | None, key: str, seen: str) -> Response:
    record = IdempotencyRecord.objects.filter(user_id=user, key=key).first()
    if record is None or record.status is None:
        raise ConflictError("The same key is being used right now: ask again.")
    if record.request_sha256 != seen:
        raise ConflictError("This Idempotency-Key was used with another request.")
    return Response(
        record.answer, status=record.status, headers={"Idempotency-Replayed": "true"}
    )


def _fingerprint(request: Request) -> str:
    body = request.body
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + body).hexdigest()


def _plain(response: Response) -> Any:
    """Return the answer as JSON holds it, which is how it will be given again."""
    return json.loads(JSONRenderer().render(response.data))
