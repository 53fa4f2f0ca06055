"""The steps from installed packages to a database one can sign in to; each may run again.

One process, since starting Django six times costs more than the steps. Only the sign-in of
the first admin goes to standard output: the caller shows it when SRM answers. Progress goes
to standard error.
"""

import hashlib
import io
import os
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def main() -> int:
    """Run every step that is due; return 0, or 1 after one line about what stopped it."""
    django.setup()
    try:
        create_queue_folders()
        migrate()
        call_command("createcachetable", verbosity=0)
        collect_static_files()
        load_content(example=os.environ.get("SRM_EXAMPLE") != "0")
    except (CommandError, DatabaseError) as error:
        sys.stderr.write(f"srm: the set-up stopped: {error}\n")
        return 1
    return 0


def create_queue_folders() -> None:
    """Create the folders of the embedded broker; workers read before anybody writes."""
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if folder := settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(name):
            Path(folder).mkdir(parents=True, exist_ok=True)


def migrate() -> None:
    """Bring the tables up to date; the post-migrate checks run on every start."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        note("preparing the database")
    call_command("migrate", interactive=False, verbosity=0)


def load_content(*, example: bool) -> None:
    """Load the shipped knowledge and, on the first start, the example and an admin."""
    first_start = not apps.get_model("controls", "OrganizationRole").objects.exists()
    if first_start:
        note("loading the shipped knowledge")
    call_command("load_knowledge", stdout=io.StringIO(), verbosity=0)
    if first_start and example:
        note("adding the example organisation (SRM_EXAMPLE=0 starts without it)")
        call_command("seed_example", stdout=io.StringIO(), verbosity=0)
    call_command("create_admin", "--first", stdout=sys.stdout)


def collect_static_files() -> None:
    """Copy styles and scripts to where the web server looks, when any of them changed."""
    if not settings.STATIC_ROOT:
        return
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = static_state()
    if stamp.exists() and stamp.read_text() == state:
        return
    note("collecting styles and scripts")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state)


def static_state() -> str:
    """Return a digest that differs when a style or script was added, removed or edited."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(
                f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode()
            )
    return digest.hexdigest()


def note(line: str) -> None:
    """Tell the waiting user what takes a moment."""
    sys.stderr.write(f"srm: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
