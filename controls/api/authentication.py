"""Signing in to the API with a bearer token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from controls.choices import TokenScope
from controls.models import ApiToken, User
from controls.services import tokens

if TYPE_CHECKING:  # DRF's views import this module
    from rest_framework.views import APIView


class BearerTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer srm_…`. Every reason to refuse is answered alike."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the person and the token, or None where no bearer token was given."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        text = words[1].decode("ascii", "replace") if len(words) == 2 else ""
        token = tokens.use(text=text, at=timezone.now())
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        token.user.act_for(token.team_id)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Bearer realm="SRM"'


class WithinScope(BasePermission):
    """A token of scope `read` changes nothing."""

    message = "This token may only read: make one of scope write."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the token's scope covers the method."""
        token = request.auth
        if request.method in SAFE_METHODS or not isinstance(token, ApiToken):
            return True
        return token.scope == TokenScope.WRITE
