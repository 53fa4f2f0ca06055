"""From what is printed to OSCAL's tokens."""

from __future__ import annotations

import re

NIST = re.compile(r"([a-z]{2})-0*([0-9]+)((?:\.0*[0-9]+)*)")
ENHANCEMENT = re.compile(r"\((\w+)\)")


def control_token(label: str) -> str:
    """Return the OSCAL token of a printed id: `AC-2(1)` → `ac-2.1`, `12.8.5` → `_12.8.5`.

    A token begins with a letter or an underscore and holds letters, digits, dots, hyphens
    and underscores (OSCAL datatype `token`). Ids in the form of SP 800-53 lose the zeroes
    that pad them (`AC-02 (07)` → `ac-2.7`), as in NIST's catalog; others keep theirs
    (`GV.PO-01` → `gv.po-01`). A token stays as it is. Raises ValueError where nothing is
    left.
    """
    text = ENHANCEMENT.sub(r".\1", "".join(label.split())).lower()
    text = re.sub(r"[^a-z0-9._-]+", "-", text).strip("-.")
    if not text:
        raise ValueError(f"{label!r} holds no id.")
    found = NIST.fullmatch(text)
    if found:
        enhancements = re.sub(r"\.0*([0-9])", r".\1", found[3])
        return f"{found[1]}-{found[2]}{enhancements}"
    return text if text[0].isalpha() or text[0] == "_" else f"_{text}"
