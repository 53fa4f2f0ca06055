"""What registers are read from: streams side by side, and the names of people and teams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from controls.models import PersonalName, Responsibility, Team, User
from controls.models.responsibilities import ResponsibilityQuerySet
from evidence.exports.tables import Asked

CHUNK = 500
"""Rows that a connection hands over at once."""

NOBODY: tuple[UUID | None, str | None] = (None, None)


def streamed(rows: QuerySet[Any, Any]) -> Iterator[Any]:
    """Yield the rows as they come from the database; few are in memory at a time."""
    return rows.iterator(chunk_size=CHUNK)


class Beside:
    """A stream of rows that begin with a key, read beside another in the order of that key.

    So two tables are joined in two queries, however many rows there are.
    """

    def __init__(self, rows: QuerySet[Any, Any], *, width: int = 1) -> None:
        """Read rows in ascending order of their first `width` values."""
        self._rows: Iterator[tuple[Any, ...]] = streamed(rows)
        self._width = width
        self._next = next(self._rows, None)

    def of(self, *key: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a key, without it. Ask for keys in ascending order."""
        found = []
        while self._next is not None and self._next[: self._width] <= key:
            if self._next[: self._width] == key:
                found.append(self._next[self._width :])
            self._next = next(self._rows, None)
        return found

    def one(self, *key: Any) -> tuple[Any, ...] | None:
        """Return the last row of a key, or None."""
        found = self.of(*key)
        return found[-1] if found else None


class People:
    """Who is meant by a person's number, and what they were called then. Two queries.

    Names are changed in place; the newest one recorded by the instant counts.
    """

    def __init__(self, *, as_of: datetime) -> None:
        """Read everybody who was ever here: one line each."""
        users = User.objects.get_queryset().values_list("pk", "uuid")
        names = PersonalName.objects.filter(recorded_at__lte=as_of)
        ordered = names.order_by("recorded_at", "pk").values_list("user_id", "name")
        called = dict(ordered)
        self._found = {pk: (uuid, called.get(pk, "")) for pk, uuid in users}

    def told(self, pk: int | None) -> tuple[UUID | None, str | None]:
        """Return the uuid and the name."""
        return NOBODY if pk is None else self._found[pk]


def team_keys() -> dict[int, str]:
    """Return the key of each team, which never changes. One query."""
    return dict(Team.objects.values_list("pk", "key"))


def responsibilities(asked: Asked) -> ResponsibilityQuerySet:
    """Return the responsibilities that the person may see, of the system asked for."""
    rows = Responsibility.objects.visible_to(asked.user)
    return rows.filter(system=asked.system) if asked.system else rows


def within(asked: Asked, *, path: str) -> Q:
    """Return the condition that the responsibility at `path` is one of those."""
    if asked.system is None and asked.user.sees_everything():
        return Q()
    return Q(**{f"{path}__in": responsibilities(asked).values("pk")})


def sorted_keys(keys: Iterable[str]) -> list[str]:
    """Return each key once, in the order of the alphabet."""
    return sorted(set(keys))
