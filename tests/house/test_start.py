"""`python -m srm_project.embedded` refuses in one line what it cannot do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from srm_project.embedded import commands
from srm_project.embedded.options import lock, read_options

REPOSITORY = Path(__file__).resolve().parents[2]


def start(mode: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "srm_project.embedded", mode],
        cwd=REPOSITORY,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_is_one_line_that_names_a_way_out(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        result = start("run", PORT=str(port), SRM_DATA_DIR=str(tmp_path))

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"srm: port {port} is in use; stop the program that uses it, "
        f"or choose another port: make run PORT={port + 1}"
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_data_folder_is_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")

    result = start("setup", SRM_DATA_DIR=str(tmp_path / "file" / "data"))

    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "cannot be written (Not a directory)" in result.stderr


def test_a_second_srm_on_the_same_data_is_one_line(tmp_path: Path):
    with lock(tmp_path):
        result = start("setup", SRM_DATA_DIR=str(tmp_path))

    assert result.returncode == 1
    assert result.stderr == (
        f"srm: another SRM (process {os.getpid()}) already runs "
        f"on the data folder {tmp_path}.\n"
    )


def test_an_unknown_mode_says_which_there_are():
    result = start("walk")

    assert result.returncode == 2
    assert result.stderr == "usage: python -m srm_project.embedded run|setup\n"


def test_web_listens_on_this_machine_alone_and_the_queues_are_the_two_of_the_design():
    options = read_options({"PORT": "8123", "SRM_DATA_DIR": "elsewhere"})

    web = commands.web(options, {})
    sweeps, exports = commands.workers(options, {})

    assert "127.0.0.1:8123" in web.command
    assert sweeps.command[sweeps.command.index("--queues") + 1] == "celery"
    assert exports.command[exports.command.index("--queues") + 1] == "exports"
    assert "--beat" in sweeps.command
    assert "--beat" not in exports.command
    assert str(options.data_dir / "beat-schedule") in sweeps.command


def test_a_port_nobody_listens_on_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

    assert not commands.answers(port)
