"""The audit trail: every service runs inside `audited` and says what it did with `record`.

Events are kept back and written when the outermost service ends, in the same transaction.
So the one row that every writer needs, the head of the chain, is locked last and briefly,
and a
service that calls others cannot deadlock on it.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction

from controls.choices import AuditVerb
from controls.models import AuditEvent, AuditHead, System, Team, User
from controls.rules.hashing import seal, stamp

P = ParamSpec("P")
R = TypeVar("R")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Set by the interface for the time of a request or a task; groups its events."""


@dataclass(frozen=True, slots=True)
class _Noted:
    at: datetime
    actor: uuid.UUID
    verb: str
    target_type: str
    target: uuid.UUID
    label: str
    system: uuid.UUID | None
    team: uuid.UUID | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


_open: ContextVar[list[_Noted] | None] = ContextVar("open_events", default=None)


def audited(service: Callable[P, R]) -> Callable[P, R]:
    """Return the service, run in one transaction with the audit events it records."""

    @functools.wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with _unit_of_work():
            return service(*args, **kwargs)

    run.is_audited = True  # type: ignore[attr-defined]
    return run


def within(step: Callable[P, R]) -> Callable[P, R]:
    """Return a step of services, which runs in the unit of work of the one that calls it.

    It has no savepoint of its own: where it fails, that service fails. Raises RuntimeError
    outside a service.
    """

    @functools.wraps(step)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _open.get() is None:
            raise RuntimeError(f"{step.__name__}() is a step of a service marked @audited.")
        return step(*args, **kwargs)

    run.is_audited = True  # type: ignore[attr-defined]
    return run


@contextmanager
def _unit_of_work() -> Iterator[None]:
    outer = _open.get()
    if outer is not None:
        with _nested(outer):
            yield
        return
    events: list[_Noted] = []
    token = _open.set(events)
    try:
        with transaction.atomic():
            yield
            _write(events)
    finally:
        _open.reset(token)


@contextmanager
def _nested(events: list[_Noted]) -> Iterator[None]:
    """Forget what an inner service noted when it fails and the outer one goes on."""
    mark = len(events)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        del events[mark:]
        raise


def record(
    *,
    verb: AuditVerb,
    target: models.Model,
    by: User,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    about: System | Team | None = None,
) -> None:
    """Note one fact about one object, in the system or team that it is `about`.

    `before` and `after` name people by uuid only.

    Raises RuntimeError outside a service marked `audited`.
    """
    events = _open.get()
    if events is None:
        raise RuntimeError("audit.record() needs a service marked @audited.")
    system = about if isinstance(about, System) else None
    team = system.owner_team if system else about
    events.append(
        _Noted(
            at=at,
            actor=by.uuid,
            verb=verb.value,
            target_type=type(target).__name__,
            target=target.uuid,  # type: ignore[attr-defined]
            label=_label(target),
            system=system.uuid if system else None,
            team=team.uuid if isinstance(team, Team) else None,
            before=before,
            after=after,
        )
    )


def _label(target: models.Model) -> str:
    """Return what the target is called; nothing where that is a person's name, which must
    stay erasable.
    """
    names_a_person = isinstance(target, User) or getattr(target, "names_a_person", False)
    return "" if names_a_person else str(target)[:200]


def snapshot(target: models.Model, *names: str) -> dict[str, Any]:
    """Return the named fields as JSON holds them; related rows by key, code or uuid."""
    return {name: plain(getattr(target, name)) for name in names}


def plain(value: Any) -> Any:
    """Return the value as canonical JSON holds it."""
    if isinstance(value, models.Model):
        name = next(n for n in ("key", "code", "uuid", "pk") if getattr(value, n, None))
        return str(getattr(value, name))
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date | uuid.UUID):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def _write(noted: list[_Noted]) -> None:
    if not noted:
        return
    head = AuditHead.objects.select_for_update().get(pk=1)
    rows = []
    for item in noted:
        head.seq += 1
        row = AuditEvent(
            seq=head.seq,
            uuid=uuid.uuid4(),
            at=item.at,
            actor_uuid=item.actor,
            verb=item.verb,
            target_type=item.target_type,
            target_uuid=item.target,
            target_label=item.label,
            system_uuid=item.system,
            team_uuid=item.team,
            before=item.before,
            after=item.after,
            request_id=request_id.get(),
            previous_hash=head.hash,
        )
        row.hash = head.hash = seal(row.content(), previous=row.previous_hash)
        rows.append(row)
    AuditEvent.objects.bulk_create(rows, batch_size=500)
    head.save(update_fields=["seq", "hash"])
