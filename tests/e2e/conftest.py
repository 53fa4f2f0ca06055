"""A real SRM, started as a newcomer starts it, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
STARTED_WITHIN = 120
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Installation:
    """A running SRM: where it answers, and the sign-in that it printed."""

    address: str
    data: Path
    email: str = ""
    password: str = ""
    printed: list[str] = field(default_factory=list)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command on this installation's data."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env={**plain_environment(), "SRM_DATA_DIR": str(self.data)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def plain_environment() -> dict[str, str]:
    """Return the environment of a newcomer: nothing of the tests, nothing of SRM's."""
    ours = ("SRM_", "DATABASE_URL", "BROKER_URL", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def srm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """SRM with its example, started by what `make run` starts."""
    port, data = free_port(), tmp_path_factory.mktemp("srm")
    process = subprocess.Popen(
        [sys.executable, "-m", "srm_project.embedded", "run"],
        cwd=REPOSITORY,
        env={
            **plain_environment(),
            "PORT": str(port),
            "SRM_DATA_DIR": str(data),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    installation = Installation(f"http://127.0.0.1:{port}", data)
    ready = threading.Event()
    listener = threading.Thread(target=_listen, args=(process, installation, ready))
    listener.start()
    try:
        if not ready.wait(STARTED_WITHIN):
            pytest.fail("SRM did not start:\n" + "".join(installation.printed))
        yield installation
    finally:
        process.terminate()
        process.wait(30)
        listener.join(10)
        assert process.stdout is not None
        process.stdout.close()


def _listen(
    process: subprocess.Popen[str], installation: Installation, ready: threading.Event
) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        installation.printed.append(line)
        found = re.search(r"Sign in as (\S+) with the password (\S+)", line)
        if found:
            installation.email, installation.password = found.groups()
        if "Ctrl-C stops it" in line:
            ready.set()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Its absence is a failure, never a skip."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, srm: Installation) -> Iterator[BrowserContext]:
    """A browser of its own for each test."""
    opened = browser.new_context(
        base_url=srm.address, viewport={"width": 1440, "height": 900}
    )
    opened.set_default_timeout(8_000)
    yield opened
    opened.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: refused scripts, errors, failed loads."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Page:
    """A page that notes what the browser complains about."""
    opened = context.new_page()
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    return opened


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in as a person does."""
    page.goto("/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    # Members of a team are shown their work, everybody else the overview.
    page.wait_for_url(re.compile(r"//[^/]+/(admin/)?$"))
