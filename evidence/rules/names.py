"""What a file is called: the name that people see, made harmless. On disk it has none."""

from __future__ import annotations

import unicodedata

LONGEST = 255
UNNAMED = "file"


def clean(name: str) -> str:
    """Return the base name without what could mislead: folders, control and format
    characters (among them those that turn the direction of writing), and blank ends.

    At most 255 characters; a name that is too long loses its middle, never its extension.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in base if unicodedata.category(sign)[0] != "C")
    kept = unicodedata.normalize("NFC", kept).strip(" .\u3000")
    if len(kept) > LONGEST:
        stem, dot, extension = kept.rpartition(".")
        end = f"{dot}{extension}" if stem and len(extension) <= 20 else ""
        kept = kept[: LONGEST - len(end)] + end
    return kept or UNNAMED


def extension(name: str) -> str:
    """Return what stands behind the last dot, in small letters; empty without a dot."""
    stem, _, found = name.rpartition(".")
    return found.lower() if stem else ""
