"""The one way in which the bytes of a file leave: `serve_file`."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import quote

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from controls.api.problems import CONTENT_TYPE, problem
from evidence.models import Artifact
from evidence.rules.names import clean
from evidence.rules.recognition import SERVED
from evidence.services import artifacts

ONE_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")
BYTES = "application/octet-stream"

RANGE = OpenApiParameter(
    "Range",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="One range of bytes, such as `bytes=0-1023`; `If-Range` with the ETag is "
    "understood. Several ranges are answered with the whole file.",
)
ANSWERS = {
    (200, BYTES): OpenApiResponse(OpenApiTypes.BINARY, "The file as it was handed in"),
    (206, BYTES): OpenApiResponse(OpenApiTypes.BINARY, "The range that was asked for"),
    (416, CONTENT_TYPE): OpenApiResponse(
        OpenApiTypes.OBJECT, "The range begins behind the end; `Content-Range` has the size"
    ),
}


class Download(FileResponse):
    """A file on its way out; whole ones are sent by the kernel, where the server can."""

    block_size = 256 * 1024


def serve_file(request: Request, *, artifact: Artifact, name: str) -> HttpResponseBase:
    """Return the artifact as a download that no browser shows or runs on our pages.

    Raises StorageFailedError where the file is not whole.
    """
    start, length, partial = _asked(request, artifact)
    if length <= 0:
        return _unsatisfiable(request, artifact)
    response: HttpResponseBase
    if request.method == "HEAD":
        # Nothing is opened: the server would send what it is given.
        response = HttpResponse()
    else:
        file = artifacts.opened(artifact, start=start, length=length if partial else None)
        response = Download(file)
    served = artifact.media_type if artifact.media_type in SERVED else BYTES
    headers = {
        "Content-Type": f"{served}; charset=utf-8" if "text/" in served else served,
        "Content-Length": str(length),
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "Accept-Ranges": "bytes",
        "ETag": f'"{artifact.sha256}"',
    }
    if partial:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        last = start + length - 1
        headers["Content-Range"] = f"bytes {start}-{last}/{artifact.size}"
    for header, value in headers.items():
        response.headers[header] = value
    return response


def disposition(name: str) -> str:
    """Return the header that saves a file under this name, in old and in new browsers
    (RFC 6266).
    """
    safe = clean(name)
    plain = re.sub(r"[^A-Za-z0-9 ._()+,=@-]", "_", safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _asked(request: Request, artifact: Artifact) -> tuple[int, int, bool]:
    """Return where to start, how many bytes, and whether that is a part.

    A range that is not understood is passed over, as RFC 9110 asks; one that begins behind
    the end has no bytes.
    """
    found = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    unchanged = request.headers.get("If-Range", "").strip() in {"", f'"{artifact.sha256}"'}
    if found is None or not unchanged or request.method == "HEAD":
        return 0, artifact.size, False
    first, last, suffix = found.groups()
    if suffix is not None:
        length = min(int(suffix), artifact.size)
        return artifact.size - length, length, True
    start = int(first)
    end = min(int(last), artifact.size - 1) if last else artifact.size - 1
    if last and int(last) < start:
        return 0, artifact.size, False
    return start, end - start + 1, True


def _unsatisfiable(request: Request, artifact: Artifact) -> HttpResponseBase:
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    told = problem(
        status, "range", f"The file has {artifact.size} bytes: ask for a range of them."
    )
    told["instance"] = request.path
    return Response(
        told,
        status=status,
        headers={"Content-Range": f"bytes */{artifact.size}"},
        content_type=CONTENT_TYPE,
    )
