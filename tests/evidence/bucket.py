"""A bucket in this process: as much of S3's language as the store speaks, over HTTP."""

from __future__ import annotations

import datetime
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LISTED = (
    '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>{rows}'
    "</ListBucketResult>"
)
ROW = (
    "<Contents><Key>{key}</Key><Size>{size}</Size><ETag>x</ETag>"
    "<LastModified>{modified}</LastModified></Contents>"
)


class Bucket:
    """What stands in it, and when each was written (a text as S3 lists it)."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.modified: dict[str, float] = {}
        self.down = False

    def age(self, key: str, seconds: float) -> None:
        """Let an object have been written so long ago."""
        self.modified[key] -= seconds


@contextmanager
def served() -> Iterator[tuple[str, Bucket]]:
    """Serve a bucket; yield its address and what stands in it."""
    bucket = Bucket()
    handler = type("Handler", (Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers for one bucket."""

    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        """Store an object."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = _unchunked(body)
        if not self.bucket.down:
            self.bucket.objects[self.key] = body
            self.bucket.modified[self.key] = time.time()
        self.answer(200, headers={"ETag": f'"{hashlib.sha256(body).hexdigest()}"'})

    def do_HEAD(self) -> None:
        """Say how large an object is."""
        self.do_GET()

    def do_GET(self) -> None:
        """List objects, or return one."""
        query = urlsplit(self.path).query
        if "list-type" in query:
            self.listed(parse_qs(query).get("prefix", [""])[0])
        elif self.key not in self.bucket.objects:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self.given(self.bucket.objects[self.key])

    def do_DELETE(self) -> None:
        """Delete an object."""
        self.bucket.objects.pop(self.key, None)
        self.answer(204)

    @property
    def key(self) -> str:
        """Return the object's key: what stands behind the bucket's name."""
        return unquote(urlsplit(self.path).path).split("/", 2)[2]

    def given(self, body: bytes) -> None:
        """Return an object, or a range of it."""
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        written = formatdate(self.bucket.modified[self.key], usegmt=True)
        if asked:
            body = body[int(asked[1]) : int(asked[2]) + 1]
        self.answer(206 if asked else 200, body, {"Last-Modified": written})

    def listed(self, prefix: str) -> None:
        """Return the keys that begin so."""
        found = [key for key in sorted(self.bucket.objects) if key.startswith(prefix)]
        rows = "".join(
            ROW.format(
                key=key,
                size=len(self.bucket.objects[key]),
                modified=_stamp(self.bucket.modified[key]),
            )
            for key in found
        )
        self.answer(200, LISTED.format(rows=rows).encode())

    def answer(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        """Answer, unless the bucket is out of order."""
        if self.bucket.down:
            status, body = 503, b"<Error><Code>SlowDown</Code></Error>"
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _stamp(seconds: float) -> str:
    at = datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _unchunked(body: bytes) -> bytes:
    """Return what was sent in signed chunks."""
    found = b""
    while body:
        head, _, rest = body.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        found, body = found + rest[:size], rest[size + 2 :]
        if size == 0:
            break
    return found
