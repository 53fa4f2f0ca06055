"""Reads an OSCAL mapping collection. Never writes.

Shape: OSCAL control mapping model 1.2. A map relates a set of sources to a set of targets;
what follows for each pair is derived here. A statement is kept at its control. A published
collection names its pairs: grade `published`, unless it was made by automation alone or
says another of our grades as its confidence category. Its percentages are not grades.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from controls.choices import MappingGrade, MappingRelation
from controls.importers import crosswalks
from controls.importers.crosswalks import End, ParsedMapping, ParsedPair
from controls.importers.oscal import load, read_file
from controls.importers.oscal_references import ReferenceWalker
from controls.rules.references import Reference

KIND = "mapping-collection"
MOST_PAIRS = 200_000

EACH_SUBSET = {
    MappingRelation.EQUAL_TO,
    MappingRelation.EQUIVALENT_TO,
    MappingRelation.SUBSET_OF,
}
"""Sources that together are this to one target: each lies within it."""
EACH_SUPERSET = {
    MappingRelation.EQUAL_TO,
    MappingRelation.EQUIVALENT_TO,
    MappingRelation.SUPERSET_OF,
}
"""One source that is this to targets together: it holds each."""


def read_mappings(path: Path) -> ParsedMapping:
    """Return the mappings in a file. Raises InvalidInputError naming the file and place."""
    return read_file(path, parse_mappings)


def parse_mappings(file: IO[bytes], *, name: str) -> ParsedMapping:
    """Return the mappings in an open file. Raises InvalidInputError naming the place."""
    document, sha256 = load(file, name=name)
    return _Reader(name).mapping(document, sha256)


def relation_of_each(relation: str, *, sources: int, targets: int) -> str:
    """Return what a relation of sets says of each source and target."""
    if sources == targets == 1 or relation == MappingRelation.NO_RELATIONSHIP:
        return relation
    if targets == 1 and relation in EACH_SUBSET:
        return MappingRelation.SUBSET_OF
    if sources == 1 and relation in EACH_SUPERSET:
        return MappingRelation.SUPERSET_OF
    return MappingRelation.INTERSECTS_WITH


class _Reader(ReferenceWalker):
    """Walks the document and knows where it is."""

    def mapping(self, document: Any, sha256: str) -> ParsedMapping:
        """Return the mappings of a document."""
        root = self._document(document, KIND)
        metadata = self._metadata(root, KIND)
        resources = self._resources(root, KIND)
        provenance = self._object(root, "provenance", KIND)
        pairs: list[ParsedPair] = []
        for number, item in enumerate(self._list(root, "mappings", KIND)):
            place = f"{KIND}.mappings[{number}]"
            mapping = self._is_object(item, place)
            self._mapping(mapping, place, resources, provenance, pairs)
        if not pairs:
            raise self.fail(f"{KIND}.mappings", "map nothing.")
        return ParsedMapping(
            title=self._text(metadata, "title", f"{KIND}.metadata"),
            file=self._name,
            sha256=sha256,
            pairs=tuple(pairs),
        )

    def _mapping(
        self,
        mapping: dict[str, Any],
        place: str,
        resources: dict[str, dict[str, Any]],
        provenance: dict[str, Any],
        pairs: list[ParsedPair],
    ) -> None:
        ends = []
        for name in ("source-resource", "target-resource"):
            resource = self._object(mapping, name, place)
            href = self._text(resource, "href", f"{place}.{name}")
            ends.append(self._reference(href, resources))
        for number, item in enumerate(self._list(mapping, "maps", place)):
            here = f"{place}.maps[{number}]"
            entry = self._is_object(item, here)
            grade = self._grade((entry, mapping, provenance))
            pairs += self._pairs(entry, here, (ends[0], ends[1]), grade)
            if len(pairs) > MOST_PAIRS:
                raise self.fail(here, f"there are more than {MOST_PAIRS:,} pairs.")

    def _pairs(
        self,
        entry: dict[str, Any],
        place: str,
        catalogs: tuple[Reference, Reference],
        grade: str,
    ) -> list[ParsedPair]:
        said = self._text(entry, "relationship", place)
        relation = crosswalks.relation(said)
        if relation is None:
            known = ", ".join(MappingRelation.values)
            raise self.fail(
                f"{place}.relationship", f"{said[:40]!r} is not known. Known: {known}."
            )
        sources = self._ends(entry, "sources", place, catalogs[0])
        targets = self._ends(entry, "targets", place, catalogs[1])
        if len(sources) * len(targets) > MOST_PAIRS:
            raise self.fail(place, f"maps more than {MOST_PAIRS:,} pairs.")
        each = relation_of_each(relation, sources=len(sources), targets=len(targets))
        return [
            ParsedPair(source, target, str(each), grade, f"{self._name}: {place}")
            for source in sources
            for target in targets
        ]

    def _ends(
        self, entry: dict[str, Any], name: str, place: str, catalog: Reference
    ) -> list[End]:
        found = []
        for number, item in enumerate(self._list(entry, name, place)):
            here = f"{place}.{name}[{number}]"
            end = self._is_object(item, here)
            found.append(
                End(
                    catalog=catalog,
                    printed_id=self._text(end, "id-ref", here),
                    place=f"{self._name}: {here}.id-ref",
                    is_statement=end.get("type") == "statement",
                )
            )
        if not found:
            raise self.fail(f"{place}.{name}", "is missing.")
        return found

    def _grade(self, holders: tuple[dict[str, Any], ...]) -> str:
        """Return how sure a map is: its own word, else that of what it stands in."""
        for holder in holders:
            score = holder.get("confidence-score")
            category = score.get("category") if isinstance(score, dict) else None
            found = crosswalks.grade(category) if isinstance(category, str) else None
            if found:
                return str(found)
        method = next((h["method"] for h in holders if "method" in h), "")
        return str(
            MappingGrade.EDITORIAL if method == "automation" else MappingGrade.PUBLISHED
        )
