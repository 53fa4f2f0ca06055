"""Production as a process: it starts safe, or it does not start."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "srm_project.settings",
    "PYTHONWARNINGS": "error",
    "SRM_MODE": "production",
    "SECRET_KEY": "kT3-0_b8Qx7ZrY5uWv2N1pLmJ6hGfD4sA9cEoIiUtRqXyPzKwVnBj",
    "DATABASE_URL": "postgres://srm:secret@127.0.0.1:1/srm",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "CACHE_URL": "redis://127.0.0.1:1/1",
    "STORAGE_URL": "s3://proof/srm?region=eu-central-1",
    "EMAIL_URL": "smtp+tls://srm:secret@mail.example.com:587",
    "SRM_ALLOWED_HOSTS": "srm.example.com",
    "SRM_BASE_URL": "https://srm.example.com",
    "SRM_TRUSTED_PROXIES": "10.0.0.0/8",
}

SETTINGS = """
import json, django
django.setup()
from django.conf import settings
names = [n for n in dir(settings) if n.isupper()]
print(json.dumps({n: getattr(settings, n) for n in names}, default=repr))
"""

PUBLISH = """
import time, django
django.setup()
from kombu.exceptions import OperationalError
from django.core.cache import cache
from controls.tasks import beat_heartbeat
from srm_project import health
from redis.exceptions import TimeoutError
def takes(what, error):
    start = time.monotonic()
    try:
        what()
    except error:
        print(time.monotonic() - start)
takes(beat_heartbeat.delay, OperationalError)
takes(beat_heartbeat.delay, OperationalError)
takes(health.broker, TimeoutError)
takes(lambda: cache.get("x"), TimeoutError)
"""


def start(*arguments, **changes):
    return subprocess.run(  # noqa: S603 - our own fixed commands
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env={**PRODUCTION, **changes},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def settings_of_production():
    return json.loads(start("-c", SETTINGS).stdout)


def test_the_deployment_check_has_nothing_to_say():
    ended = start("manage.py", "check", "--deploy", "--fail-level", "DEBUG")

    assert ended.stderr == ""
    assert ended.stdout == "System check identified no issues (0 silenced).\n"
    assert ended.returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "SRM_ALLOWED_HOSTS", "DATABASE_URL"])
def test_an_unsafe_default_keeps_it_from_starting(name):
    ended = start("manage.py", "check", **{name: ""})

    assert ended.returncode != 0
    assert f"SRM cannot start: {name} " in ended.stderr.splitlines()[-1]


def test_pages_travel_by_https_only_and_cookies_too(settings_of_production):
    found = settings_of_production

    assert found["DEBUG"] is False
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SESSION_COOKIE_HTTPONLY"] is found["CSRF_COOKIE_HTTPONLY"] is True
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://srm.example.com"]
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_without_a_named_proxy_nobody_may_claim_https():
    found = json.loads(start("-c", SETTINGS, SRM_TRUSTED_PROXIES="").stdout)

    assert found["SECURE_PROXY_SSL_HEADER"] is None


def test_a_killed_worker_gives_its_messages_back_within_seconds(settings_of_production):
    options = settings_of_production["CELERY_BROKER_TRANSPORT_OPTIONS"]

    assert options["unacked_restore_interval"] == 5
    assert options["unacked_restore_throttle"] == 1
    longest = settings_of_production["CELERY_TASK_TIME_LIMIT"]
    assert options["visibility_timeout"] > longest


def test_a_frozen_redis_costs_a_second_never_a_request():
    # Whoever connects is never answered: what a stopped process looks like from outside.
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        url = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
        ended = start("-c", PUBLISH, BROKER_URL=url, CACHE_URL=url)

    seconds = [float(line) for line in ended.stdout.split()]
    assert len(seconds) == 4, ended.stderr
    assert max(seconds) < 1.9


def test_logs_are_json_with_utc_times_and_without_secrets():
    ended = start(
        "-c",
        "import django; django.setup(); import structlog, logging\n"
        "log = structlog.get_logger('srm.test')\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: log.exception('it_broke', line='a\\nb')\n"
        "logging.getLogger('other').warning('of %s', 'Django')\n",
    )
    first, second = [json.loads(line) for line in ended.stderr.splitlines()]

    assert first["event"] == "it_broke"
    assert first["level"] == "error"
    assert first["line"] == "a\nb"
    assert "ZeroDivisionError" in first["exception"]
    assert re.fullmatch(r"[0-9-]+T[0-9:.]+Z", first["timestamp"])
    assert second["event"] == "of Django"
