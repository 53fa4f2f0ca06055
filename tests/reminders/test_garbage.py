"""Garbage on the queue: the others go on."""

import base64
import json

import pytest
from django.utils import timezone

from tests.reminders import crowd
from tests.reminders.stack import QUEUE, SEND

PEOPLE = 3
UNKNOWN = "controls.no_such_task"


def message(body: bytes, content_type: str, **headers: str) -> bytes:
    """What a broker of ours keeps of a message."""
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"lang": "py", "id": "0", **headers},
            "properties": {
                "correlation_id": "0",
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": "celery"},
                "delivery_tag": "0",
                "body_encoding": "base64",
            },
        }
    ).encode()


GARBAGE = {
    "not JSON": b"no message",
    "not text": b"\xff\xfe\x00\x80",
    "nothing": b"",
    "cut off": message(b"[[], {}, {}]", "application/json", task=QUEUE)[:90],
    "nested without end": b"[" * 100_000,
    "a list": b"[]",
    "a number": b"7",
    "without properties": b'{"body": "", "headers": {}}',
    "a pickle": message(b"\x80\x04N.", "application/x-python-serialize", task=QUEUE),
    "a body that is no JSON": message(b"{", "application/json", task=QUEUE),
    "arguments that no task takes": message(
        b'[[1, 2, 3], {"x": 1}, {}]', "application/json", task=QUEUE
    ),
    "a body that is no base64": message(b"", "application/json", task=QUEUE).replace(
        b'"body": ""', b'"body": "a"'
    ),
    "no task": message(b"[[], {}, {}]", "application/json"),
}


@pytest.mark.parametrize("stack", [14], indirect=True)
def test_garbage_on_the_queue_stops_nobody(stack):
    now = timezone.now()  # noqa: TID251 - the worker's clock, too
    crowd.make_crowd(PEOPLE, at=now)
    stack.litter(*GARBAGE.values())
    stack.hint(UNKNOWN)

    worker = stack.start()
    stack.hint(QUEUE)
    stack.wait(crowd.waiting, "the reminders are written down")
    stack.hint(UNKNOWN, SEND)
    stack.wait(lambda: crowd.sent() == PEOPLE, "all are sent")

    assert worker.poll() is None
    assert (crowd.told_in_app(), crowd.told_by_mail()) == (PEOPLE, PEOPLE)
