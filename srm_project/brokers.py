"""The brokers of Celery, made to outlive what is no message.

With kombu alone, bytes on the queue that are no JSON end the worker that reads them, and a
supervisor's restart is the best that can follow. Messages are hints (the database is the
queue), so what cannot be read is thrown away, with a line in the log.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import structlog
from kombu.transport import filesystem, redis
from kombu.transport.virtual import Transport

log = structlog.get_logger(__name__)

UNREADABLE = (ValueError, RecursionError)
"""What Python's JSON raises for bytes that are none, or that nest without end."""
SHOWN = 80
"""Characters of a message that the log shows."""


def flaw(message: Any) -> str:
    """Say why a payload is no message that a worker can be handed; empty if it is one."""
    try:
        properties, headers = message["properties"], message["headers"]
        delivery = properties["delivery_info"]
        # Redis keeps these three with a message that is not acknowledged yet.
        names = [properties["delivery_tag"], delivery["exchange"], delivery["routing_key"]]
        body = message["body"]
        if properties.get("body_encoding") == "base64":
            base64.b64decode(body)
    except (TypeError, KeyError, AttributeError, binascii.Error) as error:
        return f"{type(error).__name__}: {error}"
    whole = isinstance(headers, dict) and all(isinstance(name, str) for name in names)
    return "" if whole else "headers or names of another type"


class Sifting(Transport):
    """Hands on whole messages only."""

    def _deliver(self, message: Any, queue: str | None) -> None:
        if why := flaw(message):
            log.warning(
                "message_dropped", queue=queue, why=why, message=str(message)[:SHOWN]
            )
            return
        super()._deliver(message, queue)


class FolderChannel(filesystem.Channel):
    """A folder of messages, in which a file that is no JSON is passed over."""

    def _get(self, queue: str) -> dict[str, Any]:  # type: ignore[override] # as in kombu
        # Each try takes a file away: the loop ends when none is left, with kombu's Empty.
        while True:
            try:
                return super()._get(queue)
            except UNREADABLE as error:
                log.warning("message_dropped", queue=queue, why=str(error)[:SHOWN])


class FolderTransport(Sifting, filesystem.Transport):
    """The broker of an installation without Redis."""

    Channel = FolderChannel


class RedisChannel(redis.Channel):
    """Lists of Redis, in which a member that is no JSON is passed over."""

    def _brpop_read(self, **options: Any) -> Any:
        # The member is off the list by the time that it turns out to be unreadable.
        try:
            return super()._brpop_read(**options)  # type: ignore[misc] # not in the stubs
        except UNREADABLE as error:
            log.warning("message_dropped", why=str(error)[:SHOWN])
            return True


class RedisTransport(Sifting, redis.Transport):
    """The broker of an installation with Redis."""

    Channel = RedisChannel
