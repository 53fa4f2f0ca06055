"""What each role is answered by the pages that teams use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.access.table import Made, Row
from tests.access.world import Target, World

# Columns: anonymous, stranger, viewer, contributor, approver, lead, auditor, other auditor,
# GRC lead, administrator. The stranger leads a team of their own.
ALL = "302 200 200 200 200 200 200 200 200 200"
SEEN = "302 404 200 200 200 200 200 404 200 200"
SUBMIT = "302 404 403 302 302 302 403 404 302 403"
JUDGE = "302 404 403 403 302 302 403 404 302 403"
# Ninety days at most: who may, is told so.
TOO_LATE = "302 404 403 403 400 400 403 404 400 403"
# Nobody sees a team that is not theirs, so nobody can speak for it.
CLAIM = "302 404 403 409 409 409 400 404 409 403"
DISPUTE = "302 404 403 302 302 302 400 404 302 403"
SETTLE = "302 404 403 302 302 302 403 404 302 403"

TASK, PIECE = "/reviews/{o.review.uuid}/", "/evidence/{o.proof.uuid}/"


def sent(button: str, **given: Any) -> Made:
    """What a form of the review's page sends."""

    def make(_: World, target: Target) -> dict[str, Any]:
        return {f"_{button}": "", "version": target.review.version, **given}

    return make


def spoken(button: str, **given: Any) -> Made:
    """What a form about the duty sends."""

    def make(_: World, target: Target) -> dict[str, Any]:
        told = {"version": target.duty.version, "team": target.team.key}
        return {f"_{button}": "", **told, **given}

    return make


def about(button: str, **given: Any) -> Made:
    """What a form of the evidence's page sends."""

    def make(_: World, target: Target) -> dict[str, Any]:
        told = {"version": target.proof.version, "piece": target.proof.uuid}
        return {f"_{button}": "", **told, **given}

    return make


def proof(_: World, target: Target) -> dict[str, Any]:
    """An address, handed in for the team."""
    return {
        "team": target.team.key,
        "title": "Report",
        "kind": "report",
        "sensitivity": "internal",
        "url": "https://example.com/report",
        "version": target.proof.version,
    }


def unlinked(world: World, target: Target) -> dict[str, Any]:
    told: dict[str, Any] = about("unlink", link=target.link.uuid)(world, target)
    return told


def linked(world: World, target: Target) -> dict[str, Any]:
    told: dict[str, Any] = about("link", review=target.review.uuid)(world, target)
    return told


def settled(_: World, target: Target) -> dict[str, Any]:
    """The queue's form that ends what a team said."""
    told = {"claim": target.claim.uuid, "version": target.duty.version}
    return {"_settle": "", **told}


def post(path: str, own: str, send: Callable[..., Any], note: str, **more: Any) -> Row:
    return Row("POST", path, own, send=send, by_browser=True, note=note, **more)


ROWS = [
    Row("GET", "/reviews/", ALL, "-", by_browser=True),
    Row("GET", TASK, SEEN, by_browser=True),
    post(TASK, SUBMIT, proof, "hand in"),
    post(TASK, TOO_LATE, sent("snooze", until="2999-01-01", reason="So"), "too late"),
    post(TASK, SUBMIT, sent("fail", remark="So"), "fail"),
    post(TASK, CLAIM, spoken("claim"), "claim"),
    post(TASK, DISPUTE, spoken("dispute", reason="So"), "dispute"),
    Row("GET", "/evidence/", ALL, "-", by_browser=True),
    Row("GET", PIECE, SEEN, by_browser=True),
    post(PIECE, SUBMIT, proof, "revise"),
    post(PIECE, JUDGE, about("accept"), "accept"),
    post(PIECE, JUDGE, about("return", remark="So"), "return"),
    post(PIECE, SUBMIT, about("withdraw", remark="So"), "withdraw"),
    post(PIECE, SUBMIT, linked, "link"),
    post(PIECE, SUBMIT, unlinked, "unlink"),
    Row("GET", "/evidence/new/", ALL, "-", by_browser=True),
    Row("GET", "/evidence/new/?duty={o.duty.uuid}", SEEN, by_browser=True),
    post("/evidence/new/?duty={o.duty.uuid}", SUBMIT, proof, "hand in"),
    Row("GET", "/training/", ALL, "-", by_browser=True),
    post("/admin/queue/", SETTLE, settled, "settle"),
]
