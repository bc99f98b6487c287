"""Parts of pages that a script asks for again and again."""

from flask import Response, make_response, request


def unless_known(html: str) -> Response:
    """The part with its ETag; without a body for whoever has it already."""
    response = make_response(html)
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
