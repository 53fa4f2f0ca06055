"""Shows what would change if a system's services came and went."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from controls.management.commands._comparing import ComparingCommand, system_of
from controls.models import User
from controls.queries.what_if import what_if
from controls.rules.comparison import named
from controls.services.clock import day


class Command(ComparingCommand):
    """Derives the system with other services and compares it with today."""

    help = (
        "Show which controls, duties and reviews change if a system used other services. "
        "Nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the service variants."""
        super().add_arguments(parser)
        for name in ("--add", "--remove"):
            parser.add_argument(
                name,
                nargs="+",
                action="extend",
                default=[],
                metavar="VARIANT",
                help=f"service variants to {name[2:]}, such as ec2 or rds.aurora",
            )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Compare and show."""
        found = what_if(
            system=system_of(options["system"], by=by),
            add=named(options["add"]),
            remove=named(options["remove"]),
            on=day(at),
        )
        self.show(found, **options)
