"""Small files of each kind that is kept, as programs write them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

MAIN = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
}
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png(width: int = 1, height: int = 1, pixels: bytes = b"\x00\x00\x00\x00") -> bytes:
    """A picture that says it is this large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")
    body = b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg() -> bytes:
    """The frame of a picture."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x01" * 40 + b"\xff\xd9"


def packed(parts: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def office(kind: str = "xlsx", parts: Mapping[str, bytes] | None = None) -> bytes:
    """An Office file, with further parts where some are given."""
    return packed(
        {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>"}
        | {MAIN[kind]: b"<x/>"}
        | dict(parts or {})
    )


GOOD: Mapping[str, bytes] = {
    "report.pdf": PDF,
    "screen.png": png(),
    "photo.jpg": jpeg(),
    "photo.JPEG": jpeg(),
    "policy.docx": office("docx"),
    "list.xlsx": office("xlsx"),
    "slides.pptx": office("pptx"),
    "notes.txt": b"patched on Tuesday\r\n",
    "coloured.log": b"\x1b[32mok\x1b[0m\n",
    "people.csv": "name,team\nJürgen,平台\n".encode(),
    "with-mark.csv": b"\xef\xbb\xbfa;b\n1;2\n",
    "tabbed.tsv": b"a\tb\n",
    "scan.json": b'{"findings": []}',
    "lines.ndjson": b'{"a": 1}\n{"a": 2}\n',
    "readme.md": b"# Title\n<p align=center>text</p>\n",
    "settings.yaml": b"kind: Config\n",
    "scan.xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<report><host/></report>',
    "audit.2026.03.pdf": PDF,
}
