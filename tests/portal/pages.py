"""What the tests of the portal share: days near today, forms, and what a page says."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from controls.models import Duty, Review
from tests.make import make_review


def now() -> datetime:
    """The instant: requests read the clock, so their tests do."""
    return timezone.now()


def today() -> date:
    """The day in the organisation's zone, which is UTC here."""
    return now().date()


def due_in(duty: Duty, days: int, **plan: Any) -> Review:
    """A review that is due so many days from today; negative: so many days late."""
    began = now() + timedelta(days=days - 60)
    return make_review(duty, at=began, every=60, unit="days", **plan)


def text(answer: Any) -> str:
    """The words of a page, without its tags, on one line."""
    body = re.sub(r"<(script|svg)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def asked(browser: Client, path: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        browser.get(path)
    return len(queries)


def handed(owner: Any, **given: Any) -> dict[str, Any]:
    """What the form sends, with an address unless a file is given."""
    told = {"team": owner.key, "title": "Report", "kind": "report"}
    told |= {"sensitivity": "internal", **given}
    return told if "file" in told else {"url": "https://example.com/r", **told}


def file(content: bytes = b"proof\n", name: str = "report.txt") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def fresh(row: Any) -> Any:
    """The row as a request would load it."""
    return type(row).objects.get(pk=row.pk)


def order(page: str, words: Iterable[str]) -> list[str]:
    """The words in the order in which a page says them first."""
    return sorted(words, key=page.index)
