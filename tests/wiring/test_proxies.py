"""Forwarded headers count when a named proxy sends them, and never else."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from srm_project.middleware import TrustedProxyMiddleware
from tests.make import make_user

PROXY = "10.1.2.3"
STRANGER = "203.0.113.9"
CLIENT = "198.51.100.7"


@pytest.fixture
def passed(settings):
    """Return what a request looks like behind the middleware."""
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "fd00::/8"]

    def ask(sender, **headers):
        request = RequestFactory().get("/", REMOTE_ADDR=sender, **headers)
        TrustedProxyMiddleware(lambda _: HttpResponse())(request)
        return request

    return ask


def test_a_stranger_forwards_nothing(passed):
    request = passed(
        STRANGER,
        HTTP_X_FORWARDED_FOR=CLIENT,
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example.com",
        HTTP_X_REAL_IP=CLIENT,
        HTTP_FORWARDED=f"for={CLIENT}",
        HTTP_X_REQUEST_ID="chosen",
    )

    assert request.META["REMOTE_ADDR"] == STRANGER
    assert not [name for name in request.META if "FORWARDED" in name]
    assert "HTTP_X_REAL_IP" not in request.META
    assert "HTTP_X_REQUEST_ID" not in request.META


@pytest.mark.parametrize(
    ("sender", "chain", "client"),
    [
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{CLIENT}, 10.9.9.9", CLIENT),
        (PROXY, f"127.0.0.1, {CLIENT}", CLIENT),
        (PROXY, f"10.0.0.1, {CLIENT}, 10.9.9.9", CLIENT),
        (PROXY, f"<script>, {CLIENT}", CLIENT),
        (PROXY, "unknown", PROXY),
        (PROXY, "", PROXY),
        (PROXY, "2001:db8::7", "2001:db8::7"),
        (f"::ffff:{PROXY}", CLIENT, CLIENT),
        ("fd00::1", CLIENT, CLIENT),
        ("", CLIENT, ""),
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(
    passed, sender, chain, client
):
    request = passed(sender, HTTP_X_FORWARDED_FOR=chain)

    assert request.META["REMOTE_ADDR"] == client


def test_what_the_client_wrote_before_is_gone(passed):
    request = passed(PROXY, HTTP_X_FORWARDED_FOR=f"127.0.0.1, {CLIENT}")

    assert request.META["HTTP_X_FORWARDED_FOR"] == CLIENT


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123", "abc-123"), ("a b\nc", None), ("x" * 65, None)]
)
def test_a_proxys_request_id_is_kept_when_it_is_one(passed, given, kept):
    assert passed(PROXY, HTTP_X_REQUEST_ID=given).META.get("HTTP_X_REQUEST_ID") == kept


@pytest.mark.parametrize(("sender", "status"), [(PROXY, 200), (STRANGER, 301)])
def test_only_a_named_proxy_can_say_that_it_was_https(settings, sender, status):
    settings.TRUSTED_PROXIES = [f"{PROXY}/32"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True

    answer = Client().get(
        "/accounts/login/", REMOTE_ADDR=sender, HTTP_X_FORWARDED_PROTO="https"
    )

    assert answer.status_code == status


@pytest.mark.django_db
def test_a_stranger_cannot_dodge_the_login_limit_by_inventing_addresses():
    statuses = [
        Client()
        .post(
            "/accounts/login/",
            {"login": make_user().email, "password": "wrong"},
            REMOTE_ADDR=STRANGER,
            HTTP_X_FORWARDED_FOR=f"198.51.100.{n}",
        )
        .status_code
        for n in range(11)
    ]

    assert statuses == [200] * 10 + [429]
