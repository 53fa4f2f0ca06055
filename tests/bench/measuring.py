"""What one piece of work costs: queries, processor time, time on the clock, memory."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, connections

from controls.queries.snapshots import ALIAS

MEGABYTE = 1024 * 1024
UNITS = {"kB": 1024}
BY_CLOCK = "time, by the clock only"
CONTROL = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")


@dataclass(frozen=True)
class Aim:
    """What a figure should not exceed; None where nothing is asked."""

    seconds: float | None = None
    queries: int | None = None
    megabytes: float | None = None

    def __str__(self) -> str:
        parts = []
        if self.queries is not None:
            parts.append(f"{self.queries} q")
        if self.seconds is not None:
            parts.append(f"{self.seconds:g} s")
        if self.megabytes is not None:
            parts.append(f"{self.megabytes:g} MB")
        return ", ".join(parts)


@dataclass(frozen=True)
class Cost:
    """What some work cost; of several times the dearest queries and the given quantiles."""

    queries: int
    cpu: float
    wall: float
    megabytes: float


@dataclass(frozen=True)
class Line:
    """A line of the table."""

    name: str
    size: str
    cost: Cost
    aim: Aim = field(default=Aim())

    @property
    def verdict(self) -> str:
        """Return `ok`, or what was too much.

        Where only the clock says so, the machine may have been busy, or the database slow.
        """
        cost, aim = self.cost, self.aim
        over = []
        if aim.queries is not None and cost.queries > aim.queries:
            over.append("queries")
        if aim.megabytes is not None and cost.megabytes > aim.megabytes:
            over.append("memory")
        if aim.seconds is not None and cost.cpu > aim.seconds:
            over.append("time")
        elif aim.seconds is not None and cost.wall > aim.seconds:
            over.append(BY_CLOCK)
        return f"over: {', '.join(over)}" if over else "ok"

    @property
    def fails(self) -> bool:
        """Say whether more than the clock found too much."""
        return self.verdict not in {"ok", f"over: {BY_CLOCK}"}


def measure(work: Callable[[], Any], *, times: int = 1, quantile: float = 0.5) -> Cost:
    """Do the work so often and return what it cost; times are of this quantile."""
    counted: list[int] = []
    cpu: list[float] = []
    wall: list[float] = []
    gc.collect()
    idle = _forget_peak()
    for _ in range(times):
        queries = 0

        def count(execute, sql, params, many, context):
            nonlocal queries
            queries += not sql.lstrip().startswith(CONTROL)
            return execute(sql, params, many, context)

        reader = connections[ALIAS]
        with connection.execute_wrapper(count), reader.execute_wrapper(count):
            cpu_before, before = time.process_time(), time.perf_counter()
            work()
            wall.append(time.perf_counter() - before)
            cpu.append(time.process_time() - cpu_before)
        counted.append(queries)
    peak = max(0.0, _memory("VmHWM") - idle) / MEGABYTE
    return Cost(max(counted), at(cpu, quantile), at(wall, quantile), peak)


def at(values: Iterable[float], quantile: float) -> float:
    """Return the value below which this part of the values lies."""
    ordered = sorted(values)
    if quantile == 0.5:
        return statistics.median(ordered)
    return ordered[min(len(ordered) - 1, int(len(ordered) * quantile))]


def table(lines: Iterable[Line]) -> str:
    """Return the lines as a table."""
    rows = [("what", "size", "queries", "CPU s", "wall s", "peak MB", "aim", "")]
    for line in lines:
        cost = line.cost
        rows.append(
            (
                line.name,
                line.size,
                str(cost.queries) if cost.queries else "-",
                f"{cost.cpu:.4f}",
                f"{cost.wall:.4f}",
                f"{cost.megabytes:.1f}",
                str(line.aim),
                line.verdict,
            )
        )
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    text = (2, 3, 4, 5)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if n in text else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _forget_peak() -> float:
    """Start the peak anew from here, where Linux lets us; return the bytes in use."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _memory("VmHWM")
    return _memory("VmRSS")


def _memory(name: str) -> float:
    """Return a figure of this process's memory in bytes; 0 where the system tells none."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith(f"{name}:"):
            _, amount, unit = line.split()
            return float(amount) * UNITS[unit]
    return 0.0
