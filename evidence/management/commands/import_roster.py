"""Takes a roster from a file."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from controls.management.commands._base import DomainCommand
from controls.models import User
from controls.rules.permissions import Action
from controls.services import access, clock
from evidence.importers.rosters import plan_roster, read_roster
from evidence.management.commands._tables import opened, step, summary
from evidence.services import roster


class Command(DomainCommand):
    """Reads a roster and takes all of it, or nothing."""

    help = (
        "Take a roster from a CSV file: columns email and name, and as wanted team, "
        "joined_on, left_on, audiences. All of it or nothing; the same file again changes "
        "nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and how to go about it."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--complete",
            action="store_true",
            help="people on the roster whom the file does not name leave today",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Take it and say what changed."""
        access.require(by, Action.MANAGE_TRAINING)
        path, complete = options["file"], options["complete"]
        with opened(path) as file:
            read = read_roster(file, name=path.name)
        if options["dry_run"]:
            plan = plan_roster(read, complete=complete, today=clock.day(at))
        else:
            plan = roster.apply_roster(file=read, complete=complete, by=by, at=at)
        for one in plan.steps:
            self.stdout.write(step(one.row, one.what, one.email, one.differences))
        for line in summary(plan.name, plan.counts, dry_run=options["dry_run"]):
            self.stdout.write(line)
