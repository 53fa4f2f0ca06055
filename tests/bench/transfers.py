"""Files in and out of a real web server: how fast, and what it costs its memory."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.ground import Ground
from tests.bench.measuring import MEGABYTE, Aim, Cost, Line, at
from tests.servers import Server, multipart

SIZE = 50 * MEGABYTE
TIMES = 5
AIM = Aim(seconds=0.33, megabytes=30)
"""150 MB a second; the server's processor time, or the clock where it is idle."""
TICKS = os.sysconf("SC_CLK_TCK")


def transfers(_ground: Ground) -> Iterator[Line]:
    """A file of 50 MB handed in over the API, and downloaded whole."""
    with tempfile.TemporaryDirectory(prefix="srm-transfers-") as folder:
        server = Server(Path(folder))
        server.prepare()
        server.start()
        try:
            yield from _measured(server)
        finally:
            server.stop()


def _measured(server: Server) -> Iterator[Line]:
    content = b"%PDF-1.7\n" + os.urandom(MEGABYTE) * (SIZE // MEGABYTE)
    body = bytearray(multipart(content, "report.pdf", "Report"))
    place = body.index(b"%PDF-1.7\n") + SIZE // 2
    numbers = iter(range(1000))
    told: dict[str, str] = {}

    def upload() -> None:
        # Each time another file, or it would be there already.
        body[place : place + 8] = b"%8d" % next(numbers)
        status, answer = server.post(body)
        assert status == 201, answer
        told["file"] = answer["file"]

    def download() -> None:
        assert sum(map(len, server.fetch(told["file"]))) > SIZE

    server.send(b"the first request loads what all of them need\n")
    for name, work in {"upload a file": upload, "download it": download}.items():
        cost = _cost(server.worker(), work)
        size = f"50 MB, {SIZE / MEGABYTE / cost.wall:.0f} MB/s"
        yield Line(name, size, cost, AIM)


def _cost(process: int, work: Callable[[], None]) -> Cost:
    """Do the work several times; return what it cost the process."""
    idle = _forget_peak(process)
    cpu, wall = [], []
    for _ in range(TIMES):
        before, began = _processor_time(process), time.perf_counter()
        work()
        wall.append(time.perf_counter() - began)
        cpu.append(_processor_time(process) - before)
    peak = _memory(process, "VmHWM") - idle
    return Cost(0, at(cpu, 0.5), at(wall, 0.5), max(0.0, peak))


def _forget_peak(process: int) -> float:
    """Start the peak anew; return the megabytes in use."""
    try:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    except OSError:
        return _memory(process, "VmHWM")
    return _memory(process, "VmRSS")


def _memory(process: int, name: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    found = next(line for line in lines if line.startswith(f"{name}:"))
    return int(found.split()[1]) / 1024


def _processor_time(process: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
