"""A real worker on a real broker and database, to be killed and fed with garbage."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from kombu import Queue
from redis import Redis

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
QUEUE, SEND = "controls.queue_due_reminders", "controls.send_messages"
OURS = ("SRM_", "DATABASE_URL", "BROKER_URL", "CACHE_URL", "STORAGE_URL", "EMAIL_URL")


@dataclass
class Stack:
    """Workers of an installation below a folder, on the database of the address.

    The broker is a folder, or the Redis that TEST_BROKER_URL names, in a number of its own.
    """

    folder: Path
    database: str
    number: int
    """Of the Redis database: two stacks at once must not take each other's hints."""
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.redis is not None:
            self.redis.flushdb()

    @property
    def broker(self) -> str:
        """Return the address of the broker; empty for the folder."""
        given = os.environ.get("TEST_BROKER_URL", "")
        return urlsplit(given)._replace(path=f"/{self.number}").geturl() if given else ""

    @property
    def redis(self) -> Redis | None:
        """Return a client of the broker, where it is Redis."""
        return Redis.from_url(self.broker) if self.broker else None

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of its processes: digests go at any hour, mails as files."""
        kept = {key: v for key, v in os.environ.items() if not key.startswith(OURS)}
        told = {
            "SRM_MODE": "embedded",
            "SRM_DATA_DIR": str(self.folder),
            "SRM_DIGEST_HOUR": "0",
            "DJANGO_SETTINGS_MODULE": "srm_project.settings",
            "DATABASE_URL": self.database,
            "EMAIL_URL": f"file://{self.mails}",
        }
        return {**kept, **told, **({"BROKER_URL": self.broker} if self.broker else {})}

    @property
    def mails(self) -> Path:
        """Return the folder of mails."""
        return self.folder / "mail"

    @property
    def messages(self) -> Path:
        """Return the folder of the broker, where it is one."""
        return self.folder / "queue" / "messages"

    def start(self) -> subprocess.Popen[bytes]:
        """Start a worker, as one that is supervised is started; return its process."""
        solo = ("--pool", "solo")
        several = ("--concurrency", "2")
        with (self.folder / "worker.log").open("ab") as log:
            worker = subprocess.Popen(  # noqa: S603 - our own lines
                [
                    *(sys.executable, "-m", "celery", "--app", "srm_project", "worker"),
                    *("--queues", "celery", "--loglevel", "INFO"),
                    *("--without-mingle", "--without-gossip", "--without-heartbeat"),
                    *(several if self.broker else solo),
                ],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker and its children, as a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(30)

    def stop(self) -> None:
        """End what was started and leave nothing behind at the broker."""
        for worker in self.started:
            self.kill(worker)
        if self.redis is not None:
            self.redis.flushdb()

    def hint(self, *tasks: str) -> None:
        """Publish what beat would."""
        # Not the current application of this process: the tasks of ours would bind to it.
        app = Celery("hints", broker=self.broker or "filesystem://", set_as_current=False)
        app.conf.task_queues = [Queue("celery")]
        if not self.broker:
            self.messages.mkdir(parents=True, exist_ok=True)
            app.conf.broker_transport_options = {
                "data_folder_in": str(self.messages),
                "data_folder_out": str(self.messages),
                "control_folder": str(self.messages.with_name("control")),
            }
        with app.connection_for_write() as connection:
            for task in tasks:
                app.send_task(task, connection=connection, queue="celery")

    def run(self, *arguments: str) -> str:
        """Run manage.py to its end; return what it printed."""
        done = subprocess.run(  # noqa: S603 - our own lines
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        """Return what the workers said."""
        return (self.folder / "worker.log").read_text(errors="replace")

    def header_ids(self) -> list[str]:
        """Return the Message-ID of each mail, whole or cut off, in no order."""
        text = "".join(path.read_text(errors="replace") for path in self.mails.glob("*"))
        return re.findall(r"^Message-ID:\s+(<[^>]+>)", text, re.MULTILINE)

    def wait(self, until: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Return the first true answer; fail where none comes in time."""
        deadline = time.monotonic() + patience
        while not (answer := until()):
            if time.monotonic() > deadline:
                raise AssertionError(f"never: {what}\n{self.log()[-4000:]}")
            time.sleep(0.02)
        return answer

    def litter(self, *payloads: bytes) -> None:
        """Put bytes onto the queue that no task of ours is made of."""
        if self.redis is not None:
            for payload in payloads:
                self.redis.lpush("celery", payload)
            return
        self.messages.mkdir(parents=True, exist_ok=True)
        for number, payload in enumerate(payloads):
            # Names that sort before those of whole messages, so these are read first.
            (self.messages / f"0_{number}.celery.msg").write_bytes(payload)
