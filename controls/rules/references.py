"""Which catalog or profile a document means: by uuid, key, title or the name of its file.

OSCAL documents name their sources by address. SRM opens none; it looks among what is
loaded. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

NIST = "nist-sp800-53r5"
"""The key of NIST SP 800-53 rev 5, of every edition of it and whatever its title."""

REVISION_5 = re.compile(r"\brev(ision|\.)? ?5\b")
PROFILES = re.compile(r"baseline|profile")
SUFFIX = re.compile(r"\.(json|xml|ya?ml)$|[-_. ]min$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a document says about a source. `told` is how a message names it."""

    told: str
    uuid: str = ""
    words: tuple[str, ...] = ()
    """Titles, descriptions, keys and addresses."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a catalog or profile."""

    key: str
    title: str
    source: str
    document_uuid: str


def is_nist(text: str) -> bool:
    """Say whether a title or the name of a file is that of NIST SP 800-53 rev 5."""
    plain = text.lower().replace("_", " ")
    return "800-53" in plain and REVISION_5.search(plain) is not None


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the forms in which texts are compared: as they are, and names of files."""
    return frozenset(form for text in texts for form in _forms(text) if form)


def means(reference: Reference, known: Known) -> bool:
    """Say whether a reference is to this."""
    if reference.uuid and reference.uuid == known.document_uuid.lower():
        return True
    wanted = words_of(reference.words)
    return bool(wanted & words_of((known.key, known.title, known.source)))


def means_nist(reference: Reference) -> bool:
    """Say whether a reference is to NIST's catalog, whatever the edition is called.

    A profile's title names the catalog, too, but is not it.
    """
    return any(
        is_nist(text) and not PROFILES.search(text.lower()) for text in reference.words
    )


def _forms(text: str) -> tuple[str, str]:
    """Return a text as it is compared, and the name of the file where it is an address."""
    stem = PurePosixPath(unquote(text.partition("#")[0].partition("?")[0])).name
    while SUFFIX.search(stem):
        stem = SUFFIX.sub("", stem)
    return _plain(text), _plain(stem)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", " ", text.lower()).strip()
