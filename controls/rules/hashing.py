"""The seal of the audit trail: canonical JSON and the chain of hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
"""What the first event builds on."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one byte string for a JSON object: sorted keys, no spaces, UTF-8 (RFC 8785
    in spirit).

    Only strings, whole numbers, booleans, null, lists and objects may occur: floats would
    not be written the same everywhere.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def seal(event: Mapping[str, Any], *, previous: str) -> str:
    """Return the SHA-256 of the event with the hash before it."""
    return hashlib.sha256(canonical({**event, "previous_hash": previous})).hexdigest()


def stamp(at: datetime) -> str:
    """Return an instant in UTC with microseconds, always of one length."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"
