"""Checks the files of evidence."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from evidence.services import checking
from evidence.services.checking import Report

MEGABYTE = 1024 * 1024


class Command(BaseCommand):
    """Reads every file of the store; exit code 1 where one is not what its row says."""

    help = "Check that every file of evidence is there, whole and unchanged."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each trouble and a summary; show progress on a terminal."""
        report, told = Report(), time.monotonic()
        shown = 0
        for report in checking.check(at=timezone.now()):
            for trouble in report.troubles[shown:]:
                self.stdout.write(str(trouble))
            shown = len(report.troubles)
            if self.stderr.isatty() and time.monotonic() - told > 0.2:
                told = time.monotonic()
                self.stderr.write(f"\r\x1b[K{_told(report)} …", ending="")
        if self.stderr.isatty():
            self.stderr.write("\r\x1b[K", ending="")
        if report.young:
            self.stdout.write(
                f"{report.young} files are younger than a day and have no row yet."
            )
        if report.troubles:
            raise CommandError(f"{_told(report)}; {shown} things are wrong.")
        self.stdout.write(f"{_told(report)}: all there, whole and unchanged.")


def _told(report: Report) -> str:
    return f"{report.files} files, {report.read / MEGABYTE:.1f} MB read"
