"""What our commands share: who acts, when, progress, one line where something is wrong."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from controls.errors import DomainError, InvalidFileError, NotFoundError
from controls.models import User
from controls.services.setup import system_user


class DomainCommand(BaseCommand):
    """A command that changes something for somebody.

    A subclass overrides `act`. What a rule refuses is one line on standard error, after one
    for each thing that is wrong in a file, and exit code 1.
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who acts."""
        parser.add_argument(
            "--by", default="", metavar="EMAIL", help="who acts; else SRM itself"
        )

    def handle(self, *args: Any, by: str, **options: Any) -> None:
        """Act, or say in one line why not."""
        try:
            self.act(by=actor(by), at=timezone.now(), **options)
        except DomainError as error:
            self.finish_progress()
            self.tell_faults(error)
            raise CommandError(error.message) from None

    def act(self, *, by: User, at: datetime, **options: Any) -> None:
        """Do what the command is for."""
        raise NotImplementedError

    def tell(self, step: str) -> None:
        """Say how far it is: one moving line on a terminal, plain lines elsewhere."""
        if self.stderr.isatty():
            self.stderr.write(f"\r\x1b[K{step} …", ending="")
            self.stderr.flush()
        else:
            self.stderr.write(step)

    def tell_faults(self, error: DomainError) -> None:
        """Say, a line each, what is wrong in a file, and how much more there is."""
        if isinstance(error, InvalidFileError):
            for fault in error.faults:
                self.stderr.write(str(fault))
            if error.left_out:
                self.stderr.write(f"and {error.left_out} more")

    def finish_progress(self) -> None:
        """Clear the moving line."""
        if self.stderr.isatty():
            self.stderr.write("\r\x1b[K", ending="")


def actor(email: str) -> User:
    """Return the person with this address; without one the built-in user.

    Raises NotFoundError.
    """
    if not email:
        return system_user()
    user = User.objects.active().filter(email__iexact=email).first()
    if user is None:
        raise NotFoundError(f"Nobody with the address {email} may act here.")
    return user
