"""Large stored files over HTTP: streamed with flat memory, from any place on."""

from flask import Response, request
from werkzeug.datastructures import ContentRange, Range

from db.storage import blobs


def stored_file(name: str, size: int) -> Response:
    """The file that is stored under `name`, or the part of it that the request's Range asks for.

    A client that comes back with If-Range gets the rest only of the same file. Several ranges at once are
    answered with the whole.
    """
    start, end = 0, size
    if (wanted := _range(name)) is not None and len(wanted.ranges) == 1:
        part = wanted.range_for_length(size)
        if part is None:
            response = Response(status=416)
            response.content_range = ContentRange("bytes", None, None, size)
            return response
        start, end = part
    response = Response(blobs().read_range(name, start, end), status=206 if end - start < size else 200)
    if response.status_code == 206:
        response.content_range = ContentRange("bytes", start, end, size)
    response.content_length = end - start
    response.accept_ranges = "bytes"
    response.set_etag(name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _range(name: str) -> Range | None:
    """What the request asks for, if its If-Range is this file."""
    known = request.if_range.etag
    if request.range is None or request.range.units != "bytes" or known not in (None, name):
        return None
    return None if request.if_range.date else request.range
