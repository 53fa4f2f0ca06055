"""Cells of a sheet that no program takes for a formula (CWE-1236, OWASP CSV injection).

What a sheet would run gets an apostrophe in front, which says "text" to it. Every import
takes it off again, so that what went out comes back unchanged.
"""

from __future__ import annotations

import unicodedata

MARK = "'"
SIGNS = frozenset("=+-@|%\N{MINUS SIGN}")
"""What a formula, a command (DDE) or an import of a sheet begins with."""
BREAKS = frozenset("\t\r\n")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zs", "Zl", "Zp"})
"""Unicode categories of what a reader does not see before a sign, and a sheet may skip."""


def defuse(text: str) -> str:
    """Return the text as a cell that stays text."""
    return MARK + text if _is_risky(text) else text


def restore(text: str) -> str:
    """Return what a cell said before it was defused.

    An apostrophe that no register would have put there belongs to the text: `'t Hooft`.
    """
    bare = text.removeprefix(MARK)
    return bare if defuse(bare) == text else text


def _is_risky(text: str) -> bool:
    """Say whether a sheet may run the text, or would read it as marked already."""
    if not text or text[0].isalnum():
        return False
    if text[0] in BREAKS or text[0] == MARK:
        return True
    for letter in text:
        # Full-width and other forms of a sign count as the sign (NFKC).
        if letter in SIGNS or unicodedata.normalize("NFKC", letter)[0] in SIGNS:
            return True
        if unicodedata.category(letter) not in UNSEEN:
            return False
    return False
