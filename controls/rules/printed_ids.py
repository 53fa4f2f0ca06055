"""Ids of NIST SP 800-53 controls as people print them, and as OSCAL names them.

`AC-1(a)`, `AC-02 (07) (a)`, `AC-2(3)(a)`, `ac-2 (d)(1)`: an enhancement is a number in
brackets, a statement a letter, and what follows a letter is a part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SHAPE = re.compile(
    r"(?P<family>[A-Za-z]{2,3})\s*[-\u2010\u2011\u2013]\s*(?P<number>[0-9]{1,3})"
    r"(?P<rest>(?:\s*\(\s*[A-Za-z0-9]{1,3}\s*\))*)\s*\.?"
)
BRACKET = re.compile(r"\(\s*([A-Za-z0-9]{1,3})\s*\)")


@dataclass(frozen=True, slots=True)
class Named:
    """What a printed id names: a control, and a statement of it or all of them."""

    control_id: str
    parts: tuple[str, ...] = ()

    @property
    def statement_id(self) -> str:
        """Return OSCAL's id of the statement: `ac-2_smt.a`, `ac-3_smt` for all of it."""
        return ".".join((f"{self.control_id}_smt", *self.parts))


def read(printed: str) -> Named | None:
    """Return what a printed id names, None where it is not of this shape.

    A number in the first brackets is an enhancement; everything after it is a statement.
    """
    found = SHAPE.fullmatch(" ".join(printed.split()))
    if found is None:
        return None
    control = f"{found['family'].lower()}-{int(found['number'])}"
    brackets = [text.lower() for text in BRACKET.findall(found["rest"])]
    if brackets and brackets[0].isdecimal():
        control = f"{control}.{int(brackets.pop(0))}"
    if brackets and brackets[0].isdecimal():
        return None
    return Named(control, tuple(_part(text) for text in brackets))


def _part(text: str) -> str:
    return str(int(text)) if text.isdecimal() else text
