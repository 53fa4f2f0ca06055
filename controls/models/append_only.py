"""Tables whose rows are only ever added:

what Django may do to them, before the triggers say no.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """A queryset that refuses to change or delete rows, with a clearer word than the
    trigger's.
    """

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise TypeError(f"{self.model.__name__} is append-only: add a row instead.")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise TypeError(f"{self.model.__name__} is append-only: rows are never deleted.")

    def bulk_update(self, *_args: Any, **_: Any) -> NoReturn:
        """Refuse."""
        raise TypeError(f"{self.model.__name__} is append-only: add a row instead.")
