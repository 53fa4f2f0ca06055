"""Is it alive, is it ready?

Both answer strangers, with names and yes or no, nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from controls.models import Heartbeat, triggers

STALE = timedelta(minutes=3)
log = structlog.get_logger(__name__)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process answers; ask nothing else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether all that SRM leans on works: 200, or 503 with what failed."""
    checks = {name: _passes(name, check) for name, check in CHECKS.items()}
    ready = all(checks.values())
    return JsonResponse(
        {
            "status": "ok" if ready else "failed",
            "checks": {
                name: "ok" if passed else "failed" for name, passed in checks.items()
            },
        },
        status=200 if ready else 503,
    )


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:
        log.warning("not_ready", check=name, exc_info=True)
        return False


def database() -> bool:
    """Say whether the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def append_only() -> bool:
    """Say whether every trigger that guards the record is there."""
    return not triggers.missing(connection)


def broker() -> bool:
    """Say whether a hint could be sent: one try, a second at most."""
    if settings.CELERY_BROKER_URL == "filesystem://":
        folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
        probe = folder / f".ready-{uuid.uuid4().hex}"
        probe.write_bytes(b"")
        probe.unlink()
        return True
    with Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        return bool(client.ping())


def storage() -> bool:
    """Say whether a file can be written, read and removed."""
    name = default_storage.save(f"tmp/ready-{uuid.uuid4().hex}", ContentFile(b"ready"))
    try:
        with default_storage.open(name) as file:
            return bool(file.read() == b"ready")
    finally:
        default_storage.delete(name)


def beat() -> bool:
    """Say whether beat and a worker gave a sign of life in the last three minutes."""
    oldest = timezone.now() - STALE
    return Heartbeat.objects.filter(name="beat", at__gte=oldest).exists()


def reminders() -> bool:
    """Say whether the sweep of reminders ended well in the last three minutes."""
    oldest = timezone.now() - STALE
    return Heartbeat.objects.filter(name="reminders", at__gte=oldest).exists()


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database,
    "append-only": append_only,
    "broker": broker,
    "storage": storage,
    "beat": beat,
    "reminders": reminders,
}
