"""Reads OSCAL documents: JSON of a bounded size, walked with a place at hand. Never writes.

Source: OSCAL 1.0 to 1.2. A message names the file and the place, such as
`catalog.groups[0].controls[3].title`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

from controls.errors import InvalidInputError
from controls.importers.sheets import UNSTORABLE

LARGEST = 50 * 1024 * 1024
"""Bytes. NIST's full catalog with all texts is below 11 MB."""

VERSION = re.compile(r"^1\.[0-2](\.\d+)?([-+].*)?$")

T = TypeVar("T")


def read_file(path: Path, parse: Callable[..., T]) -> T:
    """Return what `parse` reads from a file. Raises InvalidInputError without a file."""
    try:
        with path.open("rb") as file:
            return parse(file, name=path.name)
    except OSError as error:
        raise InvalidInputError(
            f"{path.name}: {error.strerror}.", place=path.name
        ) from None


def load(file: IO[bytes], *, name: str) -> tuple[Any, str]:
    """Return the document in an open file and its SHA-256. Raises InvalidInputError."""
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise InvalidInputError(
            f"{name}: is larger than {LARGEST // 1024 // 1024} MB; no catalog is.",
            place=name,
        )
    return _json(raw, name), hashlib.sha256(raw).hexdigest()


def _json(raw: bytes, name: str) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{name}: is not UTF-8 text (byte {error.start}).", place=name
        ) from None
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(error.doc.rstrip()) - 1
        cut = at_end or error.msg.startswith("Unterminated string")
        raise InvalidInputError(
            f"{name}: is not JSON: line {error.lineno}, column {error.colno}: "
            f"{error.msg}.{' It seems to be cut off.' if cut else ''}",
            place=f"{name}:{error.lineno}",
        ) from None
    except RecursionError:
        raise InvalidInputError(f"{name}: is nested too deeply.", place=name) from None
    except ValueError:
        # Python reads no whole number of more than 4,300 digits.
        raise InvalidInputError(f"{name}: holds a number too long.", place=name) from None


class Walker:
    """Walks a document and knows where it is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def fail(self, place: str, why: str) -> InvalidInputError:
        """Return the error that names file and place."""
        return InvalidInputError(f"{self._name}: {place}: {why}", place=place)

    def _document(self, document: Any, kind: str) -> dict[str, Any]:
        """Return what a document of this kind holds. Raises InvalidInputError."""
        words = kind.replace("-", " ")
        if not isinstance(document, dict):
            raise self.fail(
                "the document", f"is not an OSCAL {words}: it is not an object."
            )
        root = document.get(kind)
        if isinstance(root, dict):
            return root
        found = ", ".join(map(str, list(document)[:3])) or "nothing"
        raise self.fail("the document", f"is not an OSCAL {words}: it holds {found}.")

    def _metadata(self, root: dict[str, Any], kind: str) -> dict[str, Any]:
        """Return the metadata of a version that is known. Raises InvalidInputError."""
        metadata = self._object(root, "metadata", kind)
        version = self._text(metadata, "oscal-version", f"{kind}.metadata")
        if not VERSION.match(version):
            raise self.fail(
                f"{kind}.metadata.oscal-version",
                f"{version!r} is not known; SRM reads OSCAL 1.0, 1.1 and 1.2.",
            )
        return metadata

    def _is_object(self, value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(place, "is not an object.")
        return value

    def _object(self, holder: dict[str, Any], name: str, place: str) -> dict[str, Any]:
        if name not in holder:
            raise self.fail(f"{place}.{name}", "is missing.")
        return self._is_object(holder[name], f"{place}.{name}")

    def _list(self, holder: dict[str, Any], name: str, place: str) -> list[Any]:
        value = holder.get(name, [])
        if not isinstance(value, list):
            raise self.fail(f"{place}.{name}", "is not a list.")
        return value

    def _text(
        self, holder: dict[str, Any], name: str, place: str, default: str | None = None
    ) -> str:
        value = holder.get(name, default)
        if value is None or (value == "" and default is None):
            raise self.fail(f"{place}.{name}", "is missing.")
        return self._string(value, f"{place}.{name}")

    def _texts(self, holder: dict[str, Any], name: str, place: str) -> list[str]:
        return [
            self._string(value, f"{place}.{name}[{number}]")
            for number, value in enumerate(self._list(holder, name, place))
        ]

    def _string(self, value: Any, place: str) -> str:
        """Return text that both databases can hold."""
        if not isinstance(value, str):
            raise self.fail(place, "is not text.")
        if UNSTORABLE.search(value):
            raise self.fail(place, "holds a character that is not text.")
        return value.strip()
