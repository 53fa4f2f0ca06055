"""From what is printed to OSCAL's tokens."""

from __future__ import annotations

import re

ENHANCEMENT = re.compile(r"\((\w+)\)")


def control_token(label: str) -> str:
    """Return the OSCAL token of a printed id: `AC-2(1)` → `ac-2.1`, `12.8.5` → `_12.8.5`.

    A token begins with a letter or an underscore and holds letters, digits, dots, hyphens
    and underscores (OSCAL datatype `token`). Zero-padded numbers lose their zeroes. A token
    stays
    as it is. Raises ValueError where nothing is left.
    """
    text = ENHANCEMENT.sub(r".\1", "".join(label.split())).lower()
    text = re.sub(r"[^a-z0-9._-]+", "-", text).strip("-.")
    text = re.sub(r"(^|[-.])0+(?=[0-9])", r"\1", text)
    if not text:
        raise ValueError(f"{label!r} holds no id.")
    return text if text[0].isalpha() or text[0] == "_" else f"_{text}"
