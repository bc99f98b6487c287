"""Refusals of the server itself, in the words and shapes of the application's errors, without a thread."""

import html
import json
import secrets
from dataclasses import dataclass
from http import HTTPStatus

from db.i18n import N_
from web.i18n import translate

RETRY_SECONDS = 2
"""Told to those whose request may succeed a moment later."""
TEMPORARY = (408, 429, 503)
COMMON_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{message}</title>'
    '<link rel="stylesheet" href="{root}/static/styles/colours.css">'
    '<link rel="stylesheet" href="{root}/static/styles/base.css">'
    '<main><section class="card narrow"><h1>{message}</h1><p>{hint}</p></section></main></html>'
)


@dataclass(frozen=True)
class Refusal:
    """Why a request is not run. `values` fill the message and the hint."""

    status: int
    code: str
    message: str
    hint: str
    values: tuple[tuple[str, object], ...] = ()


class TurnedAway(Exception):
    """Raised where a request is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


BUSY = Refusal(
    503,
    "busy",
    N_("The workbench is busy."),
    N_("Nothing was lost. It is tried again in a moment, or try it yourself."),
)
STOPPING = Refusal(503, "stopping", N_("The workbench is restarting."), N_("Try again in a moment."))
NO_ROOM = Refusal(503, "busy", N_("Too much is arriving at once."), N_("Try again in a moment."))
TOO_SLOW = Refusal(408, "too_slow", N_("The request did not arrive in time."), N_("Send it again."))
CUT = Refusal(400, "cut_short", N_("The request did not arrive whole."), N_("Send it again."))
MALFORMED = Refusal(400, "bad_request", N_("This is not a valid HTTP request."), "")
HEAD_TOO_LARGE = Refusal(431, "head_too_large", N_("The request's headers are too large."), "")
TOO_MANY = Refusal(
    503,
    "too_many_connections",
    N_("Too many connections are open."),
    N_("Close some, and try again in a moment."),
)
PLAIN_HTTP = Refusal(
    400, "https_only", N_("This port speaks https."), N_("Write https:// before the address.")
)
NO_SPACE = Refusal(
    507,
    "no_space",
    N_("The disk of this workbench is full."),
    N_("Nothing is lost: try again once the owner has made room."),
)
UNKNOWN_SENDER = Refusal(
    401,
    "unauthorized",
    N_("You are not signed in."),
    N_("Open the link you were given, or send Authorization: Bearer <token>."),
)
BROKEN = Refusal(
    500, "internal_error", N_("Something went wrong on our side."), N_("It is in the log. Try again.")
)


def file_too_large(megabytes: int) -> Refusal:
    """As `web.errors` words it."""
    hint = N_("The limit is %(limit)s MB.")
    return Refusal(413, "file_too_large", N_("This file is too large."), hint, (("limit", megabytes),))


def request_too_large(megabytes: int) -> Refusal:
    """For what is no file: forms and JSON."""
    hint = N_("The limit is %(limit)s MB.")
    return Refusal(413, "request_too_large", N_("The request is too large."), hint, (("limit", megabytes),))


def new_request_id() -> str:
    return secrets.token_hex(8)


Headers = list[tuple[bytes, bytes]]


def render(
    refusal: Refusal, request_id: str, *, page_root: str | None = None, languages: str = ""
) -> tuple[Headers, bytes]:
    """The headers and the body of the refusal, as JSON or as a page, in an accepted language.

    `page_root` is the prefix under which a proxy serves the pages; None for JSON.
    """
    message, hint = (
        translate(text, languages) % dict(refusal.values) if text else ""
        for text in (refusal.message, refusal.hint)
    )
    if page_root is not None:
        body = PAGE.format(message=html.escape(message), hint=html.escape(hint), root=page_root).encode()
    else:
        body = json.dumps({"error": {"code": refusal.code, "message": message, "hint": hint}}).encode()
    kind = b"text/html; charset=utf-8" if page_root is not None else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *COMMON_HEADERS]
    headers.append((b"x-request-id", request_id.encode()))
    if refusal.status in TEMPORARY:
        headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    return headers, body


def as_bytes(refusal: Refusal, extra: Headers | None = None) -> bytes:
    """The whole response, after which the connection is closed: for requests that nobody could read."""
    headers, body = render(refusal, new_request_id())
    lines = [b"HTTP/1.1 %d %s" % (refusal.status, HTTPStatus(refusal.status).phrase.encode())]
    lines += [name + b": " + value for name, value in [*headers, *(extra or []), (b"connection", b"close")]]
    return b"\r\n".join([*lines, b"", body])
