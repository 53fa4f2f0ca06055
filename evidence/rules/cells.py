"""Cells of a sheet that no program takes for a formula (CWE-1236, OWASP CSV injection).

What a sheet would run gets an apostrophe in front, which says "text" to it. Every import
takes it off again, so that what went out comes back unchanged.
"""

from __future__ import annotations

import re

MARK = "'"

_UNSEEN = "\\s\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
_UNSEEN += (
    "\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
)
RUN = re.compile(
    f"[{_UNSEEN}]*[=+\\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05\ufe62\ufe63\ufe66\ufe6b\u2212]|[\t\r\n{MARK}]"
)
"""How a cell begins that a sheet may run, or would read as marked:

a sign of a formula, plain or full-width, whatever stands before it unseen; a tab or a line
break; the mark itself.
"""


def defuse(text: str) -> str:
    """Return the text as a cell that stays text."""
    return MARK + text if RUN.match(text) else text


def restore(text: str) -> str:
    """Return what a cell said before it was defused."""
    return text.removeprefix(MARK)
