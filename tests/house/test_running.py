"""SRM as `make run` starts it: answers, shows the sign-in once, stops cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def run_once(data: Path) -> tuple[str, int]:
    """Start, ask for a sign of life, press Ctrl-C; return what was said and the status."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(data / "no-such-home"),
        "PORT": str(port),
        "SRM_DATA_DIR": str(data),
        "SRM_EXAMPLE": "0",
    }
    said = []
    with subprocess.Popen(
        [sys.executable, "-m", "srm_project.embedded", "run"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C stops it" in line:
                address = f"http://127.0.0.1:{port}/healthz"
                with urllib.request.urlopen(address, timeout=10) as answer:
                    assert answer.status == 200
                process.send_signal(signal.SIGINT)
        return "".join(said), process.wait(timeout=30)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that nobody has started on."""
    return tmp_path_factory.mktemp("running") / "data"


@pytest.fixture(scope="module")
def first_start(data: Path) -> tuple[str, int]:
    """Return what the first start said, and its exit status."""
    return run_once(data)


def test_the_first_start_answers_shows_the_sign_in_and_stops_cleanly(first_start):
    said, status = first_start

    assert status == 0
    assert re.search(r"SRM is ready: .*\n +Sign in as \S+@\S+ with the password \S+", said)
    assert said.endswith("srm: stopped.\n")


@pytest.mark.usefixtures("first_start")
def test_nobody_else_may_read_what_it_keeps(data: Path):
    kept = [data, *data.iterdir()]

    assert len(kept) > 5
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


@pytest.mark.usefixtures("first_start")
def test_a_second_start_keeps_the_data_and_shows_no_password(data: Path):
    said, status = run_once(data)

    assert status == 0
    assert "SRM is ready" in said
    assert "password" not in said
    assert "preparing the database" not in said
