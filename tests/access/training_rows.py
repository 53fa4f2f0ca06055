"""What each role is answered where courses, the roster and training records are kept."""

from __future__ import annotations

from typing import Any

from tests.access.admin_rows import ALL
from tests.access.admin_rows import SYSTEM as PERSON_PAGE
from tests.access.api_rows import FACT, NAMES_FOREIGN_TEAM, lists
from tests.access.api_rows import SYSTEM as PERSON
from tests.access.table import Row
from tests.access.world import Target, World

API, PAGE, ADMIN = "/api/v1/", "/admin/training/", "/admin/evidence/"

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator. The stranger leads a team of their own.
MANAGE = "401 403 403 403 403 403 403 403 200 403"
CREATE = "401 403 403 403 403 403 403 403 201 403"
RECORD = "401 400 403 403 403 201 403 400 201 403"
WITHDRAW = "401 404 403 403 403 200 403 404 200 403"
IMPORT_RECORDS = "401 400 403 403 403 200 403 400 200 403"
IMPORT_FOREIGN = "401 400 400 400 400 400 400 400 200 403"

MANAGE_PAGE = "302 403 403 403 403 403 403 403 200 403"
MANAGE_POST = "302 403 403 403 403 403 403 403 302 403"
NO_FILE = "302 403 403 403 403 403 403 403 400 403"
LEADS_PAGE = "302 200 403 403 403 200 403 403 200 403"
LEADS_POST = "302 400 403 403 403 302 403 403 302 403"
LEADS_POST_FOREIGN = "302 400 403 403 403 400 403 403 302 403"
# A refusal is shown in the form: nobody with this address is on a roster they see.
LEADS_ADD = "302 200 403 403 403 302 403 403 302 403"
LEADS_ADD_FOREIGN = "302 200 403 403 403 200 403 403 302 403"
END_ENTRY = "302 404 403 403 403 403 403 404 302 403"
WITHDRAW_PAGE = "302 404 403 403 403 302 403 404 302 403"


def course_input(_: World, __: Target) -> dict[str, Any]:
    return {"key": "brand-new", "title": "New"}


def course_version(_: World, __: Target) -> int:
    return 1


def a_roster(_: World, __: Target) -> str:
    return "email,name\nnobody@example.com,Nobody\n"


def completion(_: World, target: Target) -> dict[str, Any]:
    return {
        "person": str(target.entry.person.uuid),
        "course": "basics",
        "completed_on": "2026-01-05",
    }


def completions(_: World, target: Target) -> str:
    return f"email,course,completed_on\n{target.entry.person.email},basics,2026-01-05\n"


def completions_page(world: World, target: Target) -> dict[str, Any]:
    # The name of the file is the address, which a refusal repeats.
    text = completions(world, target)
    return {"name": target.entry.person.email, "text": text, "_apply": "1"}


def completion_form(_: World, target: Target) -> dict[str, Any]:
    return {
        "email": target.entry.person.email,
        "course": target.record.course_id,
        "completed_on": "2026-01-05",
    }


def entry_form(_: World, target: Target) -> dict[str, Any]:
    return {"email": "nobody@example.com", "name": "Nobody", "team": target.team.pk}


def course_form(_: World, target: Target) -> dict[str, Any]:
    return {"version": target.record.course.version, "title": "Renamed"}


def screen(model: str, pk: str, own: str, foreign: str = "") -> list[Row]:
    """The list, the record and its history."""
    base = f"{ADMIN}{model}/"
    return [
        Row("GET", base, ALL, "-", by_browser=True),
        Row("GET", f"{base}{pk}/change/", own, foreign, by_browser=True),
        Row("GET", f"{base}{pk}/history/", own, foreign, by_browser=True),
    ]


def form(path: str, own: str, foreign: str, send: Any) -> Row:
    """A form that is sent."""
    return Row("POST", path, own, foreign, send=send, by_browser=True)


ROWS = [
    *map(lists, ["courses", "people", "training-records"]),
    Row("GET", API + "courses/basics/", FACT, "-"),
    Row("GET", API + "courses/basics/completion/", FACT, "-"),
    Row("POST", API + "courses/", CREATE, "-", send=course_input),
    Row(
        "PATCH",
        API + "courses/basics/",
        MANAGE,
        "-",
        send=lambda _, __: {"title": "Other"},
        version=course_version,
    ),
    Row("POST", API + "courses/basics/end/", MANAGE, "-", version=course_version),
    Row("GET", API + "people/{o.entry.person.uuid}/", PERSON),
    Row(
        "POST",
        API + "people/import/",
        MANAGE,
        "-",
        send=a_roster,
        content_type="text/csv",
    ),
    Row("GET", API + "training-records/{o.record.uuid}/", PERSON),
    Row(
        "POST",
        API + "training-records/",
        RECORD,
        NAMES_FOREIGN_TEAM,
        send=completion,
    ),
    Row(
        "POST",
        API + "training-records/{o.record.uuid}/withdraw/",
        WITHDRAW,
        send=lambda _, __: {"reason": "So."},
    ),
    Row(
        "POST",
        API + "training-records/import/",
        IMPORT_RECORDS,
        IMPORT_FOREIGN,
        send=completions,
        content_type="text/csv",
    ),
    Row("GET", PAGE, ALL, "-", by_browser=True),
    Row("GET", PAGE + "courses/basics/", ALL, "-", by_browser=True),
    Row("GET", PAGE + "import/roster/template.csv", ALL, "-", by_browser=True),
    Row("GET", PAGE + "import/roster/", MANAGE_PAGE, "-", by_browser=True),
    form(PAGE + "import/roster/", NO_FILE, "-", None),
    Row("GET", PAGE + "import/records/", LEADS_PAGE, "-", by_browser=True),
    form(PAGE + "import/records/", LEADS_POST, LEADS_POST_FOREIGN, completions_page),
    *screen("course", "{o.record.course_id}", ALL, "-"),
    *screen("person", "{o.entry.person_id}", PERSON_PAGE),
    *screen("rosterentry", "{o.entry.pk}", PERSON_PAGE),
    *screen("trainingrecord", "{o.record.pk}", PERSON_PAGE),
    Row("GET", ADMIN + "course/add/", MANAGE_PAGE, "-", by_browser=True),
    Row("GET", ADMIN + "rosterentry/add/", MANAGE_PAGE, "-", by_browser=True),
    Row("GET", ADMIN + "trainingrecord/add/", LEADS_PAGE, "-", by_browser=True),
    form(ADMIN + "course/{o.record.course_id}/change/", MANAGE_POST, "-", course_form),
    form(ADMIN + "rosterentry/add/", MANAGE_POST, MANAGE_POST, entry_form),
    form(
        ADMIN + "rosterentry/{o.entry.pk}/change/",
        END_ENTRY,
        "",
        lambda _, __: {"_step": "end"},
    ),
    form(
        ADMIN + "trainingrecord/add/",
        LEADS_ADD,
        LEADS_ADD_FOREIGN,
        completion_form,
    ),
    form(
        ADMIN + "trainingrecord/{o.record.pk}/change/",
        WITHDRAW_PAGE,
        "",
        lambda _, __: {"_step": "withdraw", "reason": "So."},
    ),
]
