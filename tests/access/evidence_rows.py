"""What each role is answered where evidence is handed in, judged and downloaded."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.access.admin_rows import ALL
from tests.access.admin_rows import SYSTEM as PAGE
from tests.access.api_rows import DECIDE, NAMES_FOREIGN_TEAM, REVIEW, SYSTEM, lists
from tests.access.table import Row
from tests.access.world import Target, World

API, ADMIN = "/api/v1/", "/admin/evidence/"
ONE = API + "evidence/{o.proof.uuid}/"
ARTIFACT = "{o.proof.latest_version.artifact.uuid}"

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator. The stranger leads a team of their own.
HAND_IN = "401 400 403 201 201 201 400 400 201 403"
LINK = "401 404 403 201 201 201 403 404 201 403"
LINK_FOREIGN = "401 404 404 404 404 404 404 404 201 403"
ADD = "302 200 403 200 200 200 403 403 200 403"
# A refusal is shown in the form: there is no such team for them.
ADDS = "302 200 403 302 302 302 403 403 302 403"
ADDS_FOREIGN = "302 200 403 200 200 200 403 403 302 403"
JUDGED_BY_CONTRIBUTORS = "302 404 403 200 302 302 403 404 302 403"


def version(_: World, target: Target) -> int:
    return target.proof.version


def address(_: World, target: Target) -> dict[str, Any]:
    return {
        "team": target.team.key,
        "title": "A page",
        "kind": "document",
        "url": "https://wiki.example.org/page",
    }


def file(world: World, target: Target) -> dict[str, Any]:
    sent = {**address(world, target), "file": SimpleUploadedFile("a.txt", b"of a form\n")}
    del sent["url"]
    return sent


def hand_in(world: World, target: Target) -> dict[str, Any]:
    return {**file(world, target), "team": target.team.pk} | {
        "side": "customer",
        "sensitivity": "internal",
        "proves": "",
    }


def remark(_: World, __: Target) -> dict[str, Any]:
    return {"remark": "So."}


def link(_: World, target: Target) -> dict[str, Any]:
    return {"responsibility": str(target.undecided.uuid)}


def step(name: str, own: str, send: Any = remark, foreign: str = "") -> Row:
    return Row("POST", f"{ONE}{name}/", own, foreign, send=send, version=version)


def judged(name: str, own: str) -> Row:
    """A step of the form of a record."""

    def send(_: World, target: Target) -> dict[str, Any]:
        return {"version": target.proof.version, "_step": name, "remark": "So."}

    path = ADMIN + "evidence/{o.proof.pk}/change/"
    return Row("POST", path, own, send=send, by_browser=True, note=name)


def screen(model: str, pk: str) -> list[Row]:
    base = f"{ADMIN}{model}/"
    return [
        Row("GET", base, ALL, "-", by_browser=True),
        Row("GET", f"{base}{pk}/change/", PAGE, by_browser=True),
        Row("GET", f"{base}{pk}/history/", PAGE, by_browser=True),
    ]


ROWS = [
    *map(lists, ["evidence", "artifacts"]),
    Row("GET", ONE, SYSTEM),
    Row("GET", ONE + "file/", SYSTEM),
    Row("HEAD", ONE + "file/", SYSTEM),
    Row("GET", ONE + "file/?revision=1", SYSTEM),
    Row("GET", f"{API}artifacts/{ARTIFACT}/", SYSTEM),
    Row("POST", API + "evidence/", HAND_IN, NAMES_FOREIGN_TEAM, send=address),
    Row(
        "POST",
        API + "evidence/",
        HAND_IN,
        NAMES_FOREIGN_TEAM,
        send=file,
        by_browser=True,
        note="with a file",
    ),
    step("revise", DECIDE, lambda _, __: {"title": "Better"}),
    step("accept", REVIEW),
    step("reject", REVIEW),
    step("withdraw", DECIDE),
    step("links", LINK, link, LINK_FOREIGN),
    step("links/{o.link.uuid}/end", DECIDE, None),
    Row(
        "POST",
        API + "reviews/{o.review.uuid}/complete/",
        DECIDE,
        send=lambda _, __: {"outcome": "not-satisfied", "remark": "So."},
        version=lambda _, target: target.review.version,
    ),
    *screen("evidence", "{o.proof.pk}"),
    *screen("evidenceversion", "{o.proof.latest_version_id}"),
    *screen("evidencelink", "{o.link.pk}"),
    *screen("artifact", "{o.proof.latest_version.artifact_id}"),
    Row("GET", ADMIN + "evidence/add/", ADD, "-", by_browser=True),
    Row(
        "POST",
        ADMIN + "evidence/add/",
        ADDS,
        ADDS_FOREIGN,
        send=hand_in,
        by_browser=True,
    ),
    judged("accept", JUDGED_BY_CONTRIBUTORS),
    judged("withdraw", "302 404 403 302 302 302 403 404 302 403"),
]
