"""What each role is answered about reminders and messages."""

from __future__ import annotations

from tests.access.table import Row

API = "/api/v1/"
ADMIN = "/admin/controls/"

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator. The reminder is the lead's.
ALL = "401 200 200 200 200 200 200 200 200 200"
MINE = "401 404 404 404 404 200 404 404 200 200"
LISTED = "302 200 200 200 200 200 200 200 200 200"
SHOWN = "302 404 404 404 404 200 404 404 200 200"
NOBODY = "302 403 403 403 403 403 403 403 403 403"
AGAIN = "302 404 404 404 404 403 404 404 302 302"

ROWS = [
    Row("GET", f"{API}reminders/", ALL, foreign="-"),
    Row("GET", API + "reminders/{o.reminder.uuid}/", MINE),
    Row("GET", f"{ADMIN}reminder/", LISTED, foreign="-", by_browser=True),
    Row("GET", ADMIN + "reminder/{o.reminder.pk}/change/", SHOWN, by_browser=True),
    Row("GET", ADMIN + "reminder/{o.reminder.pk}/history/", SHOWN, by_browser=True),
    Row("GET", f"{ADMIN}message/", LISTED, foreign="-", by_browser=True),
    Row("GET", f"{ADMIN}message/add/", NOBODY, foreign="-", by_browser=True),
    Row("GET", ADMIN + "message/{o.reminder.message_id}/change/", SHOWN, by_browser=True),
    Row("GET", ADMIN + "message/{o.reminder.message_id}/history/", SHOWN, by_browser=True),
    Row(
        "POST",
        ADMIN + "message/{o.reminder.message_id}/change/",
        AGAIN,
        send=lambda _, __: {"_step": "again"},
        by_browser=True,
    ),
]
