"""Shows how two systems differ, or one system at two dates."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from controls.management.commands._comparing import ComparingCommand, system_of
from controls.models import System, User
from controls.queries.comparing import between_dates, between_systems
from controls.rules.comparison import Comparison
from controls.rules.moments import Moment, moment_of_day
from controls.services.clock import day, zone


class Command(ComparingCommand):
    """Compares what is derived, decided and due."""

    help = (
        "Show which controls, duties and reviews differ between two systems, or between "
        "two dates of one system."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the other end."""
        super().add_arguments(parser)
        other = parser.add_mutually_exclusive_group(required=True)
        other.add_argument("--with", dest="other", metavar="KEY", help="another system")
        other.add_argument(
            "--from", dest="since", metavar="DATE", help="how it stood on that day"
        )
        parser.add_argument(
            "--to",
            default="",
            metavar="DATE",
            help="with --from: today, unless said; a later day as planned",
        )

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Compare and show."""
        system = system_of(options["system"], by=by)
        if options["other"]:
            found = between_systems(
                system=system,
                other=system_of(options["other"], by=by),
                moment=Moment(as_of=at, on=day(at)),
            )
        else:
            found = _dates(system, options["since"], options["to"], at)
        self.show(found, **options)


def _dates(system: System, since: str, to: str, at: datetime) -> Comparison:
    texts = (("from", since), ("to", to or str(day(at))))
    before, after = (
        moment_of_day(text, place=name, now=at, zone=zone()) for name, text in texts
    )
    return between_dates(system=system, before=before, after=after)
