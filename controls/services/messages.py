"""Sends what waits: claimed by one sender, looked at once more, sent, written down.

A sender takes a message for five minutes by a conditional update. Whoever dies with it
leaves it to the next one, who sends it with the same Message-ID. No transaction is open
while the mail server is asked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F

from controls.choices import AuditVerb, MessageState, ReminderState
from controls.errors import ConflictError
from controls.models import Message, Reminder, Review, User
from controls.queries import reminders as who
from controls.rules.permissions import Action
from controls.services import access, audit, letters
from controls.services.audit import audited
from controls.services.letters import Letter
from controls.services.reminders import today_of
from controls.services.setup import system_user

LEASE = timedelta(minutes=5)
"""How long a sender may take: a mail server that answers each step in the last second of
its time-out needs less.
"""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 25, 125))
"""How long to wait after the first failure, the second and so on."""
MOST_ATTEMPTS = len(WAITS) + 1
MAILS_A_CONNECTION = 50
LONGEST_ERROR = 400
log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of a message that was taken."""

    SENT = "sent"
    DROPPED = "dropped"
    PUT_OFF = "put off"
    FAILED = "failed"
    TAKEN_OVER = "taken over"


@dataclass(slots=True)
class Lease:
    """A message that is ours until then, and the attempt that this is."""

    message: Message
    until: datetime
    attempt: int

    def ours(self) -> Any:
        """Return the message as long as nobody has taken it over."""
        return Message.objects.filter(
            pk=self.message.pk,
            state=MessageState.SENDING,
            lease_until=self.until,
            attempts=self.attempt,
        )


class Postbox(AbstractContextManager["Postbox"]):
    """The way to the mail server, kept open for some mails and opened anew after a
    failure.
    """

    def __init__(self) -> None:
        self._connection: Any = None
        self._sent = 0

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, mail: EmailMultiAlternatives) -> None:
        """Send a mail. Raises OSError or SMTPException."""
        if self._connection is None:
            self._connection, self._sent = get_connection(), 0
            self._connection.open()
        mail.connection = self._connection
        mail.send()
        self._sent += 1
        if self._sent >= MAILS_A_CONNECTION:
            self.close()

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except OSError as error:
                log.info("mail_connection_lost", error=type(error).__name__)


def send_next(*, at: datetime, postbox: Postbox) -> Outcome | None:
    """Take one message that waits and send it; return what became of it, None where none
    waits.

    A failure is written down and tried again after 1, 5, 25 and 125 minutes; then the
    message is given up.
    """
    lease = _claim(at=at)
    if lease is None:
        return None
    if lease.attempt > MOST_ATTEMPTS:
        return _fail(lease, "Each sender ended while it was sending this.", at=at)
    try:
        ready = _prepare(lease, at=at)
        if isinstance(ready, Outcome):
            return ready
        postbox.send(_mail(lease.message))
    except Exception as error:
        # One message that cannot be sent must not keep the others.
        log.warning("message_not_sent", message=str(lease.message.uuid), exc_info=True)
        postbox.close()
        return _fail(lease, _told(error), at=at)
    by = system_user()
    sent = _write_sent(lease=lease, reminders=ready, by=by, at=at)
    return Outcome.SENT if sent else Outcome.TAKEN_OVER


@audited
def queue_again(*, message: Message, by: User, at: datetime) -> Message:
    """Let a message that was given up be tried again, now; return it.

    Raises NotAllowedError, and ConflictError where it was not given up.
    """
    access.require(by, Action.MANAGE_REMINDERS)
    given_up = Message.objects.filter(pk=message.pk, state=MessageState.FAILED)
    changes = {"attempts": 0, "next_attempt_at": at, "header_id": header_id(message)}
    if not given_up.update(state=MessageState.QUEUED, **changes):
        raise ConflictError("Only a message that was given up can be queued again.")
    message.refresh_from_db()
    audit.record(
        verb=AuditVerb.MESSAGE_QUEUED_AGAIN,
        target=message,
        after=_about(message),
        by=by,
        at=at,
    )
    return message


def header_id(message: Message) -> str:
    """Return the Message-ID: it follows from the message's key, so that a mail that was
    sent twice is known as one.
    """
    key = f"{message.recipient.uuid} {message.channel} {message.digest_key}"
    host = urlsplit(settings.BASE_URL).hostname
    # 128 bits are enough, and the header stays on one line, as some mail programs want it.
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"


def _claim(*, at: datetime) -> Lease | None:
    """Take the message that has waited longest; None where none waits."""
    waiting = Message.objects.claimable(at=at)
    while True:
        row = waiting.select_related("recipient").order_by("next_attempt_at", "pk").first()
        if row is None:
            return None
        lease = Lease(row, until=at + LEASE, attempt=row.attempts + 1)
        taken = waiting.filter(pk=row.pk, attempts=row.attempts).update(
            state=MessageState.SENDING,
            lease_until=lease.until,
            attempts=F("attempts") + 1,
        )
        if taken:
            return lease


def _prepare(lease: Lease, *, at: datetime) -> Sequence[Reminder] | Outcome:
    """Look at each reminder once more and write the mail; return what it tells, or what
    became of it where there is nothing to send.
    """
    message = lease.message
    untouched = lease.attempt == 1 and not message.header_id
    if untouched and message.digest_key < today_of(message=message, at=at):
        # Its day is over: the next sweep puts what it holds into another digest.
        lease.ours().update(state=MessageState.DROPPED, lease_until=None)
        return Outcome.PUT_OFF
    rows = list(
        message.reminders.filter(state=ReminderState.QUEUED)
        .select_related("team")
        .order_by("pk")
    )
    reasons = _reasons(rows, message.recipient, at=at)
    left = [row for row in rows if row.pk not in reasons]
    letter = (
        letters.write(reminders=left, recipient=message.recipient, at=at) if left else None
    )
    if not _keep(lease, letter, reasons):
        return Outcome.TAKEN_OVER
    return left if left else Outcome.DROPPED


@transaction.atomic
def _keep(lease: Lease, letter: Letter | None, reasons: dict[int, str]) -> bool:
    """Write down what is dropped and why, and the mail as it is sent; return whether the
    message is still ours.
    """
    changes: dict[str, Any] = {"state": MessageState.DROPPED, "lease_until": None}
    if letter is not None:
        changes = {
            "header_id": header_id(lease.message),
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
        }
    if not lease.ours().update(**changes):
        return False
    for why in set(reasons.values()):
        Reminder.objects.filter(
            pk__in=[pk for pk, reason in reasons.items() if reason == why],
            state=ReminderState.QUEUED,
        ).update(state=ReminderState.DROPPED, why_dropped=why)
    for name, value in changes.items():
        setattr(lease.message, name, value)
    return True


def _reasons(rows: Sequence[Reminder], recipient: User, *, at: datetime) -> dict[int, str]:
    """Return why reminders no longer hold, by their id."""
    if not recipient.is_active:
        return {row.pk: "The person may no longer sign in." for row in rows}
    wanted = {(row.subject_uuid, row.stage) for row in rows}
    found = who.applying(at=at, recipient=recipient.pk, wanted=wanted)
    lapsed = [row for row in rows if (row.subject_uuid, row.stage) not in found]
    if not lapsed:
        return {}
    closed = _closed({row.subject_uuid for row in lapsed})
    others = {review for review, _ in found}
    return {
        row.pk: closed.get(row.subject_uuid)
        or (
            "A later stage is told in its place."
            if row.subject_uuid in others
            else "Its reminders keep quiet, or the person no longer answers for it."
        )
        for row in lapsed
    }


def _closed(reviews: set[UUID]) -> dict[UUID, str]:
    """Return which of the reviews wait no longer, and why."""
    found = Review.objects.filter(uuid__in=reviews)
    ended = found.exclude(pk__in=found.open().values("pk"))
    return {
        uuid: "The review was completed before." if completed else "The review has ended."
        for uuid, completed in ended.values_list("uuid", "completed_at")
    }


def _mail(message: Message) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.recipient.email],
        # RFC 3834: nobody's absence notice needs to answer.
        headers={"Message-ID": message.header_id, "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(message.html, "text/html")
    return mail


@audited
def _write_sent(
    *, lease: Lease, reminders: Sequence[Reminder], by: User, at: datetime
) -> bool:
    """Write down that a message was sent; return whether it was still ours."""
    done = lease.ours().update(
        state=MessageState.SENT, sent_at=at, lease_until=None, last_error=""
    )
    if not done:
        return False
    Reminder.objects.filter(pk__in=[row.pk for row in reminders]).update(
        state=ReminderState.SENT, sent_at=at
    )
    audit.record(
        verb=AuditVerb.MESSAGE_SENT,
        target=lease.message,
        after={**_about(lease.message), "reminders": len(reminders)},
        by=by,
        at=at,
    )
    return True


def _fail(lease: Lease, error: str, *, at: datetime) -> Outcome:
    by = system_user()
    failed = _write_failed(lease=lease, error=error, by=by, at=at)
    return Outcome.FAILED if failed else Outcome.TAKEN_OVER


@audited
def _write_failed(*, lease: Lease, error: str, by: User, at: datetime) -> bool:
    """Write down that a message was not sent, and when it is tried again; return whether it
    was still ours.
    """
    changes: dict[str, Any] = {"lease_until": None, "last_error": error[:LONGEST_ERROR]}
    given_up = lease.attempt >= MOST_ATTEMPTS
    if given_up:
        changes["state"] = MessageState.FAILED
    else:
        changes["state"] = MessageState.QUEUED
        changes["next_attempt_at"] = at + WAITS[lease.attempt - 1]
    if not lease.ours().update(**changes):
        return False
    if given_up:
        audit.record(
            verb=AuditVerb.MESSAGE_FAILED,
            target=lease.message,
            after={**_about(lease.message), "attempts": lease.attempt},
            by=by,
            at=at,
        )
    return True


def _about(message: Message) -> dict[str, Any]:
    """Return what the trail says of a message: to whom, for which day, never its text."""
    return {
        "recipient": str(message.recipient.uuid),
        "channel": message.channel,
        "digest": message.digest_key,
    }


def _told(error: Exception) -> str:
    """Return an error as a person may read it: without anybody's address."""
    said = re.sub(r"[^\s'\"<>({]+@[^\s'\">)},:]+", "\N{HORIZONTAL ELLIPSIS}", str(error))
    return f"{type(error).__name__}: {said}"
