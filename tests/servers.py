"""A real web server on an installation of its own, for what must be measured or killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
BOUNDARY = "------------------------d74496d66958873e"
PEOPLE = """
import django
django.setup()
from django.utils import timezone
from controls.models import Team
from tests.make import make_api_token, make_member, make_team
now = timezone.now()
_, text = make_api_token(make_member(make_team("bench")), at=now)
print(text)
"""


@dataclass
class Server:
    """An embedded installation below a folder, with a contributor of the team `bench`."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    """Run in the server's process before it becomes the server."""
    application: str = "srm_project.wsgi:application"
    arguments: tuple[str, ...] = ()
    """Of gunicorn, besides those of the embedded installation."""
    port: int = 0
    token: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of its processes."""
        kept = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith("SRM_")
            and name not in {"DATABASE_URL", "BROKER_URL", "CACHE_URL", "STORAGE_URL"}
        }
        return {
            **kept,
            "SRM_MODE": "embedded",
            "SRM_DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "srm_project.settings",
            **self.variables,
        }

    @property
    def files(self) -> Path:
        """Return the folder of its store."""
        return self.folder / "files"

    def prepare(self) -> None:
        """Make its database and its people."""
        self.folder.mkdir(exist_ok=True)
        self.run("manage.py", "migrate", "--verbosity", "0")
        self.run("manage.py", "createcachetable")
        self.token = self.run("-c", PEOPLE).strip().splitlines()[-1]

    def run(self, *arguments: str) -> str:
        """Run Python in it; return what it printed."""
        done = subprocess.run(  # noqa: S603 - our own lines
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own lines
                [
                    *(sys.executable, "-m", "gunicorn", self.application),
                    *("--bind", f"{HOST}:{self.port}", "--worker-class", "gthread"),
                    *("--workers", "1", "--threads", "8", "--no-control-socket"),
                    *self.arguments,
                ],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self.before,
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "web.log").read_text()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the server and its worker, by SIGKILL if asked."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            self.process.wait(30)
            self.process = None

    def worker(self) -> int:
        """Return the process id of the one worker."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        deadline = time.monotonic() + 30
        while not (found := children.read_text().split()):
            assert time.monotonic() < deadline, "there is no worker"
            time.sleep(0.005)
        return int(found[0])

    def send(
        self, content: bytes, name: str = "report.txt", title: str = "Report"
    ) -> tuple[int, dict[str, Any]]:
        """Hand in a file; return the status and the answer.

        Raises OSError and HTTPException where the server goes away meanwhile.
        """
        return self.post(multipart(content, name, title))

    def post(self, body: bytes | bytearray) -> tuple[int, dict[str, Any]]:
        """Hand in a form that is made already; return and raise as `send` does."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }
        try:
            connection.request("POST", "/api/v1/evidence/", body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def fetch(self, path: str) -> Iterator[bytes]:
        """Yield what an address answers, in blocks."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            assert answer.status == http.client.OK
            while block := answer.read(1024 * 1024):
                yield block
        finally:
            connection.close()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def multipart(content: bytes, name: str, title: str) -> bytes:
    """Return a form with a file, as curl sends it."""
    fields = {"team": "bench", "title": title, "kind": "report"}
    before = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    parts = [f'{before}"{key}"\r\n\r\n{text}\r\n'.encode() for key, text in fields.items()]
    file = f'{before}"file"; filename="{name}"\r\n\r\n'.encode()
    return b"".join([*parts, file, content, f"\r\n--{BOUNDARY}--\r\n".encode()])
