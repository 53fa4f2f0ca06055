"""A worker is killed in the middle of two hundred due reminders: none is lost, none is told
twice.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from controls.services import reminders
from tests.reminders import crowd
from tests.reminders.stack import QUEUE, SEND

PEOPLE = 200
TWICE = 3
"""Mails that may go out twice, with the same Message-ID: 1.5 %."""


@pytest.mark.django_db
def test_all_of_a_crowd_are_to_be_told_today():
    now = timezone.now()  # noqa: TID251 - the worker's clock, too
    crowd.make_crowd(3, at=now)

    assert reminders.queue_due(at=now) == 3


@pytest.mark.parametrize("stack", [15], indirect=True)
def test_a_worker_killed_among_two_hundred_loses_nothing_and_tells_nobody_twice(stack):
    now = timezone.now()  # noqa: TID251 - the worker's clock, too
    crowd.make_crowd(PEOPLE, at=now)
    worker = stack.start()
    stack.hint(QUEUE)
    stack.wait(crowd.waiting, "the reminders are written down")
    stack.hint(SEND)
    stack.wait(lambda: crowd.sent() >= PEOPLE // 4, "a quarter is sent")

    stack.kill(worker)

    assert 0 < PEOPLE - crowd.sent() < PEOPLE
    stack.start()
    stack.hint(QUEUE, SEND)
    stack.wait(lambda: not crowd.waiting(), "the rest is sent")
    # What the dead worker had taken is left alone until its lease is over.
    later = (now + timedelta(minutes=10)).isoformat()
    stack.wait(lambda: crowd.sent() >= PEOPLE - TWICE, "all but what was taken")
    stack.run("run_reminders", "--at", later)

    assert (crowd.sent(), crowd.recorded()) == (PEOPLE, PEOPLE)
    assert (crowd.told_in_app(), crowd.told_by_mail()) == (PEOPLE, PEOPLE)
    ids = stack.header_ids()
    assert len(set(ids)) == PEOPLE
    assert len(ids) <= PEOPLE + TWICE
    assert "0 messages sent" in stack.run("run_reminders", "--at", later)
