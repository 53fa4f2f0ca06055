"""docs/curl.md, line by line as printed, with curl and jq."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import REPOSITORY, Installation, plain_environment

DOCUMENT = REPOSITORY / "docs" / "curl.md"

TOKEN = """
from datetime import timedelta
from django.utils import timezone
from controls.models import User
from controls.services import tokens
user = User.objects.get(email={email!r})
now = timezone.now()
_, text = tokens.create(user=user, name="curl", scope="write", team=None,
    expires_at=now + timedelta(days=1), by=user, at=now)
print("token", text)
"""


def token_of(srm: Installation, email: str) -> str:
    """Return a token of a person, as the page for tokens would show it once."""
    done = srm.manage("shell", "-c", TOKEN.format(email=email))
    found = re.search(r"^token (srm_\S+)$", done.stdout, re.MULTILINE)
    assert found is not None, done.stderr
    return found[1]


def blocks() -> list[str]:
    """Return the blocks of shell lines of the document."""
    return re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def said(srm: Installation, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block printed; the first line that fails stops the session."""
    for name in ("curl", "jq"):
        if shutil.which(name) is None:
            pytest.fail(f"{name} is not installed (Debian: apt-get install {name})")
    folder = tmp_path_factory.mktemp("curl")
    script = "\necho '=== next'\n".join(blocks())
    script = re.sub(r"^SRM=.*$", f"SRM={srm.address}", script, flags=re.MULTILINE)
    script = re.sub(
        r"^TOKEN=.*$", f"TOKEN={token_of(srm, srm.email)}", script, flags=re.MULTILINE
    )
    greta = token_of(srm, "greta@example.com")
    script = re.sub(r"^SECOND=.*$", f"SECOND={greta}", script, flags=re.MULTILINE)
    manage = f"SRM_DATA_DIR={srm.data} {REPOSITORY}/.venv/bin/python {REPOSITORY}/manage.py"
    script = script.replace(".venv/bin/python manage.py", manage)
    done = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert (
        Path(folder / "again.csv").read_bytes() == (folder / "patch-state.csv").read_bytes()
    )
    return done.stdout.split("=== next\n")


def test_the_session_shows_the_system_and_its_matrix(said: list[str]):
    assert '"Claims portal"' in said[1]
    assert '"ec2"' in said[1]
    assert '"kinds"' in said[2]
    assert '"told"' in said[2]


def test_the_session_decides_and_a_second_person_approves(said: list[str]):
    assert '"approved"' in said[3]
    assert '"do"' in said[3]


def test_the_session_hands_in_proof_that_closes_the_review(said: list[str]):
    assert '"accepted"' in said[4]
    assert '"outcome": "satisfied"' in said[4]


def test_the_session_reminds_and_reads_registers(said: list[str]):
    assert "sent" in said[5]
    lines = said[6].splitlines()
    assert "due_on" in lines[0]
    assert re.fullmatch(r"[0-9a-f]{64} +-", lines[-1])
