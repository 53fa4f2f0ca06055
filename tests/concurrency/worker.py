"""One of several processes that change the same database at the same time.

python -m tests.concurrency.worker WRITER: says "ready", then reads one job a line and
answers each with a line of JSON. `seed` writes what the jobs need; `decide 200`,
`rename 300` and `race 25` change so often and tell what went wrong; `report` tells what is
there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "srm_project.settings")
django.setup()

from django.db import DatabaseError  # noqa: E402
from django.test import override_settings  # noqa: E402

from controls.choices import MembershipRole  # noqa: E402
from controls.errors import StaleVersionError  # noqa: E402
from controls.models import (  # noqa: E402
    AuditEvent,
    Decision,
    System,
    Team,
    User,
)
from controls.queries import audit_trail  # noqa: E402
from controls.services import decisions, teams  # noqa: E402
from controls.services.decisions import Content  # noqa: E402
from controls.services.teams import Details  # noqa: E402
from tests.make import (  # noqa: E402
    MONDAY,
    make_catalog,
    make_facts,
    make_member,
    make_membership,
    make_profile,
    make_system,
    make_team,
    responsibility_for,
)

WRITERS = 8
CONTROLS_EACH = 25
HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def seed() -> dict[str, Any]:
    """Write a team and a lead for each writer and one system with controls for all."""
    if Team.objects.filter(key="owner").exists():
        return {}
    make_facts()
    controls = {
        control_of(writer, number): ("guest_os", "iam")
        for writer in range(WRITERS)
        for number in range(CONTROLS_EACH)
    }
    owner, contested = make_team("owner"), make_team("contested")
    for writer in range(WRITERS):
        team = make_team(f"team-of-{writer}")
        with override_settings(PASSWORD_HASHERS=HASHERS):
            lead = make_member(team, MembershipRole.LEAD, email=f"{writer}@example.com")
        for other in (owner, contested):
            make_membership(lead, other, MembershipRole.LEAD)
    make_system(owner, "ec2", profile=make_profile(make_catalog(controls)), key="shop")
    return {}


def decide(writer: int, number: int) -> None:
    """Decide one of the writer's own controls anew."""
    responsibility = responsibility_for(
        System.objects.get(key="shop"), control_of(writer, number % CONTROLS_EACH)
    )
    assert responsibility.latest_derivation is not None
    decisions.assign(
        responsibility=responsibility,
        version=responsibility.version,
        content=Content(
            kind=responsibility.latest_derivation.kind,
            owner_team=responsibility.system.owner_team,
            customer_statement=f"Said by {writer}, time {number}.",
        ),
        by=person(writer),
        at=MONDAY,
    )


def rename(writer: int, number: int) -> None:
    """Change the name of the writer's own team."""
    team = Team.objects.get(key=f"team-of-{writer}")
    teams.change(
        team=team,
        version=team.version,
        details=Details(name=f"Team of {writer}, name {number}"),
        by=person(writer),
        at=MONDAY,
    )


def race(writer: int, number: int) -> None:
    """Change the name of the team that all writers change."""
    team = Team.objects.get(key="contested")
    teams.change(
        team=team,
        version=team.version,
        details=Details(name=f"Contested by {writer}, name {number}"),
        by=person(writer),
        at=MONDAY,
    )


def write(job: Callable[[int, int], None], writer: int, count: int) -> dict[str, Any]:
    """Do the job so often; return how often it was done and stale, and what failed."""
    done = stale = 0
    errors: list[str] = []
    for number in range(count):
        try:
            job(writer, number)
            done += 1
        except StaleVersionError:
            stale += 1
        except DatabaseError as error:
            errors.append(str(error))
    return {"done": done, "stale": stale, "errors": errors}


def report() -> dict[str, Any]:
    """Return what is there: the state of the trail, and what the writers left."""
    trail = audit_trail.verify()
    numbers: dict[str, list[int]] = {}
    rows = Decision.objects.order_by("pk").values_list(
        "responsibility__control__control_id", "number"
    )
    for control, number in rows:
        numbers.setdefault(control, []).append(number)
    links = AuditEvent.objects.values_list("previous_hash", flat=True)
    return {
        "ok": trail.ok,
        "reason": trail.reason,
        "events": trail.events,
        "links": len(set(links)),
        "newest": AuditEvent.objects.order_by("-seq").values_list("seq", flat=True)[0],
        "numbers": numbers,
        "versions": dict(Team.objects.values_list("key", "version")),
    }


def control_of(writer: int, number: int) -> str:
    """Return the id of a control that only this writer decides."""
    return f"w{writer}-{number}"


def person(writer: int) -> User:
    """Return the writer's person, as a request would load it."""
    return User.objects.get(email=f"{writer}@example.com")


JOBS = {"decide": decide, "rename": rename, "race": race}


def answer(writer: int, job: str, count: str = "0") -> dict[str, Any]:
    """Do what a line asks for."""
    if job in JOBS:
        return write(JOBS[job], writer, int(count))
    return {"seed": seed, "report": report}[job]()


def tell(line: str) -> None:
    """Answer with a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    tell("ready")
    for asked in sys.stdin:
        tell(json.dumps(answer(int(sys.argv[1]), *asked.split())))
