"""What a file of mappings is read into, and the words of its relations and grades."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from controls.choices import MappingGrade, MappingRelation
from controls.rules.references import Reference

RELATIONS: Mapping[str, str] = {str(token): str(token) for token in MappingRelation} | {
    "equal": MappingRelation.EQUAL_TO,
    "equivalent": MappingRelation.EQUIVALENT_TO,
    "subset": MappingRelation.SUBSET_OF,
    "superset": MappingRelation.SUPERSET_OF,
    "intersects": MappingRelation.INTERSECTS_WITH,
    "none": MappingRelation.NO_RELATIONSHIP,
}
GRADES: Mapping[str, str] = {
    **{str(token).lower(): str(token) for token in MappingGrade},
    "published": MappingGrade.PUBLISHED,
    "weak": MappingGrade.WEAK,
    "editorial": MappingGrade.EDITORIAL,
}


@dataclass(frozen=True, slots=True)
class End:
    """One side of a mapping: a catalog as the file names it, and an id as printed there."""

    catalog: Reference
    printed_id: str
    place: str
    is_statement: bool = False


@dataclass(frozen=True, slots=True)
class ParsedPair:
    """One mapping as the file gives it."""

    source: End
    target: End
    relation: str
    grade: str
    place: str


@dataclass(frozen=True, slots=True)
class ParsedMapping:
    """All mappings of a file."""

    title: str
    file: str
    sha256: str
    pairs: tuple[ParsedPair, ...]


def relation(text: str) -> str | None:
    """Return the token of a relation as written, None where it is none: `Subset of`."""
    return RELATIONS.get(_token(text))


def grade(text: str) -> str | None:
    """Return the token of a grade as written, None where it is none: `D`, `Weak`."""
    return GRADES.get(_token(text))


def _token(text: str) -> str:
    return re.sub(r"[\s_-]+", "-", text.strip().lower())
