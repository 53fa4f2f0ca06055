"""Kill, freeze and fill things, and count what is lost: python -m tests.faults --help.

Every module beside this one that holds `FAULTS`, name → function, is asked. A function
takes the arguments and a folder of its own, and returns a Finding for each thing counted.
Seeds databases of its own: SQLite, or beside the one that TEST_DATABASE_URL names.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from tests.faults.finding import Finding


def arguments() -> Namespace:
    """Return how often, and which."""
    parser = ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--times", type=int, default=200, help="faults of each kind")
    parser.add_argument("--rows", type=int, default=200, help="rows that are under way")
    parser.add_argument("--only", default="", metavar="NAME", help="faults with this name")
    return parser.parse_args()


def faults() -> dict[str, Any]:
    """Return every fault by its name."""
    here = Path(__file__).parent
    found: dict[str, Any] = {}
    for path in sorted(here.glob("*.py")):
        if path.stem != "__main__":
            module = importlib.import_module(f"tests.faults.{path.stem}")
            found |= getattr(module, "FAULTS", {})
    return found


def main(asked: Namespace) -> int:
    """Cause the faults and print what was found; return 1 where something was lost."""
    lines: list[Finding] = []
    for name, cause in faults().items():
        if asked.only not in name:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="srm-faults-") as folder:
            lines += cause(asked, Path(folder))
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    for line in lines:
        print(line)
    return int(not lines or any(line.fails for line in lines))


if __name__ == "__main__":
    sys.exit(main(arguments()))
