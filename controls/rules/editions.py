"""What differs between two editions of a catalog. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controls.rules.parameters import readable

Faces = Mapping[str, "Face"]
"""Control id in small letters → the control, in the order of the edition."""


@dataclass(frozen=True, slots=True)
class Face:
    """A control as one edition has it. `texts` are part id → text, as stored."""

    control_id: str
    label: str
    title: str
    withdrawn: bool
    params: Mapping[str, str]
    texts: Mapping[str, str]

    def read(self) -> dict[str, str]:
        """Return part id → text as a person reads it: with parameters in place, since
        editions number them differently, and single spaces.
        """
        told = {
            part: " ".join(readable(prose, self.params, {}).split())
            for part, prose in self.texts.items()
        }
        return {part: text for part, text in told.items() if text}


@dataclass(frozen=True, slots=True)
class Retitled:
    """A control whose title differs."""

    face: Face
    before: str


@dataclass(frozen=True, slots=True)
class Reworded:
    """A control whose text differs, and in which of its parts."""

    face: Face
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, each list in the order of its edition."""

    added: tuple[Face, ...]
    removed: tuple[Face, ...]
    withdrawn: tuple[Face, ...]
    reinstated: tuple[Face, ...]
    retitled: tuple[Retitled, ...]
    reworded: tuple[Reworded, ...]
    same: int
    """Controls in force in both whose title and text are equal."""

    @property
    def counts(self) -> dict[str, int]:
        """Return what → how many, for those there are any of."""
        named = {
            "added": self.added,
            "removed": self.removed,
            "withdrawn": self.withdrawn,
            "reinstated": self.reinstated,
            "retitled": self.retitled,
            "with another text": self.reworded,
        }
        return {what: len(faces) for what, faces in named.items() if faces}


def compare(before: Faces, after: Faces) -> Difference:
    """Return what differs from one edition to another.

    A control counts as added or removed where only one edition has it in force.
    """
    both = [(before[key], after[key]) for key in after if key in before]
    in_force = [(old, new) for old, new in both if not old.withdrawn and not new.withdrawn]
    retitled = tuple(
        Retitled(new, old.title) for old, new in in_force if old.title != new.title
    )
    reworded = tuple(
        Reworded(new, parts) for old, new in in_force if (parts := _reworded(old, new))
    )
    touched = {item.face.control_id for item in retitled}
    touched |= {item.face.control_id for item in reworded}
    return Difference(
        added=tuple(_only(after, before)),
        removed=tuple(_only(before, after)),
        withdrawn=tuple(new for old, new in both if new.withdrawn and not old.withdrawn),
        reinstated=tuple(new for old, new in both if old.withdrawn and not new.withdrawn),
        retitled=retitled,
        reworded=reworded,
        same=sum(new.control_id not in touched for _, new in in_force),
    )


def _only(here: Faces, there: Faces) -> list[Face]:
    return [face for key, face in here.items() if key not in there and not face.withdrawn]


def _reworded(old: Face, new: Face) -> tuple[str, ...]:
    then, now = old.read(), new.read()
    return tuple(
        part for part in dict.fromkeys((*then, *now)) if then.get(part) != now.get(part)
    )
