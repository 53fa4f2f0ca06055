"""The rows of the registers: streamed in this process, and by a web server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial

from django.test import override_settings
from django.utils import timezone

from controls.choices import AuditVerb
from controls.models import AuditEvent, AuditHead, Control, ControlPart, User
from controls.rules.hashing import seal
from controls.rules.moments import moment
from controls.services.clock import zone
from evidence.exports.registers import FORMS, REGISTERS, stream
from evidence.exports.tables import Asked
from tests.bench.ground import BATCH, HASHERS, Ground
from tests.bench.measuring import Aim, Cost, Line, measure
from tests.bench.serving import serving
from tests.make import make_api_token, make_grc_lead

MANY = 100_000
AIM = Aim(seconds=1, megabytes=30, queries=14)
MANY_AIM = Aim(seconds=5, megabytes=30, queries=14)
FIRST = Aim(seconds=0.2)
STATEMENTS_AIM = Aim(seconds=2, megabytes=30, queries=14)
"""Of 22,000 rows: a second for ten thousand, as for the others."""
LETTERS = "ab"


def registers(ground: Ground) -> Iterator[Line]:
    """Responsibilities and audit events, in both forms."""
    rows = ground.fleet
    events = _events(ground.rows)
    with override_settings(PASSWORD_HASHERS=HASHERS):
        lead = make_grc_lead()
    for person, who in ((lead, "all"), (ground.member, "a team's")):
        for form in FORMS:
            work = partial(_drain, person, "responsibilities", form)
            size = f"{rows}, {form}, {who}"
            yield Line("responsibilities, streamed", size, measure(work, times=3), AIM)
    for form in FORMS:
        work = partial(_drain, lead, "audit-events", form)
        cost = measure(work, times=3)
        yield Line("audit-events, streamed", f"{events}, {form}", cost, AIM)
    yield from _statements(lead, ground)
    yield from _served(lead, rows, events)
    yield from _many(lead)


def _statements(lead: User, ground: Ground) -> Iterator[Line]:
    """Two statements of each control, as many rows as there are of both."""
    rows = ground.fleet * len(LETTERS)
    controls = list(ground.profile.controls.order_by("pk"))
    wholes = ControlPart.objects.bulk_create(
        (_part(control, None) for control in controls), batch_size=BATCH
    )
    ControlPart.objects.bulk_create(
        (_part(whole.control, whole, letter) for whole in wholes for letter in LETTERS),
        batch_size=BATCH,
    )
    for form in FORMS:
        work = partial(_drain, lead, "statements", form)
        cost = measure(work, times=3)
        yield Line("statements, streamed", f"{rows}, {form}", cost, STATEMENTS_AIM)


def _part(control: Control, parent: ControlPart | None, letter: str = "") -> ControlPart:
    stem = f"{control.control_id}_smt"
    return ControlPart(
        control=control,
        parent=parent,
        part_id=f"{stem}.{letter}" if letter else stem,
        name="item" if letter else "statement",
        order=LETTERS.index(letter) + 1 if letter else 0,
    )


def _served(lead: User, rows: int, events: int) -> Iterator[Line]:
    """What a client of the web server waits for, and what its worker takes."""
    _, token = make_api_token(lead, at=timezone.now())
    counts = {"responsibilities": rows, "audit-events": events}
    with serving() as server:
        server.get("/api/v1/registers/duties.csv", token)
        for name, count in counts.items():
            for form, encoding in (
                *((form, "identity") for form in FORMS),
                ("csv", "gzip"),
            ):
                answer = server.get(
                    f"/api/v1/registers/{name}.{form}", token, encoding=encoding
                )
                assert answer.status == 200
                size = f"{count}, {form}, {answer.size / 1e6:.1f} MB {encoding}"
                yield Line(f"{name}, served", size, answer.cost, AIM)
                first = Cost(0, 0, answer.first_byte, 0)
                yield Line(f"{name}, first byte", size, first, FIRST)


def _many(lead: User) -> Iterator[Line]:
    count = _events(MANY)
    for form in FORMS:
        work = partial(_drain, lead, "audit-events", form)
        yield Line("audit-events, streamed", f"{count}, {form}", measure(work), MANY_AIM)


def _drain(person: User, name: str, form: str) -> int:
    fresh = User.objects.get(pk=person.pk)
    now = moment(as_of="", on="", now=timezone.now(), zone=zone())
    asked = Asked(user=fresh, moment=now)
    return sum(map(len, stream(register=REGISTERS[name], form=form, asked=asked)))


def _events(wanted: int) -> int:
    """Add events to the trail, as services write them, until there are so many."""
    head = AuditHead.objects.get()
    actor, at, rows = uuid.uuid4(), timezone.now(), []
    for seq in range(head.seq + 1, wanted + 1):
        row = AuditEvent(
            seq=seq,
            uuid=uuid.uuid4(),
            at=at,
            actor_uuid=actor,
            verb=AuditVerb.RESPONSIBILITY_ASSIGNED,
            target_type="Responsibility",
            target_uuid=uuid.uuid4(),
            target_label=f"BC-{seq} in Bench",
            system_uuid=actor,
            team_uuid=actor,
            before={"state": "proposed", "kind": "shared", "owner_team": None},
            after={"state": "proposed", "kind": "shared", "owner_team": "bench"},
            request_id=str(actor),
            previous_hash=head.hash,
        )
        row.hash = head.hash = seal(row.content(), previous=head.hash)
        head.seq = seq
        rows.append(row)
    AuditEvent.objects.bulk_create(rows, batch_size=BATCH)
    head.save()
    return head.seq
