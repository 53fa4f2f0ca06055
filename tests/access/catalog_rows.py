"""What each role is answered about catalogs side by side and about mapped controls."""

from __future__ import annotations

from tests.access.api_rows import API, FACT, SYSTEM
from tests.access.table import Row

ROWS = [
    Row("GET", f"{API}control-mappings/", FACT, foreign="-"),
    Row(
        "GET",
        f"{API}catalogs/{{w.catalog.uuid}}/diff/?with={{w.catalog.uuid}}",
        FACT,
        foreign="-",
    ),
    Row("GET", f"{API}responsibilities/{{o.proposed.uuid}}/mapped/", SYSTEM),
]
