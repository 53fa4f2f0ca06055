"""What each role is answered where providers' matrices are imported and shown."""

from __future__ import annotations

from typing import Any

from evidence.exports.appendix_j import Row as Line
from tests.access import admin_rows, api_rows
from tests.access.table import Row
from tests.access.world import Target, World
from tests.matrices.files import csv_table

API = "/api/v1/"
FILE = API + "imported-matrices/{o.matrix.uuid}/appendix-j."
OWN = API + "systems/{o.system.key}/appendix-j."
IMPORT = API + "imported-matrices/?system={o.system.key}&provider=cloud"
PAGE = "/admin/systems/{o.system.key}/providers/"
INVENTORY = API + "systems/{o.system.key}/inventory/"
INVENTORY_PAGE = "/admin/systems/{o.system.key}/inventory/"
LEAD = "401 400 403 403 403 201 403 400 201 403"
NAMES_FOREIGN = "401 400 400 400 400 400 400 400 201 403"
PREVIEW = "302 404 400 400 400 400 400 404 400 400"


def body(_: World, __: Target) -> Any:
    return csv_table([Line("AC-2", ("implemented",), ("shared",), "partial", "Newer")])


def nothing(_: World, __: Target) -> dict[str, Any]:
    return {"provider": "cloud"}


ROWS = [
    api_rows.lists("imported-matrices"),
    Row("GET", API + "imported-matrices/{o.matrix.uuid}/", api_rows.SYSTEM),
    Row("GET", API + "imported-matrices/{o.matrix.uuid}/rows/", api_rows.SYSTEM),
    Row(
        "POST",
        IMPORT,
        LEAD,
        NAMES_FOREIGN,
        send=body,
        content_type="application/octet-stream",
    ),
    Row("GET", FILE + "xlsx", api_rows.SYSTEM),
    Row("GET", FILE + "csv", api_rows.SYSTEM),
    Row("GET", OWN + "xlsx", api_rows.SYSTEM),
    Row("GET", OWN + "csv", api_rows.SYSTEM),
    Row("GET", API + "systems/{o.system.key}/providers/", api_rows.SYSTEM),
    Row("GET", PAGE, admin_rows.SYSTEM, by_browser=True),
    Row("GET", INVENTORY, api_rows.SYSTEM),
    Row(
        "POST",
        INVENTORY,
        LEAD.replace("400", "404"),
        send=lambda _, __: b"service\nkinesis\n",
        content_type="application/octet-stream",
    ),
    Row("GET", INVENTORY_PAGE, admin_rows.SYSTEM, by_browser=True),
    Row("POST", INVENTORY_PAGE, PREVIEW, send=lambda _, __: {}, by_browser=True),
    Row("POST", PAGE, PREVIEW, send=nothing, by_browser=True, note="without a file"),
]
