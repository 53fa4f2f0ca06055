"""Files as somebody sends them who means harm, or whose program is broken.

Each is a name, its bytes, and whether it may be kept: what is kept is inert, since nothing
opens it and it leaves as a download only.
"""

from __future__ import annotations

import base64
import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from tests.evidence.files import GOOD, PDF, jpeg, office, packed, png

SCRIPT = b"<script>document.title='ran'</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
XHTML = (
    b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'
    + SCRIPT
    + b"</html>"
)
BILLION = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
)
EICAR = base64.b64decode(
    b"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo="
)


@dataclass(frozen=True)
class Hostile:
    """A file, and whether it may be kept all the same."""

    what: str
    name: str
    content: bytes
    kept: bool = False

    def __str__(self) -> str:
        return self.what


def corpus() -> list[Hostile]:
    """Return all of them."""
    return [
        *pages(),
        *markup(),
        *programs(),
        *polyglots(),
        *lies(),
        *archives(),
        *offices(),
        *texts(),
        *names(),
        *pictures(),
    ]


def pages() -> Iterator[Hostile]:
    """What a browser would run."""
    html = b"<!DOCTYPE html><html><body>" + SCRIPT
    mhtml = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
        + html
    )
    yield Hostile("a picture that runs", "logo.svg", SVG)
    yield Hostile("a packed picture that runs", "logo.svgz", gzip.compress(SVG))
    yield Hostile("a page", "page.html", html)
    yield Hostile("a page with a short name", "page.htm", html)
    yield Hostile("a page in XML", "page.xhtml", XHTML)
    yield Hostile("a saved page", "page.mhtml", mhtml)
    yield Hostile("a saved page called text", "page.txt", mhtml)
    yield Hostile("a mail with a page in it", "mail.eml", mhtml)
    yield Hostile("a page called text", "page.txt", html)
    yield Hostile("a page called text, in capitals", "page.txt", html.upper())
    yield Hostile("a page called a table", "table.csv", b"<script>1</script>,a\n")
    yield Hostile("a page called a log, after blanks", "x.log", b"\xef\xbb\xbf \n\t" + html)
    yield Hostile("a picture that runs, called Markdown", "x.md", SVG)
    yield Hostile("a picture that runs, called PNG", "x.png", SVG)
    yield Hostile("a page called PDF", "x.pdf", html)
    yield Hostile("a frame called text", "x.txt", b"<iframe src=javascript:alert(1)>")
    yield Hostile("a page in XML called XML", "x.xml", XHTML)
    yield Hostile("a picture that runs, called XML", "x.xml", b"<a>" + SVG + b"</a>")


def markup() -> Iterator[Hostile]:
    """XML that does more than say."""
    style = b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>'
    yield Hostile("XML with a style sheet that runs", "x.xml", style)
    far = b"<a>" + b" " * (1024 * 1024 - 6) + b"<ScRiPt>1</ScRiPt></a>"
    yield Hostile("XML with a script a megabyte on", "x.xml", far)
    yield Hostile("XML called JSON", "x.json", b'<?xml version="1.0"?><a/>')
    wide = '<?xml version="1.0" encoding="UTF-16"?><svg onload="x"/>'.encode("utf-16")
    yield Hostile("XML in UTF-16", "x.xml", wide)


def programs() -> Iterator[Hostile]:
    """What an operating system would run."""
    exe = b"MZ\x90\x00\x03" + b"\x00" * 200
    yield Hostile("a program", "setup.exe", exe)
    yield Hostile("a program called PDF", "report.pdf", exe)
    yield Hostile("a program behind two extensions", "report.pdf.exe", PDF)
    yield Hostile("a program called text", "report.txt", exe)
    yield Hostile("a Linux program", "tool.txt", b"\x7fELF" + b"\x02" * 60)
    yield Hostile("a shell script", "run.sh", b"#!/bin/sh\nrm -rf /\n")
    yield Hostile("a shell script called text", "run.txt", b"#!/bin/sh\nrm -rf /\n")
    yield Hostile("a batch file", "run.bat", b"@del *\r\n")
    yield Hostile("a script of the console", "run.ps1", b"Remove-Item *\n")
    yield Hostile("a script of the browser", "run.js", b"alert(1)")
    yield Hostile("an application of a page", "run.hta", b"<script>1</script>")
    yield Hostile("a class", "x.class", b"\xca\xfe\xba\xbe\x00\x00\x00\x34")
    yield Hostile("a class called text", "x.txt", b"\xca\xfe\xba\xbe\x00\x00\x00\x34")
    yield Hostile("a link of the desktop", "x.lnk", b"L\x00\x00\x00\x01\x14\x02\x00")
    yield Hostile("a test virus in a program's name", "eicar.com", EICAR)
    yield Hostile("a page of a server", "shell.php", b"<?php system($_GET[0]);")


def polyglots() -> Iterator[Hostile]:
    """Two kinds of file at once."""
    page = b"<!DOCTYPE html>" + SCRIPT
    yield Hostile("PDF not from its first byte", "x.pdf", page + b"\n" + PDF)
    yield Hostile("a program and PDF", "x.pdf", b"MZ\x90\x00" + PDF)
    yield Hostile("PDF with an archive at its end", "x.pdf", PDF + packed({"a.txt": b"x"}))
    yield Hostile("PNG with an archive at its end", "x.png", png() + packed({"a.js": b"x"}))
    yield Hostile("JPEG with an archive at its end", "x.jpg", jpeg() + packed({"a": b"x"}))
    yield Hostile("JPEG and PDF", "x.jpg", b"\xff\xd8\xff\xe0\x00\x20" + PDF + jpeg())
    yield Hostile("text and PDF", "x.txt", PDF)
    yield Hostile("text with an archive at its end", "x.txt", b"hi\n" + packed({"a": b"x"}))
    yield Hostile("an archive before an Office file", "x.xlsx", b"PK\x05\x06" + office())
    yield Hostile("GIF and script", "x.png", b"GIF89a/*" + SCRIPT + b"*/")


def lies() -> Iterator[Hostile]:
    """What it holds is not what it says."""
    yield Hostile("PNG called JPEG", "x.jpg", png())
    yield Hostile("JPEG called PNG", "x.png", jpeg())
    yield Hostile("JPEG called PDF", "x.pdf", jpeg())
    yield Hostile("PDF called Word", "x.docx", PDF)
    yield Hostile("Word called Excel", "x.xlsx", office("docx"))
    yield Hostile("an archive called Word", "x.docx", packed({"a.txt": b"x"}))
    yield Hostile("bytes without a name for them", "x.dat", b"\x00\x01\x02")
    yield Hostile("no extension", "README", b"text\n")
    yield Hostile("only an extension", ".pdf", PDF)
    yield Hostile("the beginning of a PNG", "x.png", b"\x89PNG")
    yield Hostile("nothing", "x.txt", b"")
    yield Hostile("no PDF at all", "x.pdf", b"")


def archives() -> Iterator[Hostile]:
    """What unpacks to something else."""
    slip = io.BytesIO()
    with tarfile.open(fileobj=slip, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../etc/cron.d/x"), io.BytesIO(b""))
    link = io.BytesIO()
    with tarfile.open(fileobj=link, mode="w") as tar:
        line = tarfile.TarInfo("passwd")
        line.type, line.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(line)
    bomb = packed({f"{n}.bin": b"\x00" * 1_000_000 for n in range(20)})
    yield Hostile("an archive", "x.zip", packed({"a.txt": b"x"}))
    yield Hostile("an archive that writes outside", "x.zip", packed({"../../a": b"x"}))
    yield Hostile("a tape that writes outside", "x.tgz", slip.getvalue())
    yield Hostile("a tape with a link", "x.tar", link.getvalue())
    yield Hostile("a tape with a link, called text", "x.txt", link.getvalue())
    yield Hostile("a bomb", "x.zip", bomb)
    yield Hostile("a bomb in an archive", "x.zip", packed({"inner.zip": bomb}))
    yield Hostile("a packed text", "x.gz", gzip.compress(b"x"))
    yield Hostile("a packed text called text", "x.txt", gzip.compress(b"x"))
    yield Hostile("another archive", "x.7z", b"7z\xbc\xaf\x27\x1c" + b"\x00" * 30)
    yield Hostile("a library of programs", "x.jar", packed({"A.class": b"\xca\xfe"}))


def offices() -> Iterator[Hostile]:
    """Office files that do more than show."""
    cfb = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
    yield Hostile("macros", "x.xlsm", office("xlsx", {"xl/vbaProject.bin": b"x"}))
    yield Hostile(
        "macros called none", "x.xlsx", office("xlsx", {"xl/vbaProject.bin": b"x"})
    )
    yield Hostile(
        "macros in odd capitals", "x.docx", office("docx", {"word/VBAPROJECT.BIN": b"x"})
    )
    yield Hostile(
        "macros of 1992", "x.xlsx", office("xlsx", {"xl/macrosheets/a.xml": b"x"})
    )
    yield Hostile(
        "a control that runs", "x.pptx", office("pptx", {"ppt/activeX/a.bin": b"x"})
    )
    yield Hostile(
        "a program inside", "x.docx", office("docx", {"word/embeddings/a.exe": b"MZ"})
    )
    yield Hostile(
        "a part that writes outside", "x.xlsx", office("xlsx", {"../../a.xml": b"x"})
    )
    yield Hostile("a part from the root", "x.xlsx", office("xlsx", {"/etc/passwd": b"x"}))
    yield Hostile("a part on a drive", "x.xlsx", office("xlsx", {"C:\\a.xml": b"x"}))
    yield Hostile("an old file", "x.xls", cfb)
    yield Hostile("an old file called new, or one with a password", "x.xlsx", cfb)
    yield Hostile("a binary workbook", "x.xlsb", office("xlsx"))
    yield Hostile("a bomb of XML", "x.xlsx", swollen())
    yield Hostile(
        "entities in XML", "x.docx", office("docx", {"word/a.xml": BILLION}), kept=True
    )
    yield Hostile("a directory cut off", "x.xlsx", office()[:-30])
    yield Hostile("a directory that lies", "x.xlsx", miscounted())
    yield Hostile("a directory of many megabytes", "x.xlsx", crowded(45_000))
    yield Hostile("a directory of too many parts", "x.xlsx", crowded(11_000))
    yield Hostile("a link inside", "x.docx", with_link())


def texts() -> Iterator[Hostile]:
    """Texts that are none, or that somebody else will open."""
    yield Hostile("a null in a text", "x.txt", b"abc\x00def")
    yield Hostile("a null far on", "x.csv", b"a,b\n" * 300_000 + b"\x00")
    yield Hostile("Latin-1", "x.csv", "Müller;Köln".encode("latin-1"))
    yield Hostile("UTF-16", "x.txt", "text".encode("utf-16"))
    yield Hostile("half a character at the end", "x.txt", "ü".encode()[:1])
    yield Hostile("an over-long slash", "x.txt", b"a\xc0\xafb")
    yield Hostile("a bell", "x.log", b"\x07\x07")
    yield Hostile("entities", "x.xml", BILLION)
    outside = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    yield Hostile("an entity from outside", "x.xml", outside)
    yield Hostile("a formula", "x.csv", b"=cmd|'/c calc'!A1,1\n", kept=True)
    yield Hostile("JSON without end", "x.json", b"[" * 200_000, kept=True)
    yield Hostile("the test virus as text", "eicar.txt", EICAR, kept=True)
    yield Hostile("words that are no JSON", "x.json", b"hello")
    js = PDF.replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(1)>>")
    yield Hostile("PDF with a script of its own", "x.pdf", js, kept=True)


def names() -> Iterator[Hostile]:
    """Names that lead elsewhere or look like another. What they hold may be kept."""
    text = GOOD["notes.txt"]
    for what, name in {
        "a name with folders": "../../../etc/cron.d/notes.txt",
        "a name with folders of Windows": "..\\..\\windows\\notes.txt",
        "a name from the root": "/etc/passwd/notes.txt",
        "a name that ends early": "notes.pdf\x00.txt",
        "a name with lines": "notes\r\nSet-Cookie: a=b\r\n.txt",
        "a name that turns around": "notes\u202efdp.txt",
        "a name with quotes": "no\"te's;.txt",
        "a name that is a page": "<img src=x onerror=alert(1)>.txt",
        "a name that is too long": "n" * 300 + ".txt",
        "a name in full width": "\uff4e\uff4f\uff54\uff45\uff53\uff0e.txt",
        "a name of a device": "CON.txt",
        "a name of a stream": "notes.txt:evil.txt",
        "a name with percents": "%2e%2e%2fnotes.txt",
        "a name that asks": "${jndi:ldap:x}.txt",
    }.items():
        yield Hostile(what, name, text, kept=True)


def pictures() -> Iterator[Hostile]:
    """Pictures that unpack to more than there is room for: nobody unpacks them."""
    yield Hostile("a picture of 60,000 by 60,000", "x.png", png(60_000, 60_000), kept=True)
    noted = jpeg()[:-2] + b"\xff\xfe\x00\x40<script>1</script>" + jpeg()[-2:]
    yield Hostile("a picture with a page in its remark", "x.jpg", noted, kept=True)


def swollen() -> bytes:
    """An Office file whose directory says that a part unpacks to 3 GB."""
    whole = office("xlsx", {"xl/bomb.xml": b"x" * 777})
    return whole.replace(struct.pack("<I", 777), struct.pack("<I", 3_000_000_000))


def miscounted() -> bytes:
    """An Office file whose directory says it holds one part fewer."""
    whole = office()
    at = whole.rindex(b"PK\x05\x06")
    return whole[: at + 8] + struct.pack("<HH", 2, 2) + whole[at + 12 :]


def crowded(count: int) -> bytes:
    """An Office file of so many empty parts."""
    buffer = io.BytesIO(office())
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    return buffer.getvalue()


def with_link() -> bytes:
    """An Office file with a part that is a link of Unix."""
    buffer = io.BytesIO(office("docx"))
    with zipfile.ZipFile(buffer, "a") as archive:
        line = zipfile.ZipInfo("word/media/a.png")
        line.external_attr = 0o120777 << 16
        archive.writestr(line, b"/etc/passwd")
    return buffer.getvalue()
