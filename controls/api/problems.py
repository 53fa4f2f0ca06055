"""Every error as a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from controls.errors import (
    DomainError,
    InvalidFileError,
    InvalidInputError,
    StaleVersionError,
)

CONTENT_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)


class PreconditionRequired(exceptions.APIException):
    """A change must name the version it was made on (RFC 6585, 428)."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = (
        'Say which version you change: If-Match: "v<number>" as in the ETag you read.'
    )
    default_code = "precondition-required"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the problem document of an error; an unexpected one says nothing of the
    inside.
    """
    path = context["request"].path
    document, headers = _document(error)
    document["instance"] = path
    set_rollback()
    if document["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("unexpected_error", path=path, exc_info=error)
    return Response(
        document, status=document["status"], headers=headers, content_type=CONTENT_TYPE
    )


def _document(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, DomainError):
        return _domain(error), {}
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return _unforeseen(error)
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    return _framework(error), headers


def _unforeseen(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, IntegrityError):
        told = "Somebody did the same at the same moment. Look again, then repeat."
        return problem(409, "conflict", told), {}
    if isinstance(error, OverflowError):
        told = "A day or a number lies beyond what can be reckoned with."
        return problem(400, "invalid", told), {}
    if isinstance(error, OperationalError):
        told = "The database is busy or away. Nothing was changed; ask again."
        return problem(503, "unavailable", told), {"Retry-After": "5"}
    return problem(500, "internal-error", "Something broke. Nothing was changed."), {}


def _domain(error: DomainError) -> dict[str, Any]:
    document = problem(error.status, error.code, error.message)
    if isinstance(error, InvalidFileError):
        document["errors"] = [
            {"place": fault.place, "detail": fault.detail} for fault in error.faults
        ]
        document["left_out"] = error.left_out
    elif isinstance(error, InvalidInputError) and error.place:
        document["errors"] = [{"place": error.place, "detail": error.message}]
    if isinstance(error, StaleVersionError):
        document |= {"yours": error.yours, "current": error.current}
    return document


def _framework(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        errors = list(_places("", error.detail))
        told = "; ".join(
            f"{item['place']}: {item['detail']}" if item["place"] else item["detail"]
            for item in errors
        )
        return problem(400, "invalid", told) | {"errors": errors}
    if isinstance(error, exceptions.NotFound):
        # One answer for what is missing and for what this person may not see.
        return problem(404, "not-found", "There is nothing here that you may see.")
    code = str(error.get_codes()) if isinstance(error.detail, str) else "error"
    return problem(int(error.status_code), code.replace("_", "-"), str(error.detail))


def _places(place: str, detail: Any) -> Iterator[dict[str, str]]:
    """Yield what is wrong with the name of its field: `uses.0.variant`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _places(".".join(filter(None, (place, own))), inner)
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        for number, inner in enumerate(detail):
            yield from _places(f"{place}.{number}".strip("."), inner)
    else:
        told = " ".join(map(str, detail)) if isinstance(detail, list) else str(detail)
        yield {"place": place, "detail": told}


def problem(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return a problem document. Its `type` is a token, not an address to open."""
    return {
        "type": f"urn:srm:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
