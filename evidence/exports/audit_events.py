"""The register of audit events: every line holds what its hash was made of."""

from __future__ import annotations

from collections.abc import Generator

from django.db.models import CharField
from django.db.models.functions import Cast

from controls.models import AuditEvent
from evidence.exports.sources import streamed
from evidence.exports.tables import Asked, Register, Row, columns

COLUMNS = columns("""
seq integer number in the trail, without gaps over all events
uuid uuid the event
at instant when it happened
actor uuid who did it
verb token what happened
target_type token kind of the object
target uuid the object
target_label text what the object was called
system uuid the system it is about
team uuid the team it is about
before json how the object looked before
after json how it looks since
request_id token the request or run that it belongs to
previous_hash token hash of the event before
hash token SHA-256 of this event, which names the one before
""")


def _as_text(field: str) -> Cast:
    """Return a uuid as the database keeps it: to make objects of five a row takes longer
    than all the rest.
    """
    return Cast(field, CharField())


FIELDS = (
    "seq",
    _as_text("uuid"),
    "at",
    _as_text("actor_uuid"),
    "verb",
    "target_type",
    _as_text("target_uuid"),
    "target_label",
    _as_text("system_uuid"),
    _as_text("team_uuid"),
    "before",
    "after",
    "request_id",
    "previous_hash",
    "hash",
)


def rows(asked: Asked) -> Generator[Row, None, None]:
    """Yield a row for each event recorded by then. One query, and who may see."""
    found = AuditEvent.objects.visible_to(asked.user).filter(at__lte=asked.moment.as_of)
    if asked.system:
        found = found.filter(system_uuid=asked.system.uuid)
    if asked.team:
        found = found.filter(team_uuid=asked.team.uuid)
    for row in streamed(found.order_by("seq").values_list(*FIELDS)):
        seq, event, at, actor, verb, kind, target, label, system, team, *rest = row
        yield (
            seq,
            dashed(event),
            at,
            dashed(actor),
            verb,
            kind,
            dashed(target),
            label,
            dashed(system),
            dashed(team),
            *rest,
        )


def dashed(text: str | None) -> str | None:
    """Return a uuid as it is written: SQLite keeps it without hyphens."""
    if text is None or len(text) != 32:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


REGISTER = Register(
    name="audit-events",
    meaning="Who did what to which object, when, and how it looked before and after.",
    order="the order in which the events were recorded",
    system="those about the system",
    team="those about the team or its systems",
    on="nothing: what happened does not depend on a day",
    columns=COLUMNS,
    rows=rows,
)
