"""The rows of the bench. Each returns lines; `--only` chooses by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from django.db import connection, connections
from django.utils import timezone

from controls.importers.oscal_catalogs import parse_catalog
from controls.models import Decision, Responsibility, System
from controls.queries.matrix import matrix
from controls.queries.snapshots import ALIAS
from controls.rules.derivation import Deriver, Setting
from controls.rules.moments import moment
from controls.services import catalogs, systems
from controls.services.clock import zone
from controls.services.setup import system_user
from controls.services.systems import Use
from tests.bench import comparing, importing, reminding
from tests.bench.ground import Ground, oscal
from tests.bench.measuring import Aim, Cost, Line, measure
from tests.bench.registers import registers
from tests.bench.transfers import transfers
from tests.knowledge.shipped import FACTS, RELEASE

REPOSITORY = Path(__file__).resolve().parents[2]
ALL_OF_NIST = 1189
MODERATE = 287
LIST = "/api/v1/responsibilities/"
START = """
import json, os, time
before = time.perf_counter()
from srm_project.wsgi import application
from django.urls import get_resolver
get_resolver().url_patterns
wall = time.perf_counter() - before
memory = {line.split()[0]: int(line.split()[1]) / 1024
          for line in open("/proc/self/status") if line.startswith(("VmRSS", "VmHWM"))}
print(json.dumps([wall, time.process_time(), memory.get("VmRSS:", 0)]))
"""

Row = Callable[[Ground], Iterator[Line]]


def migrations(_ground: Ground) -> Iterator[Line]:
    """An empty database brought to today's shape. Run first: it makes the bench's own."""
    cost = measure(
        lambda: connection.creation.create_test_db(
            verbosity=0, autoclobber=True, serialize=False
        )
    )
    # What reads as of one instant reads there, too.
    connections[ALIAS].creation.set_as_test_mirror(connection.settings_dict)
    yield Line("migrations from nothing", "", cost, Aim(seconds=15))


def cold_start(_ground: Ground) -> Iterator[Line]:
    """A web worker up to its first request."""
    told = min(_cold() for _ in range(3))
    wall, cpu, megabytes = told
    cost = Cost(0, cpu, wall, megabytes)
    yield Line("cold start of a worker", "", cost, Aim(seconds=2, megabytes=130))


def _cold() -> list[float]:
    run = subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", START],
        cwd=REPOSITORY,
        env=os.environ,
        capture_output=True,
        check=True,
    )
    figures: list[float] = json.loads(run.stdout)
    return figures


def load_knowledge(ground: Ground) -> Iterator[Line]:
    """The shipped facts, and the same again."""
    size = f"{len(RELEASE.controls)} controls"
    yield Line("load the shipped facts", size, measure(ground.load), Aim(seconds=3))
    again = measure(ground.load)
    yield Line("load them again", "0 changed", again, Aim(seconds=1))


def derive(ground: Ground) -> Iterator[Line]:
    """All of NIST's controls by many services, without a database."""
    setting = Setting(tuple(RELEASE.variants)[: ground.services])
    touched = [ground.layers[n % len(ground.layers)] for n in range(ALL_OF_NIST)]

    def work() -> None:
        deriver = Deriver(FACTS, setting)
        for layers in touched:
            deriver.derive(layers)

    size = f"{ALL_OF_NIST} x {len(setting.variants)}"
    yield Line("derive", size, measure(work, times=10), Aim(seconds=0.05))


def rederive(ground: Ground) -> Iterator[Line]:
    """A new system, and one more service for it, derived and stored."""
    _ = ground.profile, ground.team, ground.member
    size = f"{ground.controls} x {len(ground.variants) - 1}"
    first = measure(lambda: ground.new_system("derived"))
    yield Line("new system, derived and stored", size, first, Aim(seconds=1.5))

    def add() -> None:
        system = System.objects.select_related("owner_team").get(key="derived")
        systems.start_services(
            system=system,
            version=system.version,
            uses=[Use(variant=ground.variants[-1])],
            by=system_user(),
            at=timezone.now(),
        )

    yield Line("one more service, derived and stored", size, measure(add), Aim(seconds=1.5))


def matrices(ground: Ground) -> Iterator[Line]:
    """A system's matrix, asked in Python and over HTTP."""
    system = ground.system
    size = f"{ground.controls} x {len(ground.variants) - 1}"

    def ask() -> None:
        matrix(
            system=system, moment=moment(as_of="", on="", now=timezone.now(), zone=zone())
        )

    yield Line("matrix, the query", size, measure(ask, times=5), Aim(0.15, queries=10))
    address = f"/api/v1/systems/{system.key}/matrix/"
    kilobytes = len(_got(ground, address)) / 1024
    yield Line(
        "matrix, over the API",
        f"{size}, {kilobytes:.0f} KB gzip",
        measure(lambda: _got(ground, address), times=5),
        Aim(0.15, queries=10),
    )


def lists(ground: Ground) -> Iterator[Line]:
    """Fifty responsibilities, on the first page and far behind it."""
    count = ground.fleet
    far = min(200, count // 50)
    pages = {1: LIST, far: LIST + _cursor(after=(far - 1) * 50)}
    for page, address in pages.items():
        ask = partial(_got, ground, address)
        ask()
        cost = measure(ask, times=30, quantile=0.95)
        size = f"50 of {count}, page {page}"
        yield Line("list, over the API, p95", size, cost, Aim(0.04, queries=6))


def _cursor(*, after: int) -> str:
    keys = Responsibility.objects.order_by("pk").values_list("pk", flat=True)
    position = urlencode({"p": keys[after - 1]}) if after else ""
    return "?" + urlencode({"cursor": b64encode(position.encode()).decode()})


def _got(ground: Ground, address: str) -> bytes:
    answer = ground.client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content


def decide(ground: Ground) -> Iterator[Line]:
    """One decision, with its audit event; also on what was decided often before."""
    open_rows = list(ground.open_rows(ground.system)[:250])
    rows, times = iter(open_rows), max(1, min(60, len(open_rows) // 4))
    size = f"among {Responsibility.objects.count()}"
    for name, quantile in (("p50", 0.5), ("p95", 0.95)):
        cost = measure(lambda: ground.decide(next(rows)), times=times, quantile=quantile)
        yield Line(f"decide one, {name}", size, cost, Aim(0.04, queries=12))
    row = next(rows)
    for number in range(50):
        ground.decide(row, words=f"Time {number}.")
    cost = measure(lambda: ground.decide(row), times=20, quantile=0.95)
    history = f"{Decision.objects.filter(responsibility=row).count()} revisions"
    yield Line("decide one, p95", history, cost, Aim(0.04, queries=12))
    over_http = measure(lambda: _decided(ground, next(rows)), times=times, quantile=0.95)
    yield Line("decide one, over the API, p95", size, over_http, Aim(0.04))


def _decided(ground: Ground, row: Responsibility) -> None:
    answer = ground.client.post(
        f"{LIST}{row.uuid}/assign/",
        {"customer_statement": "Said over HTTP.", "owner_team": ground.team.key},
        content_type="application/json",
        headers={"If-Match": f'"v{row.version}"'},
    )
    assert answer.status_code == 200, answer.content


def import_catalog(_ground: Ground) -> Iterator[Line]:
    """An OSCAL catalog, and the same file again."""
    raw = oscal(MODERATE)
    size = f"{MODERATE} controls, {len(raw) / 1e6:.1f} MB"

    def work() -> None:
        parsed = parse_catalog(BytesIO(raw), name="generated.json")
        catalogs.import_catalog(parsed=parsed, by=system_user(), at=timezone.now())

    yield Line("import a catalog", size, measure(work), Aim(seconds=3))
    yield Line("import it again", "0 changed", measure(work), Aim(seconds=1))


ROWS: dict[str, Row] = {
    "cold-start": cold_start,
    "load-knowledge": load_knowledge,
    "derive": derive,
    "rederive": rederive,
    "matrix": matrices,
    "decide": decide,
    "list": lists,
    "import": import_catalog,
    **comparing.ROWS,
    **importing.ROWS,
    **reminding.ROWS,
    "registers": registers,
    "transfers": transfers,
}
