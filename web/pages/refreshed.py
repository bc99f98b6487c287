"""Parts of pages that a script asks for again and again."""

import hashlib
import re
import time

from flask import Response, make_response, request

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
"""The forms' token is another one each second, and good for an hour."""
TOKENS_KEPT = 1800
"""Seconds for which a page goes on with the tokens that it has."""


def unless_known(html: str) -> Response:
    """The part with its ETag; without a body for whoever has it already."""
    response = make_response(html)
    content = f"{time.time() // TOKENS_KEPT}{TOKEN.sub('', html)}"
    response.set_etag(hashlib.sha256(content.encode()).hexdigest())
    return response.make_conditional(request)  # type: ignore[return-value]
