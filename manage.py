#!/usr/bin/env python
"""Django's command line for SRM."""

import os
import sys

# These change tables, so they connect as the role that owns them.
AS_OWNER = {"migrate", "createcachetable"}


def main() -> None:
    """Run one management command with the settings of this installation."""
    if AS_OWNER.intersection(sys.argv[1:2]):
        os.environ.setdefault("SRM_AS_OWNER", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "srm_project.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read on, such as `head`, has seen enough. Nothing is left to be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


if __name__ == "__main__":
    main()
