"""ETags on what is read: whoever has an answer already is told so, and is not sent it again.

They are weak: they say that the content is the same, however a proxy on the way compresses it. They save the
way and not the work, since they are hashes of what would be sent.
"""

from flask import Flask, Response, request

from web.auth.token_scopes import LEASING


def init_app(app: Flask) -> None:
    app.after_request(_add_etag)


def _add_etag(response: Response) -> Response:
    """To JSON that was read. Looking into the queue takes what it shows: that is no reading."""
    endpoint = request.endpoint or ""
    is_read = request.method in ("GET", "HEAD") and endpoint.startswith("api_") and endpoint not in LEASING
    if is_read and response.status_code == 200 and response.is_json and not response.is_streamed:
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response
