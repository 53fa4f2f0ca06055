"""Training: until when a completion counts, and who must hold a course."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from dateutil.relativedelta import relativedelta


def valid_until(*, completed_on: date, valid_months: int | None) -> date | None:
    """Return the last day on which a completion counts; None where it counts for ever.

    The same day of the month, so many months later; where that month is shorter, its last
    day: 31 January and 1 month give 28 February. Raises OverflowError beyond the calendar.
    """
    if valid_months is None:
        return None
    try:
        return completed_on + relativedelta(months=valid_months)
    except ValueError as error:  # a year beyond 9999
        raise OverflowError(str(error)) from None


def is_required(*, audience: str, audiences: Collection[str]) -> bool:
    """Say whether somebody who belongs to these audiences must hold a course for this one.

    A course without an audience is for everybody.
    """
    return not audience or audience in audiences


def words(texts: Iterable[str]) -> list[str]:
    """Return audiences as they are stored: small letters, single spaces, each once, in
    alphabetical order, so that two spellings of one list are equal.
    """
    plain = (" ".join(text.split()).lower() for text in texts)
    return sorted({word for word in plain if word})
