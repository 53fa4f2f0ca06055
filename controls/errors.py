"""Why a change was refused. Every message may be read by a person and says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a file: where, such as `row 7, completed_on`, and what."""

    place: str
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}" if self.place else self.detail


class InvalidFileError(InvalidInputError):
    """A file is wrong in places that are all told at once, and nothing of it is taken.

    `faults` are in the order of the file; `left_out` says how many more there are.
    """

    def __init__(self, message: str, *, faults: Sequence[Fault], left_out: int = 0) -> None:
        super().__init__(message)
        self.faults = tuple(faults)
        self.left_out = left_out


class TooLargeError(DomainError):
    """A file holds more than this installation takes."""

    status = 413
    code = "too-large"


class UnsupportedTypeError(DomainError):
    """A file is of a kind that is not kept; the message says which and the way out."""

    status = 415
    code = "unsupported-type"


class StorageFullError(DomainError):
    """No room is left for files. Nothing of the file was kept."""

    status = 507
    code = "storage-full"


class StorageFailedError(DomainError):
    """The place of the files does not answer, or may not be written."""

    status = 503
    code = "storage-failed"


class StaleVersionError(DomainError):
    """Somebody changed the thing since it was read."""

    status = 412
    code = "stale-version"

    def __init__(self, message: str, *, yours: int, current: int) -> None:
        super().__init__(message)
        self.yours = yours
        self.current = current
