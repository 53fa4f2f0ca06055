"""A web server of our own beside the bench: what a request costs its worker."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from tests.bench.measuring import MEGABYTE, Cost

REPOSITORY = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Answer:
    """What a request got, what it cost the worker, and when its first byte came."""

    status: int
    size: int
    cost: Cost
    first_byte: float


@dataclass(frozen=True)
class Server:
    """One worker with threads, as `make run` starts it."""

    port: int
    worker: int

    def get(self, address: str, token: str, *, encoding: str = "identity") -> Answer:
        """Read an address to its end, in small pieces."""
        link = http.client.HTTPConnection(HOST, self.port, timeout=120)
        idle, cpu = self._forget_peak(), self._cpu()
        before = time.perf_counter()
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": encoding}
        link.request("GET", address, headers=headers)
        answer = link.getresponse()
        size = len(answer.read(1))
        first_byte = time.perf_counter() - before
        while piece := answer.read(MEGABYTE // 4):
            size += len(piece)
        wall = time.perf_counter() - before
        link.close()
        peak = max(0.0, self._memory("VmHWM") - idle)
        cost = Cost(0, self._cpu() - cpu, wall, peak / MEGABYTE)
        return Answer(answer.status, size, cost, first_byte)

    def _forget_peak(self) -> float:
        Path(f"/proc/{self.worker}/clear_refs").write_text("5")
        return self._memory("VmRSS")

    def _memory(self, name: str) -> float:
        for line in Path(f"/proc/{self.worker}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return float(line.split()[1]) * 1024
        return 0.0

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def serving() -> Iterator[Server]:
    """Serve the database of the bench until the block ends. Needs Linux."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    folder = Path(os.environ["SRM_DATA_DIR"])
    command = [sys.executable, "-m", "gunicorn", "srm_project.wsgi:application"]
    command += ["--bind", f"{HOST}:{port}", "--worker-class", "gthread"]
    command += ["--workers", "1", "--threads", "8", "--no-control-socket"]
    with (folder / "web.log").open("a") as log:
        process = subprocess.Popen(  # noqa: S603 - our own server
            command,
            cwd=REPOSITORY,
            env={**os.environ, "DATABASE_URL": _url(), "PORT": str(port)},
            stdout=log,
            stderr=log,
        )
    try:
        _wait(port)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        yield Server(port, int(children.split()[0]))
    finally:
        process.terminate()
        process.wait(timeout=30)


def _url() -> str:
    """Return the address of the bench's own database."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["TEST_DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def _wait(port: int) -> None:
    for _ in range(300):
        link = http.client.HTTPConnection(HOST, port, timeout=2)
        try:
            link.request("GET", "/healthz")
            if link.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            link.close()
    raise RuntimeError("The web server does not answer.")
