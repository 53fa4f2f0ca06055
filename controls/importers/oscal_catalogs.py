"""Reads an OSCAL catalog and refuses one that does not add up. Never writes.

Shape: OSCAL catalog model 1.0 to 1.2. Of a control's parts, its statement with items and
its guidance are kept; assessment objectives and methods are not.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from controls.errors import InvalidInputError

LARGEST = 50 * 1024 * 1024
"""Bytes. NIST's full catalog with all texts is below 11 MB."""

DEEPEST = 40
"""Levels of groups, controls or parts within one another."""

KEPT_PARTS = frozenset({"statement", "item", "guidance"})
VERSION = re.compile(r"^1\.[0-2](\.\d+)?([-+].*)?$")
TOKEN = re.compile(r"^[^\W\d][\w.\-]*$")
"""OSCAL's token: what an id looks like."""
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, and halves of a character: no database holds them."""
LONGEST_ID = {"control": 80, "group": 80, "part": 120}
INSERTED = re.compile(r"\{\{\s*insert:\s*param,\s*([^}\s]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class ParsedPart:
    """A part of a control's text; `parent` is the id of the part it stands in."""

    part_id: str
    name: str
    label: str
    prose: str
    parent: str


@dataclass(frozen=True, slots=True)
class ParsedControl:
    """A control as the file gives it, in the file's order."""

    control_id: str
    label: str
    title: str
    group_id: str
    group_title: str
    parent: str
    withdrawn: bool
    params: dict[str, str]
    parts: tuple[ParsedPart, ...]


@dataclass(frozen=True, slots=True)
class ParsedCatalog:
    """A catalog as the file gives it, or the controls that a profile resolved to."""

    title: str
    version: str
    publisher: str
    is_resolved_profile: bool
    sha256: str
    file: str
    controls: tuple[ParsedControl, ...]


def read_catalog(path: Path) -> ParsedCatalog:
    """Return the catalog in a file.

    Raises InvalidInputError naming the file and the place.
    """
    try:
        with path.open("rb") as file:
            return parse_catalog(file, name=path.name)
    except OSError as error:
        raise InvalidInputError(
            f"{path.name}: {error.strerror}.", place=path.name
        ) from None


def parse_catalog(file: IO[bytes], *, name: str) -> ParsedCatalog:
    """Return the catalog in an open file. Raises InvalidInputError naming the place."""
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise InvalidInputError(
            f"{name}: is larger than {LARGEST // 1024 // 1024} MB; no catalog is.",
            place=name,
        )
    return _Reader(name).catalog(_json(raw, name), hashlib.sha256(raw).hexdigest())


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


class _Reader:
    """Walks the document and knows where it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: dict[str, str] = {}

    def fail(self, place: str, why: str) -> InvalidInputError:
        """Return the error that names file and place."""
        return InvalidInputError(f"{self._name}: {place}: {why}", place=place)

    def catalog(self, document: Any, sha256: str) -> ParsedCatalog:
        """Return the catalog of a document."""
        root = self._root(document)
        metadata = self._object(root, "metadata", "catalog")
        version = self._text(metadata, "oscal-version", "catalog.metadata")
        if not VERSION.match(version):
            raise self.fail(
                "catalog.metadata.oscal-version",
                f"{version!r} is not known; SRM reads OSCAL 1.0, 1.1 and 1.2.",
            )
        controls = tuple(self._members(root, "catalog", ("", ""), depth=0))
        if not controls:
            raise self.fail("catalog", "holds no controls.")
        return ParsedCatalog(
            title=self._text(metadata, "title", "catalog.metadata"),
            version=self._text(metadata, "version", "catalog.metadata"),
            publisher=self._publisher(metadata),
            is_resolved_profile=self._is_resolved(metadata),
            sha256=sha256,
            file=self._name,
            controls=controls,
        )

    def _root(self, document: Any) -> dict[str, Any]:
        if not isinstance(document, dict):
            raise self.fail("the document", "is not an OSCAL catalog: it is not an object.")
        root = document.get("catalog")
        if isinstance(root, dict):
            return root
        found = ", ".join(map(str, list(document)[:3])) or "nothing"
        hint = (
            " A profile names controls, it does not hold them."
            if "profile" in document
            else ""
        )
        raise self.fail("the document", f"is not an OSCAL catalog: it holds {found}.{hint}")

    def _publisher(self, metadata: dict[str, Any]) -> str:
        for number, party in enumerate(self._list(metadata, "parties", "catalog.metadata")):
            if isinstance(party, dict) and party.get("type") == "organization":
                return self._text(party, "name", f"catalog.metadata.parties[{number}]", "")
        return ""

    def _is_resolved(self, metadata: dict[str, Any]) -> bool:
        links = self._list(metadata, "links", "catalog.metadata")
        return any(isinstance(x, dict) and x.get("rel") == "source-profile" for x in links)

    def _members(
        self, holder: dict[str, Any], place: str, group: tuple[str, str], *, depth: int
    ) -> Iterator[ParsedControl]:
        """Yield the controls of a catalog or group, those outside inner groups first."""
        self._check_depth(place, depth)
        for number, item in enumerate(self._list(holder, "controls", place)):
            here = f"{place}.controls[{number}]"
            yield from self._control(
                self._is_object(item, here), here, group, "", depth=depth
            )
        for number, item in enumerate(self._list(holder, "groups", place)):
            here = f"{place}.groups[{number}]"
            inner = self._is_object(item, here)
            named = (
                self._id(inner, here, "group") if "id" in inner else group[0],
                self._text(inner, "title", here, group[1]),
            )
            yield from self._members(inner, here, named, depth=depth + 1)

    def _control(
        self,
        item: dict[str, Any],
        place: str,
        group: tuple[str, str],
        parent: str,
        *,
        depth: int,
    ) -> Iterator[ParsedControl]:
        self._check_depth(place, depth)
        control_id = self._id(item, place, "control")
        props = self._props(item, place)
        yield ParsedControl(
            control_id=control_id,
            label=self._label(props, place, control_id),
            title=self._text(item, "title", place)[:300],
            group_id=group[0],
            group_title=group[1][:200],
            parent=parent,
            withdrawn=any(
                prop.get("name") == "status"
                and str(prop.get("value")).lower() == "withdrawn"
                for prop in props
            ),
            params=self._params(item, place),
            parts=tuple(self._parts(item, place, "", depth=depth)),
        )
        for number, inner in enumerate(self._list(item, "controls", place)):
            here = f"{place}.controls[{number}]"
            found = self._is_object(inner, here)
            yield from self._control(found, here, group, control_id, depth=depth + 1)

    def _parts(
        self, holder: dict[str, Any], place: str, parent: str, *, depth: int
    ) -> Iterator[ParsedPart]:
        self._check_depth(place, depth)
        for number, item in enumerate(self._list(holder, "parts", place)):
            here = f"{place}.parts[{number}]"
            part = self._is_object(item, here)
            name = self._text(part, "name", here)
            if name not in KEPT_PARTS:
                continue
            # OSCAL lets a part go without an id; ours is made from where it stands.
            named = {"id": f"{parent or holder['id']}_{name}.{number}", **part}
            part_id = self._id(named, here, "part")
            yield ParsedPart(
                part_id=part_id,
                name=name,
                label=self._label(self._props(part, here), here, "")[:40],
                prose=self._text(part, "prose", here, ""),
                parent=parent,
            )
            yield from self._parts(named, here, part_id, depth=depth + 1)

    def _params(self, item: dict[str, Any], place: str) -> dict[str, str]:
        """Return parameter id → what it stands for, readable; selections refer to one
        another.
        """
        told: dict[str, str] = {}
        for number, param in enumerate(self._list(item, "params", place)):
            here = f"{place}.params[{number}]"
            found = self._is_object(param, here)
            told[self._text(found, "id", here)] = self._param(found, here)
        return {
            key: INSERTED.sub(lambda match: told.get(match[1], match[1]), text)
            for key, text in told.items()
        }

    def _param(self, param: dict[str, Any], place: str) -> str:
        values = self._texts(param, "values", place)
        if values:
            return ", ".join(values)
        select = param.get("select")
        if isinstance(select, dict):
            choices = self._texts(select, "choice", f"{place}.select")
            many = "one or more" if select.get("how-many") == "one-or-more" else "one"
            return f"Selection ({many}): " + "; ".join(choices)
        return "Assignment: " + self._text(
            param, "label", place, self._text(param, "id", place)
        )

    def _id(self, item: dict[str, Any], place: str, what: str) -> str:
        """Return an id that may stand once in the document."""
        found = self._text(item, "id", place)
        if not TOKEN.match(found) or len(found) > LONGEST_ID[what]:
            raise self.fail(
                f"{place}.id",
                f"{found[:60]!r} is not an id: a letter, then letters, digits, '.', '-' "
                f"or '_', at most {LONGEST_ID[what]}.",
            )
        if found in self._seen:
            raise self.fail(
                f"{place}.id", f"{found!r} stands at {self._seen[found]} already."
            )
        self._seen[found] = place
        return found

    def _label(self, props: list[dict[str, Any]], place: str, default: str) -> str:
        """Return the printed label: the plain one before those of a class."""
        labels = [prop for prop in props if prop.get("name") == "label"]
        labels.sort(key=lambda prop: bool(prop.get("class")))
        return self._text(labels[0], "value", place)[:80] if labels else default

    def _props(self, item: dict[str, Any], place: str) -> list[dict[str, Any]]:
        props = self._list(item, "props", place)
        return [prop for prop in props if isinstance(prop, dict)]

    def _check_depth(self, place: str, depth: int) -> None:
        if depth > DEEPEST:
            raise self.fail(place, f"is nested more than {DEEPEST} levels deep.")

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
