"""What changed since an instant, counted: which systems, and what happened there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from controls.models import AuditEvent, System, User


@dataclass(frozen=True, slots=True)
class Happened:
    """How often something happened."""

    verb: str
    count: int

    @property
    def words(self) -> str:
        """Return the verb as it reads behind a number."""
        return self.verb.replace("-", " ")


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in one system; without a system, in none of them."""

    system: System | None
    happened: tuple[Happened, ...]

    @property
    def count(self) -> int:
        """Return how many events there are."""
        return sum(item.count for item in self.happened)


def changes(*, user: User, since: datetime, system: System | None = None) -> list[Changes]:
    """Return what the person may see of it, system by system, those with most first.

    Two queries besides those of what is visible.
    """
    events = AuditEvent.objects.visible_to(user).filter(at__gte=since)
    if system is not None:
        events = events.filter(system_uuid=system.uuid)
    rows: Any = (
        events.order_by()
        .values_list("system_uuid", "verb")
        .annotate(count=Count("seq"))
        .order_by("-count", "verb")
    )
    found: dict[Any, list[Happened]] = {}
    for uuid, verb, count in rows:
        found.setdefault(uuid, []).append(Happened(verb, count))
    systems = {
        row.uuid: row
        for row in System.objects.visible_to(user).filter(uuid__in=filter(None, found))
    }
    told = [Changes(systems.get(uuid), tuple(items)) for uuid, items in found.items()]
    return sorted(told, key=lambda one: (one.system is None, -one.count))
