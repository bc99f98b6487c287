"""Errors as responses: JSON for the API and for scripts, a page for people. Never a stack trace."""

import sqlite3
from http import HTTPStatus
from typing import Any

import structlog
from apiflask.exceptions import HTTPError
from flask import Flask, current_app, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException

from db import disk, outages
from db.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NoSpace,
    NotFound,
    Refused,
    TooLarge,
    TooMany,
    Unavailable,
)
from db.i18n import N_
from db.storage import MissingFile
from web.database import roll_back
from web.file_limits import file_limit
from web.i18n import _
from web.observing.requests import request_id

log = structlog.get_logger()

RETRY_SECONDS = 2
"""Told to those whose request may succeed a moment later."""
FOREIGN_KEY_VIOLATION = "23503"
"""PostgreSQL's SQLSTATE."""

STATUS: dict[type[Refused], int] = {
    TooLarge: 413,
    BadInput: 400,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
    TooMany: 429,
    NoSpace: 507,
}
MESSAGES = {
    401: (
        N_("You are not signed in."),
        N_("Open the link you were given, or send Authorization: Bearer <token>."),
    ),
    403: (N_("You may not do this."), N_("Ask an owner of this workbench.")),
    404: (N_("There is no such page."), N_("Check the address.")),
    405: (N_("This address takes another method."), ""),
    429: (N_("That was too much at once."), N_("Wait a moment and try again.")),
}
"""The message and the hint of an HTTP status."""


def init_app(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPError, _invalid)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, _gone)
    app.register_error_handler(ObjectDeletedError, _gone)
    app.register_error_handler(IntegrityError, _not_stored)
    app.register_error_handler(MissingFile, _file_missing)
    app.register_error_handler(Exception, _broken)


def answer(status: int, code: str, message: str, hint: str, **detail: Any) -> ResponseReturnValue:
    """The error as JSON or as a page, depending on what the client accepts."""
    if request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json":
        error = {"code": code, "message": message, "hint": hint}
        if status >= 500:
            error["request_id"] = request_id()
        return jsonify(error=error, **detail), status
    return render_template("error.html", message=message, hint=hint, status=status), status


def _refused(error: Refused) -> ResponseReturnValue:
    response = make_response(answer(status_of(error), error.code, error.message, error.hint, **error.detail))
    if response.status_code in (429, 503):
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return response


def status_of(error: Refused) -> int:
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def _invalid(error: HTTPError) -> ResponseReturnValue:
    """All errors of a schema in one message."""
    problems = [
        f"{field}: {' '.join(map(str, texts)) if isinstance(texts, list) else texts}"
        for fields in (error.detail or {}).values()
        for field, texts in (fields.items() if isinstance(fields, dict) else [("request", fields)])
    ]
    message = "; ".join(problems) or error.message or _("The request is not valid.")
    return answer(error.status_code, "invalid_request", message, _("See /api/v1/docs for what is expected."))


def _expired(_error: CSRFError) -> ResponseReturnValue:
    return answer(400, "page_expired", _("This page is too old to send from."), _("Reload it and try again."))


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if 300 <= status < 400:
        return error
    if status == 413:
        hint = _("The limit is %(limit)s MB.", limit=file_limit(request.endpoint))
        return answer(413, "file_too_large", _("This file is too large."), hint)
    phrase = HTTPStatus(status).phrase
    message, hint = MESSAGES.get(status, (f"{phrase}.", ""))
    response = current_app.make_response(
        answer(status, phrase.lower().replace(" ", "_"), _(message), _(hint) if hint else "")
    )
    if "Allow" in (given := dict(error.get_headers())):
        response.headers["Allow"] = given["Allow"]
    return response


def _gone(_error: SQLAlchemyError) -> ResponseReturnValue:
    """A row that was there when the request began."""
    roll_back()
    return answer(409, "gone_meanwhile", _("This has been deleted meanwhile."), _("Reload the page."))


def _not_stored(error: IntegrityError) -> ResponseReturnValue:
    """The row could not be stored; what it refers to may have been deleted since it was read."""
    state, code = (getattr(error.orig, name, None) for name in ("sqlstate", "sqlite_errorcode"))
    refers_to_none = state == FOREIGN_KEY_VIOLATION or code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    return _gone(error) if refers_to_none else _broken(error)


def _file_missing(error: MissingFile) -> ResponseReturnValue:
    roll_back()
    log.warning("file_missing", path=request.path, file=str(error))
    hint = _("It may have been deleted meanwhile. If not, an owner can run flask fsck.")
    return answer(404, "file_missing", _("The stored file is not there any more."), hint)


def _broken(error: Exception) -> ResponseReturnValue:
    roll_back()
    if disk.is_full_error(error):
        log.warning("disk_full", path=request.path)
        g.person = None  # whose row the page of the error would read again
        return _refused(disk.no_space())
    if outages.is_outage(error):
        log.warning("outage", path=request.path, error=type(error).__name__)
        g.person = None
        return _refused(outages.unavailable(error))
    log.exception("request_failed", path=request.path, error=type(error).__name__)
    return answer(
        500,
        "internal_error",
        _("Something went wrong on our side."),
        _("It is in the log. Try again."),
    )
