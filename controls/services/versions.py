"""How a row changes: on the version it was read with, and with an end that is said once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import F

from controls.errors import ConflictError, InvalidInputError, StaleVersionError
from controls.models import User

V = TypeVar("V", bound=models.Model)


def claim(row: V, *, version: int) -> None:
    """Take the next version of the row, which also locks it until the transaction ends.

    Raises StaleVersionError when somebody else changed it since `version` was read.
    """
    manager = type(row)._default_manager
    if not manager.filter(pk=row.pk, version=version).update(version=F("version") + 1):
        current = manager.values_list("version", flat=True).get(pk=row.pk)
        raise StaleVersionError(
            f"Somebody changed this since you opened it: you have version {version}, "
            f"the current one is {current}. Look at it again before you change it.",
            yours=version,
            current=current,
        )
    row.version = version + 1  # type: ignore[attr-defined]


def end_row(row: Any, *, on: date, by: User, at: datetime) -> None:
    """Write the end of a dated row, once.

    Raises ConflictError where it has ended and InvalidInputError where it would end before
    it began.
    """
    if on < row.since:
        raise InvalidInputError(
            f"It began on {row.since}: it cannot end before.", place="on"
        )
    manager: models.Manager[Any] = type(row)._default_manager
    ended = manager.filter(pk=row.pk, ended_at__isnull=True).update(
        ended_at=at, ended_by=by, ended_on=on
    )
    if not ended:
        raise ConflictError("This has ended already.")
    row.ended_at, row.ended_by, row.ended_on = at, by, on
