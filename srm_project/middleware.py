"""What every request passes through."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from controls.services.audit import request_id

Next = Callable[[HttpRequest], HttpResponse]

FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    # Names the request in logs and in the audit trail.
    "HTTP_X_REQUEST_ID",
)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class TrustedProxyMiddleware:
    """Believes forwarded headers from named proxies only, and takes the client's address
    from them.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.networks = [ip_network(network) for network in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Drop the headers of strangers; resolve the client behind a proxy of ours."""
        if self._trusted(_address(request.META.get("REMOTE_ADDR", ""))):
            self._resolve(request)
        else:
            for header in FORWARDED:
                request.META.pop(header, None)
        return self.get_response(request)

    def _trusted(self, client: IPv4Address | IPv6Address | None) -> bool:
        return client is not None and any(client in network for network in self.networks)

    def _resolve(self, request: HttpRequest) -> None:
        """Take the last address that none of our proxies wrote about itself.

        What stands before it was written by the client, so nobody shall read it.
        """
        chain = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        for part in reversed(chain):
            client = _address(part)
            if client is None:
                break
            request.META["REMOTE_ADDR"] = str(client)
            if not self._trusted(client):
                break
        request.META["HTTP_X_FORWARDED_FOR"] = request.META["REMOTE_ADDR"]
        if not REQUEST_ID.fullmatch(request.META.get("HTTP_X_REQUEST_ID", "")):
            request.META.pop("HTTP_X_REQUEST_ID", None)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address; None where it is none. IPv4 written as IPv6 is IPv4."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class HeadersMiddleware:
    """Adds the headers that Django and django-csp do not."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let no other site embed, and no page use, what SRM does not need."""
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        )
        if "text/html" in response.headers.get("Content-Type", ""):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses answers, except files, which are given out as they are: their ranges and
    hash are those of the bytes that are sent, and the kernel sends them without copying.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer, compressed unless it can be asked for in ranges."""
        if response.has_header("Accept-Ranges"):
            return response
        return super().process_response(request, response)


class RequestIdMiddleware:
    """Groups the audit events of one request under the id that its log lines carry."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Name the request for as long as it runs."""
        found = structlog.contextvars.get_contextvars().get("request_id")
        token = request_id.set(str(found or uuid.uuid4())[:64])
        try:
            return self.get_response(request)
        finally:
            request_id.reset(token)


class SessionTimeoutMiddleware:
    """Ends a session that was idle too long, or that began too long ago (ASVS 7.3.1,
    7.3.2).
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out whoever came back too late; note the visit at most once a minute."""
        if request.user.is_authenticated:
            self._check(request, timezone.now())
        return self.get_response(request)

    def _check(self, request: HttpRequest, now: datetime) -> None:
        began = request.session.setdefault("srm_began", now.timestamp())
        seen = request.session.setdefault("srm_seen", now.timestamp())
        idle = now.timestamp() - seen > settings.SESSION_IDLE_TIMEOUT.total_seconds()
        old = now.timestamp() - began > settings.SESSION_ABSOLUTE_TIMEOUT.total_seconds()
        if idle or old:
            logout(request)
        elif now.timestamp() - seen > 60:
            request.session["srm_seen"] = now.timestamp()
