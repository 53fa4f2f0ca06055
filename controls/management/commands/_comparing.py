"""What the commands that compare share: a visible system, text or JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from controls.errors import NotFoundError
from controls.management.commands._base import DomainCommand
from controls.models import System, User
from controls.rules.comparison import Comparison
from controls.rules.telling import as_data, lines


class ComparingCommand(DomainCommand):
    """A command that shows a comparison. It changes nothing.

    `--by` says through whose eyes; the built-in user sees every system.
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the system, and the form of the answer."""
        super().add_arguments(parser)
        parser.add_argument("--system", required=True, metavar="KEY")
        parser.add_argument(
            "--json", action="store_true", help="as the API answers, for other programs"
        )

    def show(self, found: Comparison, **options: Any) -> None:
        """Write the comparison."""
        if options["json"]:
            told = json.dumps(as_data(found), cls=DjangoJSONEncoder, ensure_ascii=False)
            self.stdout.write(told)
            return
        for line in lines(found):
            self.stdout.write(line)


def system_of(key: str, *, by: User) -> System:
    """Return the system that the person sees. Raises NotFoundError."""
    visible = System.objects.visible_to(by).select_related("provider")
    found = visible.filter(key=key).first()
    if found is None:
        raise NotFoundError(f"There is no system {key}.")
    return found
