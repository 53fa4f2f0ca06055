"""The register of reminders: who was told what, and when."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from controls.models import Reminder, Review
from evidence.exports.sources import People, streamed
from evidence.exports.tables import Asked, Register, Row, columns

COLUMNS = columns("""
reminder uuid the reminder
subject_type token what it is about
subject uuid the object that it is about
system token key of the system of the review, where you may see it
control_id token its control, where you may see it
occurrence token the due day, with the attempt after the first
stage token how long before or after the due day
stage_on date the day on which the stage began
recipient uuid who was told
recipient_name text what they were called
team token key of the team for which they were told
channel token by which channel
created_at instant when it was recorded
sent boolean whether it had gone out by then
sent_at instant when it went out
message uuid the message in which it went out
message_id text the Message-ID of that mail
""")

OF_REVIEW = {
    "system": "schedule__duty__responsibility__system__key",
    "control": "schedule__duty__responsibility__control__control_id",
}
FIELDS = (
    "uuid",
    "subject_type",
    "subject_uuid",
    "of_system",
    "of_control",
    "occurrence",
    "stage",
    "stage_on",
    "recipient_id",
    "team__key",
    "channel",
    "created_at",
    "sent_at",
    "message__uuid",
    "message__header_id",
)
UNSENT = (False, None, None, None)


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each reminder recorded by then. Three queries.

    Why one was dropped is not told: it holds no time at which it was.
    """
    as_of = asked.moment.as_of
    people = People(as_of=as_of)
    for row in streamed(_found(asked).order_by("pk").values_list(*FIELDS)):
        sent_at, message, message_id = row[12:]
        sent = sent_at is not None and sent_at <= as_of
        yield (
            *row[:8],
            *people.told(row[8]),
            *row[9:12],
            *((True, sent_at, message, message_id) if sent else UNSENT),
        )


def _found(asked: Asked) -> QuerySet[Reminder]:
    """Return the reminders with the system and the control of their review."""
    found = Reminder.objects.visible_to(asked.user).filter(
        created_at__lte=asked.moment.as_of
    )
    reviews = Review.objects.visible_to(asked.user)
    if asked.system:
        of = reviews.filter(schedule__duty__responsibility__system=asked.system)
        found = found.filter(subject_uuid__in=of.values("uuid"))
    if asked.team:
        found = found.filter(team=asked.team)
    subject: Any = reviews.filter(uuid=OuterRef("subject_uuid"))
    return found.annotate(
        **{
            f"of_{name}": Subquery(subject.values(path)[:1])
            for name, path in OF_REVIEW.items()
        }
    )


REGISTER = Register(
    name="reminders",
    meaning="Who was told that a review is due, when and how; your own, "
    "or everybody's for administrators and the GRC lead.",
    order="the order in which the reminders were recorded",
    system="those about reviews of the system",
    team="those that were sent for the team",
    on="nothing: what was sent does not depend on a day",
    columns=COLUMNS,
    rows=rows,
)
