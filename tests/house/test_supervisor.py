"""The supervisor starts, revives and ends real processes."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
WAIT = "import signal; signal.pause()"
ANSWER_AND_WAIT = f"open('answers', 'w'); {WAIT}"


@contextmanager
def supervised(
    folder: Path, *, web: str = ANSWER_AND_WAIT, worker: str = WAIT
) -> Iterator[subprocess.Popen[str]]:
    """Run the supervisor over two pieces of Python; end it if the test did not."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.house.small_supervisor", str(folder), web, worker],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """Return what it says, up to the wanted line or to its end."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if wanted in line:
            break
    return lines


def process_ids(folder: Path, name: str) -> list[int]:
    """Return the ids of every process that was started under this name."""
    return [int(word) for word in (folder / f"{name}.pids").read_text().split()]


def runs(process_id: int) -> bool:
    """Return whether the process runs; one that is dead but not yet collected does not."""
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_without_a_word_of_error(
    tmp_path: Path, number: signal.Signals
):
    with supervised(tmp_path, worker=f"open('up', 'w'); {WAIT}") as process:
        assert lines_until(process, "ready") == ["ready"]
        process.send_signal(number)

        assert lines_until(process, "nothing more") == []
        assert process.wait(timeout=10) == 0

    assert not runs(process_ids(tmp_path, "web")[0])


def test_a_dead_worker_is_started_again_and_said_in_one_line(tmp_path: Path):
    worker = """
import os, sys, signal
if os.path.exists("died"):
    open("answers", "w")
    signal.pause()
open("died", "w")
sys.exit(3)
"""
    with supervised(tmp_path, web=WAIT, worker=worker) as process:
        said = lines_until(process, "ready")
        process.terminate()
        process.wait(timeout=10)

    assert said[1:] == ["ready"]
    assert said[0].startswith("srm: the worker ended (exit code 3); starting it again in")
    assert len(process_ids(tmp_path, "the worker")) == 2


def test_what_a_dead_worker_left_running_is_ended(tmp_path: Path):
    """A worker carries beat as a process of its own; two beats must never run."""
    worker = f"""
import os, signal, subprocess, sys
if os.path.exists("beat"):
    open("answers", "w")
    signal.pause()
beat = subprocess.Popen([sys.executable, "-c", {WAIT!r}])
open("beat", "w").write(str(beat.pid))
os.kill(os.getpid(), signal.SIGKILL)
"""
    with supervised(tmp_path, web=WAIT, worker=worker) as process:
        said = lines_until(process, "ready")
        beat = int((tmp_path / "beat").read_text())
        process.terminate()
        process.wait(timeout=10)

    assert "ended (signal SIGKILL)" in said[0]
    assert not runs(beat)


def test_when_web_dies_all_ends_with_its_exit_code_and_its_last_lines(tmp_path: Path):
    web = "import sys; print('no such table'); sys.exit(3)"

    with supervised(tmp_path, web=web) as process:
        said = lines_until(process, "nothing more")
        status = process.wait(timeout=10)

    assert status == 3
    assert said[0] == "srm: the web server ended (exit code 3); stopping everything."
    assert "    no such table" in said


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path):
    web = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("answers", "w")
signal.pause()
"""
    with supervised(tmp_path, web=web) as process:
        lines_until(process, "ready")
        process.terminate()

        assert process.wait(timeout=10) == 0

    assert not runs(process_ids(tmp_path, "web")[0])


def test_no_child_outlives_a_supervisor_that_is_killed(tmp_path: Path):
    with supervised(tmp_path) as process:
        lines_until(process, "ready")
        web = os.pidfd_open(process_ids(tmp_path, "web")[0])
        process.kill()

        gone, _, _ = select.select([web], [], [], 10)
        os.close(web)

    assert gone == [web]
