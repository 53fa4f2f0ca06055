"""What is measured, each a function that yields lines of the table.

The targets are those of the project's performance page.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from controls.choices import Kind
from controls.importers.oscal_catalogs import parse_catalog
from controls.models import ServiceVariant, User
from controls.queries import facts as fact_queries
from controls.rules.derivation import Deriver, Setting
from controls.services import catalogs, decisions, derivations, systems
from controls.services.decisions import Content
from controls.services.setup import system_user
from controls.services.systems import Use
from tests.bench.measuring import MB, Measure, Row, Target, first, measure, once
from tests.bench.worlds import World, load_facts
from tests.make import MONDAY, responsibility_for

REPOSITORY = Path(__file__).resolve().parents[2]
MODERATE = (
    REPOSITORY.parent
    / "shared/data/nist-sp800-53r5"
    / "NIST_SP-800-53_rev5_MODERATE-baseline-resolved-profile_catalog-min.json"
)
RUNS = 20
LIST = "/api/v1/responsibilities/"


def signed_in(user: User) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def got(client: Client, address: str) -> bytes:
    """Return the body of an answer that must be good."""
    answer = client.get(address)
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])
    return answer.content


def lists(world: World) -> Iterator[Row]:
    """Page 1 and page 200 of all responsibilities, for who sees all and for a member."""
    target = Target(queries=6, p95=0.040)
    size = f"50 of {world.sizes.rows:,}"
    for who, user in (("GRC lead", world.lead), ("team lead", world.member)):
        client = signed_in(user)
        page = last = LIST
        for _ in range(199):
            following = json.loads(got(client, page))["next"]
            if following is None:
                break
            last = page = following.partition("localhost")[2]
        yield Row(
            f"list, page 1, {who}",
            size,
            measure(lambda: got(client, LIST), runs=RUNS),  # noqa: B023 - called at once
            target,
        )
        yield Row(
            f"list, page 200, {who}",
            size,
            measure(lambda: got(client, last), runs=RUNS),  # noqa: B023
            target,
        )


def matrices(world: World) -> Iterator[Row]:
    """A whole matrix over the API."""
    client = signed_in(world.member)
    address = f"/api/v1/systems/{world.matrix.key}/matrix/"
    body = got(client, address)
    packed = len(gzip.compress(body, 6))
    yield Row(
        "matrix of a system",
        f"{len(json.loads(body)['rows']):,} controls",
        measure(lambda: got(client, address), runs=RUNS),
        Target(queries=10, wall=0.150),
        note=f"gzip {packed / 1024:.0f} KB of at most 150",
        wrong="gzip" if packed > 150 * 1024 else "",
    )


def deriving(world: World) -> Iterator[Row]:
    """The pure derivation, and a system derived and stored."""
    release = fact_queries.current_release()
    assert release is not None
    facts = fact_queries.facts_of(release)
    found = fact_queries.layers_of(
        world.large.responsibilities.values_list("control_id", flat=True)
    )
    layers = list(found.values())
    variants = tuple(ServiceVariant.objects.values_list("key", flat=True))
    setting = Setting(variants=variants[: world.sizes.variants])
    size = f"{len(layers):,} x {len(setting.variants)}"

    def pure() -> None:
        deriver = Deriver(facts, setting)
        for touched in layers:
            deriver.derive(touched)

    yield Row("derive, pure", size, measure(pure, runs=RUNS), Target(wall=0.050))

    key = variants[world.sizes.variants]
    added = Use(variant=ServiceVariant.objects.get(key=key))

    def add_service() -> None:
        world.large.refresh_from_db()
        systems.start_services(
            system=world.large,
            version=world.large.version,
            uses=[added],
            by=system_user(),
            at=MONDAY,
        )

    yield Row(
        "add a service, all derived anew and stored",
        size,
        undone(add_service),
        Target(wall=1.5),
    )
    yield Row(
        "derive anew, nothing changed",
        size,
        measure(
            lambda: derivations.rederive(
                system=world.large, cause="Measured", by=system_user(), at=MONDAY
            ),
            runs=3,
        ),
        Target(wall=1.5),
    )


def undone(work: Callable[[], Any]) -> Measure:
    """Measure work whose changes are rolled back, so that it can be done again."""
    depth = []

    def begin() -> None:
        depth.append(transaction.atomic())
        depth[-1].__enter__()

    def end() -> None:
        transaction.set_rollback(True)
        depth.pop().__exit__(None, None, None)
        begin()

    begin()
    try:
        return first(work, undo=end)
    finally:
        transaction.set_rollback(True)
        depth.pop().__exit__(None, None, None)


def changes(world: World) -> Iterator[Row]:
    """One responsibility decided, in the service and over the API, with a history."""
    target = Target(queries=12, p95=0.040)
    fresh, old = "bench-1", "bench-2"
    for number in range(50):
        decide(world, old, number)
    for control, size in ((fresh, "no history"), (old, "50 revisions")):
        yield Row(
            "change one responsibility, service",
            size,
            measure(lambda: decide(world, control, 0), runs=RUNS),  # noqa: B023
            target,
            note="loading it, BEGIN and COMMIT counted",
        )
    client = signed_in(world.member)
    row = responsibility_for(world.matrix, old)
    address = f"{LIST}{row.uuid}/assign/"

    version = row.version

    def assign() -> None:
        nonlocal version
        answer = client.post(
            address,
            {"customer_statement": "Measured."},
            content_type="application/json",
            headers={"If-Match": f'"v{version}"'},
        )
        assert answer.status_code == 200, answer.content[:300]
        version += 1

    found = measure(assign, runs=RUNS)
    yield Row(
        "change one responsibility, API",
        "50 revisions",
        found,
        target,
        note="with sign-in, permissions, BEGIN and COMMIT, and the whole answer",
    )


def decide(world: World, control: str, number: int) -> None:
    """Decide a responsibility of the matrix's system."""
    row = responsibility_for(world.matrix, control)
    decisions.assign(
        responsibility=row,
        version=row.version,
        content=Content(kind=Kind.SHARED, owner_team=world.team, rationale="Measured."),
        by=world.member,
        at=MONDAY + timedelta(seconds=number),
    )


def imports(world: World) -> Iterator[Row]:  # noqa: ARG001 - all works are called alike
    """A catalog of the size of NIST's MODERATE baseline, and the same file again."""
    raw = MODERATE.read_bytes() if MODERATE.exists() else generated(287)
    told = "NIST MODERATE" if MODERATE.exists() else "generated"
    size = f"{told}, {len(raw) / MB:.1f} MB"

    def bring() -> catalogs.Imported:
        parsed = parse_catalog(io.BytesIO(raw), name="catalog.json")
        return catalogs.import_catalog(parsed=parsed, by=system_user(), at=MONDAY)

    yield Row("import a catalog", size, undone(bring), Target(wall=3))
    bring()
    with CaptureQueriesContext(connection) as queries:
        again = bring()
    written = [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    yield Row(
        "import it again",
        size,
        measure(bring, runs=3),
        Target(wall=1),
        note=f"{again.changed} changed, {len(written)} writing statements",
        wrong="it wrote" if written else "",
    )


def generated(count: int) -> bytes:
    """Return a catalog of so many controls, each with the usual amount of text."""
    prose = "The organization reviews and updates what is asked for here. " * 8
    controls = [
        {
            "id": f"xx-{number}",
            "title": f"Control {number}",
            "props": [{"name": "label", "value": f"XX-{number}"}],
            "params": [{"id": f"xx-{number}_prm_1", "label": "frequency"}],
            "parts": [
                {
                    "id": f"xx-{number}_smt",
                    "name": "statement",
                    "parts": [
                        {"id": f"xx-{number}_smt.{x}", "name": "item", "prose": prose}
                        for x in "abcdef"
                    ],
                },
                {"id": f"xx-{number}_gdn", "name": "guidance", "prose": prose * 4},
            ],
        }
        for number in range(count)
    ]
    metadata = {"title": "Generated", "version": "1", "oscal-version": "1.2.1"}
    groups = [{"id": "xx", "title": "All", "controls": controls}]
    return json.dumps({"catalog": {"metadata": metadata, "groups": groups}}).encode()


def facts(world: World) -> Iterator[Row]:  # noqa: ARG001 - all works are called alike
    """The shipped facts, loaded once more: nothing to do."""
    found = measure(load_facts, runs=3)
    yield Row("load the shipped facts again", "1 release", found, Target(wall=1))


COLD = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import django
django.setup()
from django.test import RequestFactory
from django.urls import get_resolver
from srm_project.wsgi import application
get_resolver().url_patterns
application.load_middleware() if not application._middleware_chain else None
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
with open("/proc/self/status") as file:
    peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print(wall, cpu, peak * 1024)
"""


def cold(world: World) -> Iterator[Row]:  # noqa: ARG001 - all works are called alike
    """A web worker's start: everything imported, no request answered yet."""
    runs = sorted(_cold_start() for _ in range(3))
    wall, cpu, peak = runs[1]
    yield Row(
        "cold start of a worker",
        "imports, addresses",
        Measure(None, cpu, wall, runs[-1][0], peak, cpu),
        Target(wall=2, peak=130 * MB),
    )


def _cold_start() -> tuple[float, float, float]:
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", COLD],
        cwd=REPOSITORY,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    wall, cpu, peak = map(float, done.stdout.split())
    return wall, cpu, peak


def first_start(sizes: str) -> Iterator[Row]:
    """All migrations on an empty database, and the shipped facts into it."""
    yield Row("migrations", sizes, once(create_database), Target(wall=15))
    yield Row("load the shipped facts", "1 release", once(load_facts), Target(wall=10))


def create_database() -> None:
    """Create the database of this run and migrate it."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    call_command("createcachetable", verbosity=0)


WORKS: dict[str, Callable[[World], Iterator[Row]]] = {
    "list": lists,
    "matrix": matrices,
    "derive": deriving,
    "change": changes,
    "import": imports,
    "facts": facts,
    "cold": cold,
}
