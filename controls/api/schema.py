"""How the API describes itself: each operation with the problems it may answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "example": "urn:srm:problem:stale-version"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"place": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "left_out": {
            "type": "integer",
            "description": "how many more things are wrong than `errors` holds",
        },
        "yours": {"type": "integer", "description": "the version you named"},
        "current": {"type": "integer", "description": "the version there is"},
    },
}
ALWAYS = {
    "400": "The request is wrong; `errors` names the fields",
    "401": "Sign in first",
    "404": "Nothing that you may see",
    "429": "Too many requests; `Retry-After` says when to ask again",
    "default": "Any other problem",
}
ON_CHANGE = {
    "403": "You lack the role, or the token its scope",
    "409": "A rule or another fact stands in the way",
    "413": "The body is too large",
    "415": "Send JSON",
}
ON_VERSION = {
    "412": "Somebody changed it since; `yours` and `current` tell the versions",
    "428": "If-Match is missing",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the bearer token."""

    target_class = "controls.api.authentication.BearerTokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return how to sign in."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "srm_<prefix>_<secret>"}


class ProblemSchema(AutoSchema):
    """Adds the problem documents to what an operation answers."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation with its problems."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Problem", type=ResolvedComponent.SCHEMA, object="Problem", schema=PROBLEM
        )
        self.registry.register_on_missing(component)
        for status, description in self._problems(operation).items():
            operation["responses"].setdefault(
                status,
                {
                    "description": description,
                    "content": {"application/problem+json": {"schema": component.ref}},
                },
            )
        return operation

    def _problems(self, operation: dict[str, Any]) -> dict[str, str]:
        """Return status → meaning for the problems that this operation may answer."""
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        told = dict(ALWAYS)
        if self.method != "GET":
            told |= ON_CHANGE
        if "If-Match" in names:
            told |= ON_VERSION
        return told
