"""Reading a multipart body: fields, and files that are already on their way to the disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser

from controls.api.parsers import TooLarge
from controls.errors import TooLargeError
from evidence.services.store import largest, too_large


class UploadParser(MultiPartParser):
    """Parses `multipart/form-data`."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return fields and files. Raises ParseError, TooLarge and TooLargeError."""
        length = ((parser_context or {})["request"]).META.get("CONTENT_LENGTH", "")
        if str(length).isdecimal() and int(length) > 2 * largest():
            raise TooLargeError(too_large())
        try:
            return super().parse(stream, media_type, parser_context)
        except RequestDataTooBig:
            raise TooLarge from None
        except SuspiciousOperation as error:
            raise ParseError(str(error)[:200]) from None
