"""Uploads while the web server is killed, the disk is full, or the store is read-only."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import random
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.finding import Finding
from tests.servers import Server

SENDERS = 4
KILOBYTE = 1024
SMALL_DISK = 4 * 1024 * KILOBYTE
LARGEST_FILE = 24 * 1024 * KILOBYTE
"""For a server that may write no larger file; its database is smaller."""
SWEEP = """
import django
django.setup()
from django.utils import timezone
from evidence.services import sweeping
print(sweeping.sweep(at=timezone.now()))
"""


@dataclass
class Sent:
    """What the senders were answered."""

    kept: list[str] = field(default_factory=list)
    """The hash of each file that a 201 was given for."""
    cut: int = 0
    """Uploads during which the server went away."""
    wrong: list[tuple[int, Any]] = field(default_factory=list)
    """Any other answer."""


def killed(asked: Namespace, folder: Path) -> list[Finding]:
    """Kill -9 the web process at random moments while four programs upload."""
    server = Server(
        folder,
        application="tests.warm:application",
        arguments=("--preload", "--log-level", "error"),
    )
    server.prepare()
    server.start()
    usual = _usual(server)
    sent, stopped = Sent(), threading.Event()
    senders = [
        threading.Thread(target=_send, args=(server, sent, stopped, number))
        for number in range(SENDERS)
    ]
    try:
        for sender in senders:
            sender.start()
        luck = random.Random(11)  # noqa: S311 - repeatable on purpose
        for _ in range(asked.times):
            time.sleep(luck.uniform(0, 4 * usual))
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.worker(), signal.SIGKILL)
    finally:
        stopped.set()
        for sender in senders:
            sender.join(90)
        server.stop()
    return [
        Finding("uploads that a kill cut off", sent.cut, asked.times, 1, 10**9),
        Finding("uploads that were answered 201", len(sent.kept), 0, 1, 10**9),
        Finding("uploads that were answered otherwise", len(sent.wrong), 0),
        *_whole(server, sent.kept),
        *_swept(server),
    ]


def _usual(server: Server) -> float:
    """Return how long an upload takes, in seconds, while nobody is killed."""
    took = []
    for number in range(SENDERS):
        began = time.monotonic()
        server.send(b"%PDF-1.7\n" + b"%d" % number * 3000 * KILOBYTE, "report.pdf")
        took.append(time.monotonic() - began)
    return max(took[1:])


def _send(server: Server, sent: Sent, stopped: threading.Event, number: int) -> None:
    """Upload one file after the other, each with bytes of its own, until told to stop."""
    luck = random.Random(number)  # noqa: S311 - repeatable on purpose
    while not stopped.is_set():
        size = luck.choice((2, 300, 3000)) * KILOBYTE
        body = b"%PDF-1.7\n" + luck.randbytes(16) + bytes(size)
        try:
            status, answer = server.send(body, "report.pdf")
        except (OSError, http.client.HTTPException, ValueError):
            sent.cut += 1
            time.sleep(0.01)
            continue
        if status == http.client.CREATED:
            sent.kept.append(hashlib.sha256(body).hexdigest())
        else:
            sent.wrong.append((status, answer))


def _whole(server: Server, kept: list[str]) -> list[Finding]:
    """Compare rows, files and answers."""
    rows, files = _rows(server), _files(server)
    outside = [
        path
        for path in server.files.rglob("*")
        if path.is_file()
        and path.relative_to(server.files).parts[0] not in {"artifacts", "tmp"}
    ]
    return [
        Finding(
            "rows without their whole file",
            sum(files.get(digest) != digest for digest in rows),
            len(rows),
        ),
        Finding(
            "files in their place with a wrong hash",
            sum(name != digest for name, digest in files.items()),
            len(files),
        ),
        Finding(
            "files lost after a 201",
            sum(digest not in rows or digest not in files for digest in kept),
            len(kept),
        ),
        Finding("leftovers outside tmp/", len(outside), len(files)),
        Finding("pieces of evidence without a revision", _incomplete(server), len(rows)),
    ]


def _swept(server: Server) -> list[Finding]:
    """Let a day pass and sweep once: only what a row points to is left."""
    before = len(list((server.files / "tmp").iterdir()))
    long_ago = time.time() - 2 * 86400
    for path in server.files.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    server.run("-c", SWEEP)
    left = len(list((server.files / "tmp").iterdir()))
    lost = set(_rows(server)) ^ set(_files(server))
    return [
        Finding("leftovers after one sweep", left, before),
        Finding("files that differ from the rows after it", len(lost), len(_rows(server))),
    ]


def _rows(server: Server) -> list[str]:
    return [str(row) for (row,) in _ask(server, "SELECT sha256 FROM evidence_artifact")]


def _incomplete(server: Server) -> int:
    query = "SELECT pk FROM (SELECT id AS pk FROM evidence_evidence WHERE "
    query += "latest_version_id IS NULL OR latest_verdict_id IS NULL)"
    return len(_ask(server, query))


def _ask(server: Server, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(server.folder / "srm.sqlite3")) as database:
        return database.execute(query).fetchall()


def _files(server: Server) -> dict[str, str]:
    """Return the name of each file in its place with the hash of what it holds."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (server.files / "artifacts").rglob("*")
        if path.is_file()
    }


def full(asked: Namespace, folder: Path) -> list[Finding]:
    """Fill a small disk, make it read-only, and mend both, without a restart."""
    server = Server(folder)
    server.prepare()
    with _small_disk(server.files) as mounted:
        if not mounted:
            return [Finding("small disks mounted: it takes root", 0, 1, 0, 0)]
        server.start()
        try:
            return list(_on_a_small_disk(server, asked))
        finally:
            server.stop()


def _on_a_small_disk(server: Server, asked: Namespace) -> Iterator[Finding]:
    times = max(1, asked.times // 20)
    kept = [_expect(server, b"first", 201)]
    filler = server.files / "filler"
    told = [_told(server, bytes(2 * SMALL_DISK)) for _ in range(times)]
    yield Finding(
        "507 for a file larger than the disk", told.count(507), times, times, times
    )
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(64 * KILOBYTE)):
            pass
    told = [_told(server, b"%d" % number * 70_000) for number in range(times)]
    yield Finding("507 on a full disk", told.count(507), times, times, times)
    yield Finding("files that can be read on a full disk", _readable(server), 1, 1, 1)
    filler.unlink()
    kept.append(_expect(server, b"second", 201))
    _mount("remount,ro", server.files)
    told = [_told(server, b"%d third" % number) for number in range(times)]
    yield Finding("503 on a read-only disk", told.count(503), times, times, times)
    _mount("remount,rw", server.files)
    kept.append(_expect(server, b"fourth", 201))
    leftovers = list((server.files / "tmp").iterdir())
    yield Finding("leftovers in tmp/ after all of it", len(leftovers), 3 * times)
    yield from _whole(server, [digest for digest in kept if digest])


def limited(asked: Namespace, folder: Path) -> list[Finding]:
    """Let no file be larger than a limit of the process, which needs no root."""
    limit = (LARGEST_FILE, LARGEST_FILE)
    server = Server(folder, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    server.prepare()
    server.start()
    times = max(1, asked.times // 40)
    try:
        told = [_told(server, bytes(LARGEST_FILE + number + 1)) for number in range(times)]
        kept = [_expect(server, b"afterwards", 201)]
    finally:
        server.stop()
    leftovers = list((server.files / "tmp").iterdir())
    return [
        Finding("507 beyond a limit of the process", told.count(507), times, times, times),
        Finding("leftovers in tmp/", len(leftovers), times),
        *_whole(server, kept),
    ]


def _told(server: Server, content: bytes) -> int:
    return server.send(b"%PDF-1.7\n" + content, "report.pdf")[0]


def _expect(server: Server, content: bytes, status: int) -> str:
    """Hand in a file; return its hash where it was answered so, else nothing."""
    body = b"%PDF-1.7\n" + content
    found = server.send(body, "report.pdf")[0]
    return hashlib.sha256(body).hexdigest() if found == status else ""


def _readable(server: Server) -> int:
    query = "SELECT uuid FROM evidence_evidence ORDER BY id LIMIT 1"
    uuid = str(_ask(server, query)[0][0])
    dashed = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
    return len(list(server.fetch(f"/api/v1/evidence/{dashed}/file/")))


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """Mount a disk of 4 MB; say whether that was allowed."""
    folder.mkdir(exist_ok=True)
    mounted = os.geteuid() == 0 and _mount(f"size={SMALL_DISK}", folder)
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(options: str, folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, check=False).returncode == 0


FAULTS = {
    "uploads-killed": killed,
    "uploads-on-a-full-disk": full,
    "uploads-beyond-a-limit": limited,
}
