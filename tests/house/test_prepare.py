"""What `make setup` says on machines that lack something, before .venv exists."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = ("make", "sh", "cmp", "mkdir", "rm", "cp")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with what runs before any package is installed, and no .venv."""
    folder = tmp_path / "checkout"
    (folder / "srm_project" / "embedded").mkdir(parents=True)
    for name in ("Makefile", "srm_project/embedded/prepare.sh"):
        shutil.copy(REPOSITORY / name, folder / name)
    shutil.copytree(REPOSITORY / "requirements", folder / "requirements")
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return the only folder of programs of a machine that has no python3 yet."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    return programs


def give_python(machine: Path, prelude: str) -> None:
    """Put a python3 on the machine that runs `prelude` before what it is asked to run."""
    script = machine / "python3"
    code = f"import sys; {prelude}; exec(sys.argv[2])"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    script.chmod(0o755)


def make(checkout: Path, machine: Path, target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", target],
        cwd=checkout,
        env={"PATH": str(machine), "HOME": str(checkout / "no-such-home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(result: subprocess.CompletedProcess[str]) -> str:
    """Return our one line; make adds one of its own, and nothing else may be there."""
    ours, makes = result.stderr.splitlines()
    assert makes.startswith("make: ***")
    assert ours.startswith("srm: ")
    return ours


def test_a_machine_without_python_is_told_what_to_install(checkout: Path, machine: Path):
    result = make(checkout, machine, "setup")

    assert result.returncode != 0
    assert "python3 was not found; SRM needs Python 3.11" in said(result)
    assert "apt-get install python3 python3-venv" in said(result)


def test_an_old_python_is_named_with_its_version(checkout: Path, machine: Path):
    give_python(machine, "sys.version_info = (3, 9, 2)")

    result = make(checkout, machine, "run")

    assert result.returncode != 0
    assert "python3 is Python 3.9; SRM needs 3.11 or newer" in said(result)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_names_the_package(
    checkout: Path, machine: Path, module: str
):
    give_python(machine, f"sys.modules['{module}'] = None")

    result = make(checkout, machine, "run")

    assert result.returncode != 0
    assert "no venv module" in said(result)
    assert "apt-get install python3-venv" in said(result)


def test_a_checkout_that_cannot_be_written_is_named(checkout: Path, machine: Path):
    give_python(machine, "pass")
    (checkout / ".venv").write_text("in the way")

    result = make(checkout, machine, "setup")

    assert result.returncode != 0
    assert f"the folder {checkout} cannot be written" in said(result)


def test_packages_that_are_installed_are_not_installed_again(checkout: Path, machine: Path):
    """Nothing is there to install them with, and nothing is said."""
    record = checkout / ".venv" / ".installed" / "dev"
    shutil.copytree(checkout / "requirements", record)
    (checkout / ".venv" / "bin").mkdir()
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)

    result = make(checkout, machine, "main-packages")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_changed_lock_is_installed(checkout: Path, machine: Path):
    record = checkout / ".venv" / ".installed" / "main"
    shutil.copytree(checkout / "requirements", record)
    (checkout / ".venv" / "bin").mkdir()
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    with (checkout / "requirements" / "main.txt").open("a") as lock:
        lock.write("# changed\n")

    result = make(checkout, machine, "main-packages")

    assert result.returncode != 0
    assert "python3 was not found" in said(result)


def test_help_lists_every_target_people_use():
    result = subprocess.run(
        ["make"],
        cwd=REPOSITORY,
        env=os.environ | {"MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    for target in (
        "run",
        "setup",
        "test",
        "check",
        "fix",
        "bench",
        "faults",
        "e2e",
        "help",
    ):
        assert f"make {target} " in result.stdout


@pytest.mark.parametrize(
    "lock", sorted(REPOSITORY.glob("requirements/*.txt")), ids=lambda lock: lock.name
)
def test_locks_are_hashed_and_name_no_host(lock: Path):
    text = lock.read_text()
    entries = [
        line for line in text.splitlines() if line and not line.startswith(("#", " "))
    ]

    assert "://" not in text
    assert entries
    assert all("==" in entry and entry.endswith("\\") for entry in entries)
    assert text.count("--hash=sha256:") >= len(entries)
