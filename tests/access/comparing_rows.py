"""What each role is answered where systems are compared."""

from tests.access import admin_rows, api_rows
from tests.access.table import Row

API = "/api/v1/systems/{o.system.key}/"
PAGE = "/admin/systems/{o.system.key}/"
WITH_FOREIGN = "401 404 404 404 404 404 404 404 200 200"
WITH_ITSELF = "401 404 404 404 404 404 404 404 400 400"

ROWS = [
    Row("GET", f"{API}what-if/?add=dynamodb&remove=ec2", api_rows.SYSTEM),
    Row("GET", f"{API}compare/?from=2026-03-01", api_rows.SYSTEM),
    Row("GET", f"{API}compare/?with={{w.foreign.system.key}}", WITH_FOREIGN, WITH_ITSELF),
    Row("GET", "/api/v1/suspects/", api_rows.FACT, "-"),
    Row("GET", "/api/v1/suspects/?since=2026-01-01", api_rows.FACT, "-"),
    Row("GET", f"{PAGE}what-if/", admin_rows.SYSTEM, by_browser=True),
    Row("GET", f"{PAGE}what-if/?add=dynamodb", admin_rows.SYSTEM, by_browser=True),
    Row("GET", f"{PAGE}compare/", admin_rows.SYSTEM, by_browser=True),
    Row("GET", f"{PAGE}compare/?from=2026-03-01", admin_rows.SYSTEM, by_browser=True),
    Row(
        "GET",
        f"{PAGE}compare/?with={{w.foreign.system.key}}",
        WITH_FOREIGN.replace("401", "302"),
        WITH_ITSELF.replace("401", "302"),
        by_browser=True,
    ),
    Row("GET", "/admin/changes/?since=2026-01-01", admin_rows.ALL, "-", by_browser=True),
    Row("GET", "/admin/facts/", admin_rows.ALL, "-", by_browser=True),
    Row(
        "GET",
        "/admin/changes/?system={o.system.key}",
        admin_rows.SYSTEM,
        by_browser=True,
    ),
]
