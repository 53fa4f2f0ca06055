"""A worker that sends reminders, killed again and again."""

from __future__ import annotations

import json
import os
import random
import time
from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.faults.finding import Finding
from tests.reminders.stack import QUEUE, SEND, Stack

MOST_KILLS = 40
"""Each costs the start of a worker."""
NUMBER = 13
"""The Redis database of this fault."""
DUPLICATES = 0.015
"""Part of the mails that may go out twice, with the same Message-ID: no mail server can
promise less (safety: SMTP has no transaction).
"""
SEED = """
import sys
from django.utils import timezone
from tests.reminders import crowd
crowd.make_crowd({people}, at=timezone.now())
"""
COUNT = """
import json
from tests.reminders import crowd
print(json.dumps([crowd.sent(), crowd.recorded(), crowd.told_in_app(),
    crowd.told_by_mail(), crowd.waiting()]))
"""


def killed(asked: Namespace, folder: Path) -> list[Finding]:
    """Kill -9 the worker at random moments of sending; count what the list says after."""
    stack = Stack(folder / "srm", _database(folder), NUMBER)
    luck = random.Random(7)  # noqa: S311 - repeatable on purpose
    kills = min(asked.times, MOST_KILLS)
    try:
        stack.run("migrate", "--verbosity", "0")
        stack.run("createcachetable")
        stack.run("shell", "-c", SEED.format(people=asked.rows))
        for _ in range(kills):
            worker = stack.start()
            stack.hint(QUEUE, SEND)
            time.sleep(luck.uniform(1.0, 3.0))
            stack.kill(worker)
        # What dead workers had taken is theirs until its lease is over.
        while _counts(stack)[0] < asked.rows and _later(stack) > 0:
            pass
        sent, recorded, in_app, by_mail, _ = _counts(stack)
        again = stack.run("run_reminders", "--at", _at(60))
    finally:
        stack.stop()
    ids = Counter(stack.header_ids())
    doubled = sum(ids.values()) - len(ids)
    people = asked.rows
    return [
        Finding("messages in SRM's own list as sent", sent, people, people, people),
        Finding("audit events of a message sent", recorded, people, people, people),
        Finding("reminders told in SRM", in_app, people, people, people),
        Finding("reminders told by mail", by_mail, people, people, people),
        Finding("people who got a mail", len(ids), people, people, people),
        Finding(
            "mails that came twice, with the same Message-ID",
            doubled,
            people,
            0,
            max(kills, int(people * DUPLICATES)),
        ),
        Finding("sent by one more run", int("0 messages sent" not in again), 1),
        Finding("kills of the worker", kills, kills, 1, kills),
    ]


def _database(folder: Path) -> str:
    """Return the address of an empty database of our own."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if not given:
        (folder / "srm").mkdir()
        return f"sqlite:///{folder}/srm/srm.sqlite3"
    parts = urlsplit(given)
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS srm_faults_reminders")
        connection.execute("CREATE DATABASE srm_faults_reminders")
    return parts._replace(path="/srm_faults_reminders").geturl()


def _counts(stack: Stack) -> list[int]:
    """Return what SRM's own lists say."""
    told: Any = json.loads(stack.run("shell", "-c", COUNT).strip().splitlines()[-1])
    return [int(number) for number in told]


def _later(stack: Stack) -> int:
    """Let reminders run as of a later moment, past every lease; return how many went."""
    told = stack.run("run_reminders", "--at", _at(30))
    return int(told.split(" messages sent")[0].rpartition(" ")[2])


def _at(minutes: int) -> str:
    """Return an instant that many minutes from now."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60 * minutes))


FAULTS = {"reminders-killed": killed}
