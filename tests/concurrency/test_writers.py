"""Many processes change one database at once: nothing is lost, refused or out of order."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

REPOSITORY = Path(__file__).resolve().parents[2]
WRITERS = 8
PATIENCE = 120
POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "").startswith("postgres")
OURS = ("SRM_", "DATABASE_URL", "BROKER_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE")


class Writers:
    """Processes on one database, each waiting for a line that says what to do."""

    def __init__(self, variables):
        self.variables = variables
        self._processes = [
            subprocess.Popen(  # noqa: S603 - our own script
                [sys.executable, "-m", "tests.concurrency.worker", str(writer)],
                cwd=REPOSITORY,
                env=variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for writer in range(WRITERS)
        ]

    def start(self):
        """Wait until all of them are ready."""
        assert [heard(process) for process in self._processes] == ["ready\n"] * WRITERS

    def stop(self):
        """End them."""
        for process in self._processes:
            process.kill()
            process.communicate()

    def all(self, job):
        """Let all do a job at once; return what each told."""
        return self._ask(job, self._processes)

    def one(self, job):
        """Let the first do a job alone; return what it told."""
        return self._ask(job, self._processes[:1])[0]

    def _ask(self, job, processes):
        for process in processes:
            process.stdin.write(f"{job}\n")
            process.stdin.flush()
        return [json.loads(heard(process)) for process in processes]


def heard(process):
    """Return the next line that a process says."""
    return process.stdout.readline()


@pytest.fixture(scope="module")
def pool(request, tmp_path_factory):
    """The writers, on the test's PostgreSQL or on a SQLite file of their own."""
    folder = tmp_path_factory.mktemp("shared")
    if POSTGRESQL:
        request.getfixturevalue("django_db_setup")
        url = urlsplit(os.environ["TEST_DATABASE_URL"])
        name = connection.settings_dict["NAME"]
        assert name != url.path.strip("/"), "pytest-django made no database of the tests"
        url = url._replace(path=f"/{name}")
        variables = environment(folder, DATABASE_URL=url.geturl())
    else:
        variables = environment(folder)
        call(variables, "manage.py", "migrate", "--verbosity=0")
    started = Writers(variables)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def writers(request, pool):
    """The writers with something to write on."""
    if POSTGRESQL:
        request.getfixturevalue("committed_db")
    pool.one("seed")
    return pool


def test_eight_processes_decide_two_hundred_times_each_and_none_is_told_to_wait(writers):
    before = writers.one("report")

    told = writers.all("decide 200")

    after = writers.one("report")
    assert told == [{"done": 200, "stale": 0, "errors": []}] * WRITERS
    assert after["events"] == before["events"] + 1600
    assert after["numbers"] == {key: [*range(1, 9)] for key in after["numbers"]}
    assert len(after["numbers"]) == 200
    assert whole(after)


def test_eight_processes_with_three_hundred_changes_each_leave_one_chain(writers):
    before = writers.one("report")

    told = writers.all("rename 300")

    after = writers.one("report")
    assert told == [{"done": 300, "stale": 0, "errors": []}] * WRITERS
    assert after["events"] == before["events"] + 2400
    teams = [after["versions"][f"team-of-{writer}"] for writer in range(WRITERS)]
    assert teams == [301] * WRITERS
    assert whole(after)
    out = call(writers.variables, "manage.py", "verify_audit_trail")
    assert out.startswith(f"{after['events']} events")


def test_of_those_who_change_the_same_version_one_wins_and_the_others_are_told(writers):
    before = writers.one("report")

    told = writers.all("race 25")

    after = writers.one("report")
    done = sum(one["done"] for one in told)
    stale = sum(one["stale"] for one in told)
    assert [one["errors"] for one in told] == [[]] * WRITERS
    assert done + stale == 25 * WRITERS
    assert after["versions"]["contested"] == before["versions"]["contested"] + done
    assert after["events"] == before["events"] + done
    assert whole(after)


def whole(report):
    """Say whether the trail has no gap, no fork and nothing that was changed."""
    assert report["ok"], report["reason"]
    return report["events"] == report["links"] == report["newest"]


def environment(folder, **more):
    """Return the variables of the embedded mode with this folder, and nothing inherited."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "SRM_MODE": "embedded", "SRM_DATA_DIR": str(folder), **more}


def call(variables, *arguments):
    """Run Python to its end and return what it printed."""
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
