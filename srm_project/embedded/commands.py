"""The processes of an embedded SRM, as command lines."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from srm_project.embedded.children import Child
from srm_project.embedded.options import HOST, REPOSITORY, Options


def web(options: Options, environment: Mapping[str, str]) -> Child:
    """Return the web server: eight threads in one process, as SQLite has one writer."""
    command = [
        *_module("gunicorn"),
        "srm_project.wsgi:application",
        *("--bind", f"{HOST}:{options.port}"),
        *("--worker-class", "gthread"),
        *("--workers", "1"),
        *("--threads", "8"),
        *("--graceful-timeout", "3"),
        *("--access-logfile", "-"),
        # It would live below HOME, which may be absent or read-only.
        "--no-control-socket",
    ]
    return _child("the web server", command, options.logs / "web.log", environment)


def workers(options: Options, environment: Mapping[str, str]) -> list[Child]:
    """Return the worker of sweeps, which carries beat, and the one of long exports."""
    schedule = str(options.data_dir / "beat-schedule")
    sweeps = [*_worker("celery"), "--beat", "--schedule", schedule]
    return [
        _child("the worker of sweeps", sweeps, options.logs / "worker.log", environment),
        _child(
            "the worker of exports",
            _worker("exports"),
            options.logs / "exports.log",
            environment,
        ),
    ]


def set_up() -> list[str]:
    """Return the command that prepares the database and prints a new sign-in."""
    return _module("srm_project.embedded.steps")


def answers(port: int) -> bool:
    """Return whether the web server says that it is alive."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _worker(queue: str) -> list[str]:
    return [
        *_module("celery"),
        *("--app", "srm_project"),
        "worker",
        *("--queues", queue),
        *("--hostname", f"{queue}@srm"),
        *("--pool", "solo"),
        *("--loglevel", "INFO"),
        # They talk to other workers over the broker; here there is one of each.
        "--without-mingle",
        "--without-gossip",
    ]


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


def _child(
    name: str, command: list[str], log: Path, environment: Mapping[str, str]
) -> Child:
    return Child(
        name=name, command=command, log=log, environment=environment, folder=REPOSITORY
    )
