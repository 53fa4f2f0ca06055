"""Optimistic locking: a change names the version it was made on, or it is refused."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.db.models import F

from controls.errors import StaleVersionError

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
