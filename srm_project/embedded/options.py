"""What the environment asks of an embedded start, and the one-line refusals."""

import errno
import fcntl
import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parents[2]


class Refusal(Exception):  # noqa: N818  (it is an answer to the user, not a fault)
    """SRM cannot start here; the message is the one line the user reads."""


@dataclass(frozen=True)
class Options:
    """The choices of one embedded start."""

    port: int
    data_dir: Path
    example: bool

    @property
    def address(self) -> str:
        """Where a browser on this machine finds SRM."""
        return f"http://{HOST}:{self.port}/"

    @property
    def logs(self) -> Path:
        """The folder of the log files of web and workers."""
        return self.data_dir / "logs"

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of every child process."""
        return {
            "DJANGO_SETTINGS_MODULE": "srm_project.settings",
            **inherited,
            "SRM_DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }


def read_options(environ: Mapping[str, str]) -> Options:
    """Return the options the environment asks for; refuse what cannot be understood."""
    folder = environ.get("SRM_DATA_DIR") or "var"
    return Options(
        port=_read_port(environ.get("PORT") or "8000"),
        data_dir=(REPOSITORY / Path(folder).expanduser()).resolve(),
        example=environ.get("SRM_EXAMPLE", "1").strip().lower() not in {"0", "false", "no"},
    )


def _read_port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Refusal(f"PORT={text} is not a port; choose a number from 1 to 65535.")
    return int(text)


def require_free_port(port: int) -> None:
    """Refuse when another program listens on the port, or when we may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Refusal(
                    f"port {port} is in use; stop the program that uses it, "
                    f"or choose another port: make run PORT={_another(port)}"
                ) from None
            raise Refusal(f"port {port} cannot be used: {error.strerror}.") from None


def _another(port: int) -> int:
    return port + 1 if port < 65535 else 8000


def require_writable(folder: Path) -> None:
    """Create the folder; refuse when nothing can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refusal(
            f"the data folder {folder} cannot be written ({error.strerror}); "
            "choose another one: make run SRM_DATA_DIR=…"
        ) from None


def lock(folder: Path) -> IO[str]:
    """Return an open lock on the data folder; refuse when another SRM holds it.

    The kernel drops the lock with the process, so a crash leaves nothing to clean.
    """
    held = (folder / "run.lock").open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.seek(0)
        owner = held.read().strip() or "unknown"
        held.close()
        raise Refusal(
            f"another SRM (process {owner}) already runs on the data folder {folder}."
        ) from None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held
