"""What is handed in, and whether it can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from controls.errors import InvalidInputError
from controls.services.clock import day
from evidence.choices import EvidenceKind, Sensitivity, Side
from evidence.models import Artifact
from evidence.rules import acceptance
from evidence.services.store import Draft

WORDS = {"kind": EvidenceKind, "side": Side, "sensitivity": Sensitivity}


@dataclass(frozen=True, slots=True)
class Content:
    """What is handed in and said of it: a file or an address. `collected_on` empty: today.

    `artifact` is a file that was just received (see `uploads.draft_of`), or one that is in
    the store already, as where a revision keeps the file.
    """

    title: str
    kind: str
    side: str = Side.CUSTOMER
    collected_on: date | None = None
    description: str = ""
    activity_from: date | None = None
    activity_until: date | None = None
    expires_on: date | None = None
    sensitivity: str = Sensitivity.INTERNAL
    url: str = ""
    artifact: Artifact | Draft | None = None
    original_name: str = ""


def check(*, content: Content, at: datetime) -> None:
    """Raise InvalidInputError, naming the field, unless the content can be handed in."""
    if not content.title.strip():
        raise InvalidInputError("Say what it is.", place="title")
    if len(content.title) > 200:
        raise InvalidInputError("A title has at most 200 characters.", place="title")
    for name, words in WORDS.items():
        value = getattr(content, name)
        if value not in words.values:
            known = ", ".join(words.values)
            raise InvalidInputError(f"{value!r} is none of: {known}.", place=name)
    acceptance.check_days(
        collected_on=content.collected_on or day(at),
        activity_from=content.activity_from,
        activity_until=content.activity_until,
        expires_on=content.expires_on,
        today=day(at),
    )
    if bool(content.url) == (content.artifact is not None):
        raise InvalidInputError("Hand in a file or an address, one of them.", place="file")
    if content.url:
        _check_address(content.url)


def _check_address(url: str) -> None:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        raise InvalidInputError(
            "This is not an address that starts with https:// or http://.", place="url"
        ) from None
    if len(url) > 1000:
        raise InvalidInputError("An address has at most 1000 characters.", place="url")
