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

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
