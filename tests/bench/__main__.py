"""Measure what SRM costs and print it as a table: python -m tests.bench --help.

Seeds a database of its own, a SQLite file or beside the one that TEST_DATABASE_URL names,
and removes it. Queries leave out BEGIN, SAVEPOINT and their like; peak MB is what came on
top of the idle process, for the cold start all of it.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments() -> Namespace:
    """Return the sizes asked for."""
    parser = ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--controls", type=int, default=1000, help="controls of a system")
    parser.add_argument("--rows", type=int, default=10_000, help="responsibilities listed")
    parser.add_argument("--services", type=int, default=30, help="services of a system")
    parser.add_argument("--only", default="", metavar="NAME", help="rows with this name")
    return parser.parse_args()


def prepare(folder: Path) -> None:
    """Set the environment of an installation of our own, and start Django."""
    for name in list(os.environ):
        if name.startswith("SRM_") or name in {"DATABASE_URL", "BROKER_URL", "CACHE_URL"}:
            del os.environ[name]
    os.environ["SRM_MODE"] = "embedded"
    os.environ["SRM_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "srm_project.settings"
    if os.environ.get("TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    import django

    django.setup()
    (folder / "static").mkdir()
    for handler in logging.root.handlers:
        if isinstance(handler, logging.StreamHandler):
            # What is logged costs its time, and does not hide the table.
            handler.setStream((folder / "log").open("a"))


def run(sizes: Namespace, folder: Path) -> int:
    """Measure and print; return 1 where a figure is too much, not by the clock only."""
    from django.db import connection

    from tests.bench.ground import Ground
    from tests.bench.measuring import table
    from tests.bench.rows import ROWS, migrations

    sqlite = connection.vendor == "sqlite"
    name = connection.settings_dict["NAME"]
    own = str(folder / "bench.sqlite3") if sqlite else f"bench_{name}"
    connection.settings_dict["TEST"]["NAME"] = own
    ground = Ground(sizes)
    lines = list(migrations(ground))
    try:
        for name, row in ROWS.items():
            if sizes.only in name:
                sys.stderr.write(f"{name} …\n")
                lines += row(ground)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print(f"\n{connection.vendor}\n\n{table(lines)}")
    return int(any(line.fails for line in lines))


if __name__ == "__main__":
    sizes = arguments()
    with tempfile.TemporaryDirectory(prefix="srm-bench-") as place:
        prepare(Path(place))
        sys.exit(run(sizes, Path(place)))
