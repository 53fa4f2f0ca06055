"""Why a change was refused. Every message may be read by a person and says what to do."""

from __future__ import annotations


class DomainError(Exception):
    """A rule says no.

    `status` is the HTTP status an interface answers with, `code` the problem's token.
    """

    status = 409
    code = "conflict"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConflictError(DomainError):
    """The thing exists already, or another fact stands in the way."""


class TransitionError(DomainError):
    """The workflow does not go that way."""

    code = "wrong-state"


class SeparationOfDutiesError(DomainError):
    """The maker may not be the checker."""

    code = "separation-of-duties"


class NotAllowedError(DomainError):
    """The person lacks the role; the message says who has it."""

    status = 403
    code = "not-allowed"


class NotFoundError(DomainError):
    """No such thing, or not for this person: the two are not told apart."""

    status = 404
    code = "not-found"


class InvalidInputError(DomainError):
    """The input is wrong. `place` names the file, row or field."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class StaleVersionError(DomainError):
    """Somebody changed the thing since it was read."""

    status = 412
    code = "stale-version"

    def __init__(self, message: str, *, yours: int, current: int) -> None:
        super().__init__(message)
        self.yours = yours
        self.current = current
