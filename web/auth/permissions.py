"""Letting a request pass or not: by the endpoint's roles, and by what a token may do."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from web.auth.api_roles import API
from web.auth.identity import current, token
from web.auth.page_roles import PAGES
from web.auth.roles import ANYONE
from web.auth.token_scopes import is_in_scope

ALLOWED = PAGES | API


def check() -> ResponseReturnValue | None:
    """Before each request: let it pass, redirect to /hello if nobody is signed in, or refuse."""
    if request.endpoint is None:
        return None  # no such address: the 404 handler answers
    allowed = ALLOWED.get(request.endpoint, frozenset())
    person, used = current(), token()
    if used is not None and allowed is not ANYONE and not is_in_scope(used, request.endpoint):
        return abort(403)
    if allowed is ANYONE or (person is not None and person.role in allowed):
        return None
    if person is None and not request.path.startswith("/api/"):
        return redirect(url_for("auth.hello"))
    return abort(401 if person is None else 403)
