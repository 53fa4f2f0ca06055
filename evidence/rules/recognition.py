"""Which files are kept: an allow-list, decided by what a file holds, never by what its
sender says it is.

The extension must fit what is inside. Nothing is unpacked or parsed: looked at are the
first and last bytes, the directory of a zip, and whether a text is text.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from controls.errors import InvalidInputError, UnsupportedTypeError
from evidence.rules.names import extension

HEAD = 4096
"""How many of the first bytes `recognise` wants."""
TAIL = 65_557
"""How many of the last: a zip's end with the longest comment there is."""

OFFICE = "application/vnd.openxmlformats-officedocument."
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
PLAIN, XML = "text/plain", "application/xml"

TEXTS: Mapping[str, str] = {
    "txt": PLAIN,
    "log": PLAIN,
    "md": PLAIN,
    "yaml": PLAIN,
    "yml": PLAIN,
    "csv": "text/csv",
    "tsv": PLAIN,
    "json": "application/json",
    "jsonl": PLAIN,
    "ndjson": PLAIN,
    "xml": XML,
}
BINARIES: Mapping[str, str] = {"pdf": PDF, "png": PNG, "jpg": JPEG, "jpeg": JPEG}
OFFICES: Mapping[str, tuple[str, str]] = {
    "docx": ("word/document.xml", f"{OFFICE}wordprocessingml.document"),
    "xlsx": ("xl/workbook.xml", f"{OFFICE}spreadsheetml.sheet"),
    "pptx": ("ppt/presentation.xml", f"{OFFICE}presentationml.presentation"),
}
"""Extension → the part that such a file must hold, and its type."""

SERVED = frozenset({PDF, PNG, JPEG, PLAIN, "text/csv", "application/json"}) | frozenset(
    media_type for _, media_type in OFFICES.values()
)
"""Types that a download may name; of all else it says that it is bytes."""

KNOWN = "PDF, PNG, JPEG, .docx, .xlsx, .pptx, CSV, JSON, XML and plain text"
MACROS = ("xls", "xlsm", "xlsb", "xltm", "xlam", "docm", "dotm", "pptm", "ppsm", "potm")
OLD = ("doc", "ppt", "xls", "msg")
PAGES = ("svg", "svgz", "html", "htm", "xhtml", "xht", "shtml", "mhtml", "mht", "eml")
ARCHIVES = ("zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "jar", "cab", "iso", "zst")
PROGRAMS = (
    *("exe", "dll", "com", "scr", "msi", "bat", "cmd", "ps1", "vbs", "js", "mjs", "wsf"),
    *("hta", "sh", "py", "pl", "rb", "php", "class", "app", "apk", "lnk", "url", "jse"),
)
STARTS_PROGRAM = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa")
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP, ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
STARTS_PAGE = (
    *(b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<iframe"),
    *(b"<meta", b"<object", b"<embed", b"<style", b"<base", b"<link", b"<form"),
)
RUNS_IN_XML = (
    *(b"<script", b":script", b"xml-stylesheet", b"<!entity", b"<!doctype", b"javascript:"),
    *(b"www.w3.org/1999/xhtml", b"www.w3.org/2000/svg", b"www.w3.org/1999/xsl"),
)
LONGEST_MARK = max(map(len, RUNS_IN_XML))
# What a text may hold below the space: tab, line feed, form feed, carriage return, escape
# (colours in logs).
NOT_TEXT = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"

MOST_PARTS = 10_000
MOST_DIRECTORY = 2 * 1024 * 1024
MOST_UNPACKED = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a zip's directory. `mode` is the Unix mode, zero where there is none."""

    name: str
    size: int
    mode: int = 0


def check_name(name: str) -> None:
    """Raise UnsupportedTypeError, with the way out, for an extension that is not kept."""
    found = extension(name)
    if found in {*TEXTS, *BINARIES, *OFFICES}:
        return
    if found in MACROS and found != "xls":
        raise _refuse("files with macros are refused. Save it as .xlsx, .docx or .pptx.")
    if found in OLD:
        raise _refuse("old Office files are refused. Save it as .xlsx, .docx or .pptx.")
    if found in PAGES:
        raise _refuse(
            f".{found} files can run scripts and are refused. Print it to PDF, or save it "
            "as PNG."
        )
    if found in ARCHIVES:
        raise _refuse(
            "archives are refused, since nobody sees what is in them. Hand in the files "
            "one by one."
        )
    if found in PROGRAMS:
        raise _refuse("programs and scripts are refused. Save what it shows as text.")
    shown = f".{found} files are" if found else "files without an extension are"
    raise _refuse(f"{shown} not known. Kept are {KNOWN}.")


def recognise(*, name: str, head: bytes, tail: bytes) -> str:
    """Return the media type of a file that may be kept, judged by its name and its ends.

    An Office file's parts and a text's body are still to be looked at: `check_parts`,
    `check_text`. Raises UnsupportedTypeError and, where it is empty, InvalidInputError.
    """
    if not head:
        raise InvalidInputError("Not stored: the file is empty.", place="file")
    check_name(name)
    found = extension(name)
    if head.startswith(STARTS_PROGRAM):
        raise _refuse("programs and scripts are refused, whatever their name.")
    if found in BINARIES:
        return _binary(found, head, tail)
    if found in OFFICES:
        if head.startswith(OLD_OFFICE):
            raise _refuse(
                "it is an old Office file or has a password. Save it without a password "
                f"as .{found}."
            )
        if not head.startswith(ZIP):
            raise _unlike(found)
        return OFFICES[found][1]
    return _text(found, head)


def count_parts(*, tail: bytes, size: int) -> int:
    """Return how many parts a zip of this size says it has, by its last bytes.

    Raises UnsupportedTypeError where there is none, or one that is too long to be looked
    at.
    """
    at = _zip_end(tail)
    if at is None:
        raise _refuse("it is damaged: its directory is missing. Save it once more.")
    parts = int.from_bytes(tail[at + 10 : at + 12], "little")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    said = int.from_bytes(tail[at + 16 : at + 20], "little")
    if parts > MOST_PARTS or length > MOST_DIRECTORY:
        raise _refuse(f"it holds more than {MOST_PARTS} parts. Save it as PDF or CSV.")
    if said != size - (len(tail) - at) - length:
        raise _refuse("it is damaged: its directory is elsewhere. Save it once more.")
    return parts


def check_parts(*, name: str, parts: Sequence[Part]) -> None:
    """Raise UnsupportedTypeError unless these are the parts of a harmless Office file."""
    found = extension(name)
    names = {part.name.lower() for part in parts}
    wanted, _ = OFFICES[found]
    if len(parts) > MOST_PARTS or sum(part.size for part in parts) > MOST_UNPACKED:
        raise _refuse("it unpacks to more than 1 GB. Save it as PDF or CSV.")
    if any(_runs(inner) for inner in names):
        raise _refuse(
            f"documents with macros or programs inside are refused. Save it as .{found} "
            "without macros, or as .csv or PDF."
        )
    if any(_escapes(part) for part in parts):
        raise _refuse("it holds a part that points outside. Save it once more.")
    if "[content_types].xml" not in names or wanted not in names:
        raise _unlike(found)


def check_text(*, name: str, chunks: Iterable[bytes]) -> None:
    """Raise UnsupportedTypeError unless all of it is text in UTF-8, and an XML file holds
    nothing that runs.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_xml = extension(name) == "xml"
    end = b""
    try:
        for chunk in chunks:
            if chunk.translate(None, NOT_TEXT) != chunk:
                raise _refuse(f"it is not plain text, though it is called {name}.")
            decoder.decode(chunk)
            if is_xml:
                _check_xml(end + chunk.lower())
                end = chunk[-LONGEST_MARK:].lower()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _refuse("it is not UTF-8. Save it as UTF-8 (in Excel: CSV UTF-8).") from None


def _binary(found: str, head: bytes, tail: bytes) -> str:
    media_type = BINARIES[found]
    starts = {
        PDF: b"%PDF-",
        PNG: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        JPEG: b"\xff\xd8\xff",
    }
    if not head.startswith(starts[media_type]):
        raise _unlike(found)
    if media_type != PDF and b"%PDF-" in head[:1024]:
        raise _refuse("it is two kinds of file at once. Save it once more.")
    if _zip_end(tail) is not None:
        raise _refuse("an archive hangs on its end. Save it once more.")
    return media_type


def _text(found: str, head: bytes) -> str:
    begun = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if begun.startswith((b"%pdf-", b"\x89png", b"\xff\xd8\xff", b"pk\x03\x04", OLD_OFFICE)):
        raise _unlike(found)
    if begun.startswith(STARTS_PAGE) or (found != "xml" and begun.startswith(b"<?xml")):
        raise _refuse(
            f"it is a page that a browser would run, though it is called .{found}. Print "
            "it to PDF."
        )
    if b"mime-version:" in begun and b"multipart/" in begun:
        raise _refuse("it is a saved page or a mail. Print it to PDF.")
    if found == "xml" and not begun.startswith(b"<"):
        raise _unlike(found)
    if found == "json" and begun[:1] not in b'{["-0123456789tfn':
        raise _unlike(found)
    return TEXTS[found]


def _check_xml(chunk: bytes) -> None:
    if any(mark in chunk for mark in RUNS_IN_XML):
        raise _refuse(
            "XML that holds scripts, styles, entities or pages is refused. Save it as PDF, "
            "CSV or JSON."
        )


def _zip_end(tail: bytes) -> int | None:
    """Return where the last record of a zip begins in the last bytes of a file."""
    at = len(tail)
    while (at := tail.rfind(ZIP_END, 0, at)) != -1:
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        if at + 22 + comment == len(tail):
            return at
        # A record cannot begin with the last bytes of another: look before it.
        at += len(ZIP_END) - 1
    return None


def _runs(inner: str) -> bool:
    return (
        inner.endswith(("vbaproject.bin", "vbaprojectsignature.bin"))
        or "/macrosheets/" in inner
        or "/activex/" in inner
        or extension(inner.rpartition("/")[2]) in PROGRAMS
    )


def _escapes(part: Part) -> bool:
    steps = part.name.replace("\\", "/").split("/")
    is_link = part.mode & 0o170000 == 0o120000
    return ".." in steps or steps[0] == "" or ":" in steps[0] or is_link


def _unlike(found: str) -> UnsupportedTypeError:
    return _refuse(
        f"what it holds is not what .{found} says. Save it again as {KNOWN}, with the "
        "extension that belongs to it."
    )


def _refuse(why: str) -> UnsupportedTypeError:
    return UnsupportedTypeError(f"Not stored: {why}")
