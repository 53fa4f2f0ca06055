"""What each role is answered by the pages of the workspace."""

from __future__ import annotations

from typing import Any

from controls.models import ServiceVariant
from tests.access.admin_rows import ALL, AWAY, SYSTEM
from tests.access.table import Row
from tests.access.world import Target, World

DESCRIBE = "302 404 403 403 403 302 403 404 302 403"
# The lead decided it, so a second person must review it.
REVIEW = "302 404 403 403 302 409 403 404 302 403"


def version(_: World, target: Target) -> dict[str, Any]:
    return {"version": target.system.version}


def services(world: World, target: Target) -> dict[str, Any]:
    free = ServiceVariant.objects.get(key="dynamodb")
    return {**version(world, target), "variants": free.pk}


def profile(world: World, target: Target) -> dict[str, Any]:
    return {**version(world, target), "profile": world.unused_profile.pk}


def approval(_: World, target: Target) -> dict[str, Any]:
    row = target.in_review
    return {"row": row.pk, "version": row.version, "_approve": ""}


PAGE = "/admin/systems/{o.system.key}/"

ROWS = [
    Row("GET", "/admin/", ALL, "-", by_browser=True),
    Row("GET", "/admin/systems/", ALL, "-", by_browser=True),
    Row("GET", "/admin/matrix/", AWAY, "-", by_browser=True),
    Row("GET", PAGE, SYSTEM, by_browser=True),
    Row("GET", f"{PAGE}matrix/", SYSTEM, by_browser=True),
    Row("POST", f"{PAGE}services/", DESCRIBE, send=services, by_browser=True),
    Row(
        "POST",
        f"{PAGE}services/{{o.service.uuid}}/end/",
        DESCRIBE,
        send=version,
        by_browser=True,
    ),
    Row("POST", f"{PAGE}profiles/", DESCRIBE, send=profile, by_browser=True),
    Row(
        "POST",
        f"{PAGE}profiles/{{o.scope.uuid}}/end/",
        DESCRIBE,
        send=version,
        by_browser=True,
    ),
    Row("GET", "/admin/queue/", ALL, "-", by_browser=True),
    Row("POST", "/admin/queue/", REVIEW, send=approval, by_browser=True),
]
