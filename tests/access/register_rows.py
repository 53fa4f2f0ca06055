"""What each role is answered by the registers."""

from __future__ import annotations

from evidence.exports.registers import FORMS, REGISTERS
from tests.access.table import Row

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator.
ALL = "401 200 200 200 200 200 200 200 200 200"
NO_SUCH = "401 404 404 404 404 404 404 404 404 404"
OF_SYSTEM = "401 400 200 200 200 200 200 400 200 200"
OF_TEAM = "401 400 200 200 200 200 400 400 200 200"
OF_FOREIGN = "401 400 400 400 400 400 400 400 200 200"
"""Of a system or team that one may not see: refused as one that is not there."""

REGISTER = "/api/v1/registers/"

ROWS = [
    Row("GET", REGISTER, ALL, "-"),
    Row("GET", f"{REGISTER}nonsense.csv", NO_SUCH, "-"),
    *(
        Row("GET", f"{REGISTER}{name}.{form}", ALL, "-")
        for name in REGISTERS
        for form in FORMS
    ),
    *(
        Row(
            "GET",
            f"{REGISTER}{name}.{form}?system={{o.system.key}}",
            OF_SYSTEM,
            OF_FOREIGN,
        )
        for name in REGISTERS
        for form in FORMS
    ),
    *(
        Row("GET", f"{REGISTER}{name}.csv?team={{o.team.key}}", OF_TEAM, OF_FOREIGN)
        for name in REGISTERS
    ),
    Row("HEAD", f"{REGISTER}duties.csv?system={{o.system.key}}", OF_SYSTEM, OF_FOREIGN),
]
