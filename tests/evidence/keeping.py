"""Putting bytes into the store, and looking at what stands there."""

from __future__ import annotations

from pathlib import Path

from evidence.models import Artifact
from evidence.services import artifacts
from evidence.services.store import Draft
from tests.make import MONDAY


def keep(content: bytes) -> Artifact:
    """Store some bytes as they are, without a look at what they are."""
    draft = Draft("x.txt")
    draft.write(content)
    draft.seal()
    artifact, _ = artifacts.settle(file=draft, at=MONDAY)
    assert artifact is not None
    draft.discard()
    return artifact


def files(store: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in store.rglob("*") if path.is_file())
