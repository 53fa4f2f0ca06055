"""How allauth behaves here: nobody signs up by themselves, and every change is audited."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone

from controls.models import User
from controls.services import people


class ClosedAccountAdapter(DefaultAccountAdapter):
    """An administrator creates people; allauth signs them in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Say no."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Answer 429 to whoever tried too often; allauth alone answers 200."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            raise ImmediateHttpResponse(render(request, "429.html", status=429)) from None

    def _get_login_attempts_cache_key(
        self,
        request: HttpRequest,  # noqa: ARG002
        **credentials: Any,
    ) -> str:
        """Count by address alone; allauth adds the Host, whose port anybody varies."""
        return str(credentials.get("email", "")).lower()

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Change one's own password by the service that audits it."""
        assert isinstance(user, User)  # noqa: S101 - allauth asks with ours only
        people.set_password(user=user, password=password, by=user, at=timezone.now())
