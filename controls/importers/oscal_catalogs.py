"""Reads an OSCAL catalog and refuses one that does not add up. Never writes.

Shape: OSCAL catalog model 1.0 to 1.2. Of a control's parts, its statement with items and
its guidance are kept; assessment objectives and methods are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from controls.errors import InvalidInputError
from controls.importers.oscal import Walker, load, read_file
from controls.rules import parameters
from controls.rules.editions import Face, Faces

DEEPEST = 40
"""Levels of groups, controls or parts within one another."""

KEPT_PARTS = frozenset({"statement", "item", "guidance"})
TOKEN = re.compile(r"^[^\W\d][\w.\-]*$")
"""OSCAL's token: what an id looks like."""
LONGEST_ID = {"control": 80, "group": 80, "part": 120}


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
    document_uuid: str = ""

    def faces(self) -> Faces:
        """Return the controls as another edition is compared with."""
        return {
            row.control_id.lower(): Face(
                control_id=row.control_id,
                label=row.label,
                title=row.title,
                withdrawn=row.withdrawn,
                params=row.params,
                texts={part.part_id: part.prose for part in row.parts},
            )
            for row in self.controls
        }


def read_catalog(path: Path) -> ParsedCatalog:
    """Return the catalog in a file.

    Raises InvalidInputError naming the file and the place.
    """
    return read_file(path, parse_catalog)


def parse_catalog(file: IO[bytes], *, name: str) -> ParsedCatalog:
    """Return the catalog in an open file. Raises InvalidInputError naming the place."""
    document, sha256 = load(file, name=name)
    return _Reader(name).catalog(document, sha256)


class _Reader(Walker):
    """Walks the document and knows where it is."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._seen: dict[str, str] = {}

    def catalog(self, document: Any, sha256: str) -> ParsedCatalog:
        """Return the catalog of a document."""
        root = self._root(document)
        metadata = self._metadata(root, "catalog")
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
            document_uuid=self._text(root, "uuid", "catalog", "")[:36],
        )

    def _root(self, document: Any) -> dict[str, Any]:
        try:
            return self._document(document, "catalog")
        except InvalidInputError as error:
            if isinstance(document, dict) and "profile" in document:
                hint = " A profile names controls, it does not hold them: import_profile."
                raise InvalidInputError(error.message + hint, place=error.place) from None
            raise

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
        """Return parameter id → what it stands for (`controls.rules.parameters`).

        Selections insert others, and older ids lead to newer ones.
        """
        told: dict[str, str] = {}
        older: dict[str, str] = {}
        for number, param in enumerate(self._list(item, "params", place)):
            here = f"{place}.params[{number}]"
            found = self._is_object(param, here)
            param_id = self._text(found, "id", here)
            told[param_id] = self._param(found, here)
            for other in self._named(found, here, "alt-identifier"):
                older[other] = parameters.alias(param_id)
        return {**older, **told}

    def _param(self, param: dict[str, Any], place: str) -> str:
        values = self._texts(param, "values", place)
        if values:
            return ", ".join(values)
        select = param.get("select")
        if isinstance(select, dict):
            choices = self._texts(select, "choice", f"{place}.select")
            several = select.get("how-many") == "one-or-more"
            return parameters.selection(choices, several=several)
        label = self._text(param, "label", place, self._text(param, "id", place))
        return parameters.gathering(
            parameters.assignment(label), self._named(param, place, "aggregates")
        )

    def _named(self, param: dict[str, Any], place: str, name: str) -> list[str]:
        """Return the values of NIST's properties of this name."""
        return [
            self._text(prop, "value", place)
            for prop in self._props(param, place)
            if prop.get("name") == name
        ]

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
