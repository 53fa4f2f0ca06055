"""Write the documents that are made from code: python docs/generate.py [--check].

With --check nothing is written, and what differs is named: exit code 1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def registers() -> str:
    """Return docs/registers.md: its text, and each register with its columns."""
    from evidence.exports.registers import REGISTERS
    from evidence.exports.tables import TYPES

    parts = [(HERE / "registers.head.md").read_text().rstrip()]
    types = [(f"`{name}`", meaning) for name, meaning in TYPES.items()]
    parts.append(f"## Types\n\n{_table(('type', 'what it looks like'), types)}")
    for register in REGISTERS.values():
        columns = [
            (f"`{column.name}`", column.type, column.meaning) for column in register.columns
        ]
        parts.append(
            f"## `{register.name}`\n\n"
            f"{register.meaning}\n\n"
            f"* Rows: in {_article(register.order)}.\n"
            f"* `system=` leaves {register.system}.\n"
            f"* `team=` leaves {register.team}.\n"
            f"* `on=` decides {register.on}.\n\n"
            f"{_table(('column', 'type', 'meaning'), columns)}"
        )
    return "\n\n".join(parts) + "\n"


def _article(order: str) -> str:
    return order if order.startswith("the ") else f"the order of {order}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


DOCUMENTS: dict[str, Callable[[], str]] = {"registers.md": registers}


def main() -> int:
    """Write or compare all of them."""
    import django

    django.setup()
    differing = []
    for name, made in DOCUMENTS.items():
        path, text = HERE / name, made()
        if path.exists() and path.read_text() == text:
            continue
        differing.append(name)
        if "--check" not in sys.argv:
            path.write_text(text)
    told = "differs from the code: run" if "--check" in sys.argv else "written by"
    for name in differing:
        sys.stdout.write(f"docs/{name} {told} python docs/generate.py\n")
    return int("--check" in sys.argv and bool(differing))


if __name__ == "__main__":
    sys.exit(main())
