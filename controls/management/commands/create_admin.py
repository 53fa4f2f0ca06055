"""Makes somebody an administrator, and shows the password once."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from controls.choices import OrganizationRoleName
from controls.errors import DomainError
from controls.models import OrganizationRole
from controls.services import people, roles
from controls.services.setup import system_user

FIRST = "admin@example.com"
ROLES = (OrganizationRoleName.ADMIN, OrganizationRoleName.GRC_LEAD)


class Command(BaseCommand):
    """Creates a person who may manage people, teams and roles, and decide everything."""

    help = (
        "Create an administrator who is GRC lead too, and print a random password once. "
        "With --first, do so only where there is no administrator yet."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address and what the person is called."""
        parser.add_argument(
            "email", nargs="?", default=FIRST, help=f"address (default: {FIRST})"
        )
        parser.add_argument("--name", default="Administrator")
        parser.add_argument(
            "--first",
            action="store_true",
            help="do nothing where there is an administrator",
        )

    def handle(
        self, *args: Any, email: str, name: str, first: bool, **options: Any
    ) -> None:
        """Create the person, or say in one line why not."""
        admins = OrganizationRole.objects.current().filter(role=OrganizationRoleName.ADMIN)
        if first and admins.exists():
            return
        password, at, by = secrets.token_urlsafe(12), timezone.now(), system_user()
        try:
            user = people.create(email=email, name=name, password=password, by=by, at=at)
            for role in ROLES:
                roles.grant(user=user, role=role, by=by, at=at)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"Sign in as {user.email} with the password {password}")
        self.stdout.write("It is shown this once. Change it under your name, top right.")
