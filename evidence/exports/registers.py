"""The registers that an auditor may ask for, streamed from one consistent snapshot."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from controls.models import User
from controls.queries.snapshots import snapshot, step_by_step
from evidence.exports import (
    audit_events,
    duties,
    evidence,
    reminders,
    responsibilities,
    reviews,
    statements,
    training,
    writing,
)
from evidence.exports.tables import Asked, Register

REGISTERS: Mapping[str, Register] = {
    module.REGISTER.name: module.REGISTER
    for module in (
        responsibilities,
        statements,
        duties,
        evidence,
        training,
        reviews,
        reminders,
        audit_events,
    )
}
FORMS = tuple(writing.MEDIA_TYPES)


def stream(*, register: Register, form: str, asked: Asked) -> Iterator[bytes]:
    """Yield a register as bytes of a form, one of FORMS.

    All of it stands as it did at one instant, whoever writes meanwhile; the same question
    gives the same bytes. Close it, and the connection is given back.
    """
    return step_by_step(_stream(register, form, asked))


def _stream(register: Register, form: str, asked: Asked) -> Generator[bytes, None, None]:
    with snapshot():
        # Loaded anew: what the person may see is asked within the snapshot, too.
        asker = User.objects.get(pk=asked.user.pk)
        asker.act_for(asked.user.only_team)
        # Closed before the connection is: each has a cursor open on it.
        with closing(register.rows(replace(asked, user=asker))) as rows:
            yield from writing.pieces(form, register.columns, rows)
