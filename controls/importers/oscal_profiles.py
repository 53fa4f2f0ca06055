"""Reads an OSCAL profile: what it imports, which controls it takes, what it sets.

Never writes. Shape: OSCAL profile model 1.0 to 1.2. How controls are merged into groups
does not matter to SRM, which keeps the catalog's; texts that a profile adds or removes are
counted and left to the profile's own file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from controls.importers.oscal import load, read_file
from controls.importers.oscal_references import ReferenceWalker
from controls.rules.profiles import Selection
from controls.rules.references import Reference

MOST_SELECTED = 20_000
LONGEST_PATTERN = 200


@dataclass(frozen=True, slots=True)
class Import:
    """What is taken from one source. `includes` is None for all of it."""

    source: Reference
    place: str
    includes: tuple[Selection, ...] | None
    excludes: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class ParsedProfile:
    """A profile as the file gives it."""

    title: str
    version: str
    document_uuid: str
    sha256: str
    file: str
    imports: tuple[Import, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    passed_over: Mapping[str, int]
    """What the profile says that is not applied → how often."""


def read_profile(path: Path) -> ParsedProfile:
    """Return the profile in a file. Raises InvalidInputError naming the file and place."""
    return read_file(path, parse_profile)


def parse_profile(file: IO[bytes], *, name: str) -> ParsedProfile:
    """Return the profile in an open file. Raises InvalidInputError naming the place."""
    document, sha256 = load(file, name=name)
    return _Reader(name).profile(document, sha256)


class _Reader(ReferenceWalker):
    """Walks the document and knows where it is."""

    def profile(self, document: Any, sha256: str) -> ParsedProfile:
        """Return the profile of a document."""
        root = self._document(document, "profile")
        metadata = self._metadata(root, "profile")
        resources = self._resources(root, "profile")
        imports = [
            self._import(item, resources, f"profile.imports[{number}]")
            for number, item in enumerate(self._list(root, "imports", "profile"))
        ]
        if not imports:
            raise self.fail("profile.imports", "imports nothing.")
        modify = self._object(root, "modify", "profile") if "modify" in root else {}
        return ParsedProfile(
            title=self._text(metadata, "title", "profile.metadata"),
            version=self._text(metadata, "version", "profile.metadata"),
            document_uuid=self._text(root, "uuid", "profile", "")[:36],
            sha256=sha256,
            file=self._name,
            imports=tuple(imports),
            parameters=self._parameters(modify),
            passed_over=self._passed_over(root, modify),
        )

    def _import(
        self, item: Any, resources: dict[str, dict[str, Any]], place: str
    ) -> Import:
        found = self._is_object(item, place)
        href = self._text(found, "href", place)
        if "include-all" not in found and "include-controls" not in found:
            raise self.fail(
                place, "says neither include-all nor include-controls: name the controls."
            )
        chosen = self._selections(found, "include-controls", place)
        return Import(
            source=self._reference(href, resources),
            place=f"{place}.href",
            includes=None if "include-all" in found else chosen,
            excludes=self._selections(found, "exclude-controls", place),
        )

    def _selections(
        self, holder: dict[str, Any], name: str, place: str
    ) -> tuple[Selection, ...]:
        found = []
        for number, item in enumerate(self._list(holder, name, place)):
            here = f"{place}.{name}[{number}]"
            selection = self._is_object(item, here)
            ids = self._texts(selection, "with-ids", here)
            found.append(
                Selection(
                    ids=tuple(
                        (control_id, f"{here}.with-ids[{position}]")
                        for position, control_id in enumerate(ids)
                    ),
                    patterns=tuple(self._patterns(selection, here)),
                    with_children=selection.get("with-child-controls") == "yes",
                )
            )
        if sum(len(selection.ids) for selection in found) > MOST_SELECTED:
            raise self.fail(f"{place}.{name}", f"names more than {MOST_SELECTED:,} ids.")
        return tuple(found)

    def _patterns(self, selection: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
        for number, item in enumerate(self._list(selection, "matching", place)):
            here = f"{place}.matching[{number}]"
            pattern = self._text(self._is_object(item, here), "pattern", here)
            if len(pattern) > LONGEST_PATTERN:
                raise self.fail(here, f"is longer than {LONGEST_PATTERN} characters.")
            yield pattern, f"{here}.pattern"

    def _parameters(self, modify: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return parameter id → values, constraints and label, without what is not set."""
        place = "profile.modify"
        found: dict[str, dict[str, Any]] = {}
        for number, item in enumerate(self._list(modify, "set-parameters", place)):
            here = f"{place}.set-parameters[{number}]"
            setting = self._is_object(item, here)
            told = {
                "values": self._texts(setting, "values", here),
                "constraints": self._constraints(setting, here),
                "label": self._text(setting, "label", here, ""),
            }
            parameter = self._text(setting, "param-id", here)
            if parameter in found:
                raise self.fail(f"{here}.param-id", f"{parameter!r} is set twice.")
            found[parameter] = {name: value for name, value in told.items() if value}
        return found

    def _constraints(self, setting: dict[str, Any], place: str) -> list[str]:
        told = []
        for number, item in enumerate(self._list(setting, "constraints", place)):
            here = f"{place}.constraints[{number}]"
            text = self._text(self._is_object(item, here), "description", here, "")
            if text:
                told.append(text)
        return told

    def _passed_over(self, root: dict[str, Any], modify: dict[str, Any]) -> Counter[str]:
        """Count what SRM does not apply, so that it can be told."""
        counts: Counter[str] = Counter()
        for number, item in enumerate(self._list(modify, "alters", "profile.modify")):
            here = f"profile.modify.alters[{number}]"
            alter = self._is_object(item, here)
            counts["removals"] += len(self._list(alter, "removes", here))
            for added in self._list(alter, "adds", here):
                addition = self._is_object(added, f"{here}.adds")
                counts["added properties"] += len(self._list(addition, "props", here))
                counts["added texts"] += len(self._list(addition, "parts", here))
                counts["added parameters"] += len(self._list(addition, "params", here))
        merge = root.get("merge")
        if isinstance(merge, dict):
            counts["regrouping"] += "custom" in merge or "flat" in merge
        return Counter({what: count for what, count in counts.items() if count})
