"""Reading a body: JSON of a bounded size, and nothing a database could not hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils import json as strict_json

LARGEST = 5 * 1024 * 1024


class TooLarge(APIException):
    """The body is larger than anything this API takes."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = f"A body holds at most {LARGEST // 1024 // 1024} MB."
    default_code = "too-large"


class JSONParser(BaseParser):
    """Parses JSON strictly: UTF-8, no NaN, no half characters, not nested without end."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body. Raises ParseError and TooLarge."""
        body = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise TooLarge
        try:
            parsed = strict_json.loads(body.decode("utf-8"))
            # An escaped half of a surrogate pair cannot be written as UTF-8 again.
            if b"\\u" in body:
                json.dumps(parsed, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}"[:200]) from None
        return parsed
