"""The sweep: writes down who is to be told, and puts what goes by mail into digests.

Any number of sweeps, at once or one after the other, make one reminder each: its key is
unique. In the app a reminder is told by being there. By mail it goes with the digest of the
first day of the team's week whose digest has not gone yet; a person gets one a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from controls.choices import (
    MessageState,
    ReminderChannel,
    ReminderState,
    ReminderSubject,
)
from controls.models import Message, Reminder
from controls.queries import reminders as who
from controls.queries.reminders import Due
from controls.rules import moments, stages

BATCH = 500
"""People told in one transaction: few enough that nobody waits long for the lock."""

GONE = (MessageState.SENT, MessageState.DROPPED)


def queue_due(*, at: datetime, early: bool = False) -> int:
    """Write down who is to be told at an instant; return how many reminders were new, one
    for each person, review and stage.

    With `early` digests of today do not wait for their hour. Nine queries where nothing is
    new; then a few for each five hundred.
    """
    made = 0
    _give_up_missed(at=at)
    for batch in _batches(who.due(at=at)):
        with transaction.atomic():
            made += _write_down(batch, at=at)
            _into_digests(at=at, early=early)
    if _loose().exists():
        with transaction.atomic():
            _into_digests(at=at, early=early)
    if early:
        _hasten(at=at)
    return made


def today_of(*, message: Message, at: datetime) -> str:
    """Return the recipient's day at an instant, as a digest's key holds it."""
    zone = ZoneInfo(message.recipient.time_zone)
    return moments.day(at, zone=zone).isoformat()


def _batches(rows: Sequence[Due]) -> Iterator[Sequence[Due]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _write_down(rows: Sequence[Due], *, at: datetime) -> int:
    """Write the reminders that are not there yet, for both channels; return for how many
    there was none.
    """
    made = [
        _reminder(row, channel, at)
        for row in rows
        for channel in (ReminderChannel.IN_APP, ReminderChannel.EMAIL)
    ]
    Reminder.objects.bulk_create(made, ignore_conflicts=True)
    # Another sweep may have been first: what is ours has our uuid.
    ours = [row.uuid for row in made if row.channel == ReminderChannel.IN_APP]
    return Reminder.objects.filter(uuid__in=ours).count()


def _reminder(row: Due, channel: str, at: datetime) -> Reminder:
    told = channel == ReminderChannel.IN_APP
    return Reminder(
        subject_type=ReminderSubject.REVIEW,
        subject_uuid=row.review,
        occurrence=row.occurrence,
        stage=row.stage,
        stage_on=row.stage_on,
        recipient_id=row.recipient,
        team_id=row.team,
        channel=channel,
        state=ReminderState.SENT if told else ReminderState.QUEUED,
        created_at=at,
        sent_at=at if told else None,
    )


def _loose() -> QuerySet[Reminder]:
    """Return what waits to go by mail and has no digest that will take it."""
    return Reminder.objects.filter(
        Q(message__isnull=True) | Q(message__state__in=GONE),
        state=ReminderState.QUEUED,
        channel=ReminderChannel.EMAIL,
    )


def _into_digests(*, at: datetime, early: bool) -> None:
    """Give each loose reminder its digest."""
    loose = list(_loose().select_related("recipient", "team").order_by("pk"))
    if not loose:
        return
    known = _digests(loose, at=at)
    placed: list[tuple[Reminder, tuple[int, str]]] = []
    new: dict[tuple[int, str], Message] = {}
    back: dict[int, Message] = {}
    for row in loose:
        found = _place(row, known, at=at, early=early)
        unsaved: int | None = found.pk
        if unsaved is None:
            new[found.recipient_id, found.digest_key] = found
        elif found.state == MessageState.DROPPED:
            found.state = MessageState.QUEUED
            back[found.pk] = found
        placed.append((row, (found.recipient_id, found.digest_key)))
    # In one order, so that two sweeps at once do not wait for each other.
    Message.objects.bulk_create((new[key] for key in sorted(new)), ignore_conflicts=True)
    Message.objects.bulk_update(back.values(), ["state", "next_attempt_at", "attempts"])
    if new:
        known = _digests(loose, at=at)
    taken = []
    for row, key in placed:
        if takes(known[key]):  # else a sender was quicker, and the next sweep places it
            row.message = known[key]
            taken.append(row)
    Reminder.objects.bulk_update(taken, ["message"], batch_size=BATCH)


def takes(message: Message) -> bool:
    """Say whether a digest still takes reminders: nobody has begun to send it, or there was
    nothing left to send.
    """
    if message.header_id:
        return False
    if message.state == MessageState.DROPPED:
        return True
    return message.state == MessageState.QUEUED and not message.attempts


def _digests(rows: Sequence[Reminder], *, at: datetime) -> dict[tuple[int, str], Message]:
    """Return the recipients' digests of today and later, which no sender can take while we
    look.
    """
    found = (
        Message.objects.select_for_update(of=("self",))
        .filter(
            recipient__in={row.recipient_id for row in rows},
            channel=ReminderChannel.EMAIL,
            digest_key__gte=min(_today(row, at) for row in rows).isoformat(),
        )
        .order_by("pk")
    )
    return {(row.recipient_id, row.digest_key): row for row in found}


def _place(
    row: Reminder, known: dict[tuple[int, str], Message], *, at: datetime, early: bool
) -> Message:
    """Return the digest that takes the reminder, a new one where there is none."""
    working = row.team.working_days if row.team else "1234567"
    today = _today(row, at)
    days = stages.digest_days(today=today, working_days=working)
    for day in days:
        key = (row.recipient_id, day.isoformat())
        found = known.get(key)
        if found is None or takes(found):
            break
    goes_at = at if early and day == today else _goes_at(row, day)
    if found is None:
        known[key] = found = Message(
            recipient=row.recipient,
            channel=ReminderChannel.EMAIL,
            digest_key=day.isoformat(),
            next_attempt_at=goes_at,
            created_at=at,
        )
    elif found.state == MessageState.DROPPED:
        found.next_attempt_at, found.attempts = goes_at, 0
    return found


def _give_up_missed(*, at: datetime) -> None:
    """Drop digests whose day is over before anybody began to send them: what they hold
    goes with another one.
    """
    untouched = Message.objects.filter(state=MessageState.QUEUED, attempts=0, header_id="")
    waiting = untouched.filter(next_attempt_at__lte=at).select_related("recipient")
    missed = [row.pk for row in waiting if row.digest_key < today_of(message=row, at=at)]
    for start in range(0, len(missed), BATCH):
        rows = untouched.filter(pk__in=missed[start : start + BATCH])
        rows.update(state=MessageState.DROPPED)


def _hasten(*, at: datetime) -> None:
    """Let the digests of today go now."""
    waiting = Message.objects.filter(
        state=MessageState.QUEUED, attempts=0, next_attempt_at__gt=at
    ).select_related("recipient")
    todays = [row.pk for row in waiting if row.digest_key <= today_of(message=row, at=at)]
    for start in range(0, len(todays), BATCH):
        Message.objects.filter(
            pk__in=todays[start : start + BATCH], state=MessageState.QUEUED, attempts=0
        ).update(next_attempt_at=at)


def _today(row: Reminder, at: datetime) -> date:
    return moments.day(at, zone=ZoneInfo(row.recipient.time_zone))


def _goes_at(row: Reminder, day: date) -> datetime:
    return stages.digest_at(
        day, hour=settings.DIGEST_HOUR, zone=ZoneInfo(row.recipient.time_zone)
    )
