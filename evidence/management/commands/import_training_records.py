"""Takes training records from a file."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from controls.management.commands._base import DomainCommand
from controls.models import User
from controls.services import clock
from evidence.importers.training_records import plan_records, read_records
from evidence.management.commands._tables import opened, step, summary
from evidence.services import training


class Command(DomainCommand):
    """Reads completions and takes all of them, or nothing."""

    help = (
        "Take training records from a CSV file: columns email, course and completed_on, "
        "and as wanted valid_until, score. All of it or nothing; the same file again "
        "changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and how to go about it."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Take them and say what changed."""
        path = options["file"]
        with opened(path) as file:
            read = read_records(file, name=path.name)
        if options["dry_run"]:
            plan = plan_records(read, user=by, today=clock.day(at))
            training.check_may_record(plan=plan, user=by)
        else:
            plan = training.import_records(file=read, by=by, at=at)
        for one in plan.steps:
            about = f"{one.person.email} {one.course.key} {one.completed_on}"
            self.stdout.write(step(one.row, one.what, about, one.differences))
        for line in summary(plan.name, plan.counts, dry_run=options["dry_run"]):
            self.stdout.write(line)
