"""The register of audit events: every line holds what its hash was made of."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

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

FIELDS = (
    "seq",
    "uuid",
    "at",
    "actor_uuid",
    "verb",
    "target_type",
    "target_uuid",
    "target_label",
    "system_uuid",
    "team_uuid",
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
        yield (*row[:10], _ordered(row[10]), _ordered(row[11]), *row[12:])


def _ordered(value: Any) -> Any:
    """Return the value with its names sorted: each database keeps them its own way."""
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


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
