"""`Idempotency-Key` on POSTs: the same one again is answered as the first was, and not done again.

The header is that of the IETF's draft: 422 for a key that was used for something else, 409 while the first
request is at work. What it is not needed for, see ASKING; what may be done twice without harm, see HARMLESS.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import IO, cast

import structlog
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from db import kept_replies
from db.models import KeptReply
from db.settings import settings
from web.auth.identity import me
from web.database import db, roll_back
from web.errors import answer
from web.i18n import _

log = structlog.get_logger()

KEY = re.compile(r"[\x21-\x7e]{1,255}")
PIECE = 1 << 16
ASKING = frozenset({"api_predictions.predict", "api_similar.find_similar_to_photo", "api_uploads.look_up"})
"""They change nothing, and what they answer is not kept: they are carried out each time."""
HARMLESS = frozenset(
    {"api_photos.send_photo", "api_runs.cancel_run", "api_runs.promote_run"}
    | {"api_labelling.send_answer", "api_labelling.send_answers", "api_labelling.renew_leases"}
)
"""They know by themselves what they have done. If an answer is lost, they are carried out again."""


def init_app(app: Flask) -> None:
    """After all that decides whether the request may be carried out at all."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> ResponseReturnValue | None:
    key = request.headers.get("Idempotency-Key")
    endpoint = request.endpoint or ""
    if key is None or request.method != "POST" or not endpoint.startswith("api_") or endpoint in ASKING:
        return None
    if not KEY.fullmatch(key):
        hint = _("Send 1 to 255 visible ASCII characters, a random UUID for example.")
        return answer(400, "bad_key", _("This is no Idempotency-Key."), hint)
    asked = kept_replies.Asked(me().id, _digest(f"name {me().id} {key}").hex(), _request_hash())
    known = kept_replies.find(db(), asked)
    if known is not None and (response := _known_answer(known, asked, key)) is not None:
        return response
    begun = kept_replies.begin(db(), asked, known)
    if begun is None:
        return _at_work()
    kept_replies.mark_commits(db(), begun)
    g.begun, g.reply_seal = begun, _seal(key)
    return None


def _known_answer(known: KeptReply, asked: kept_replies.Asked, key: str) -> ResponseReturnValue | None:
    """The answer to a key that was used before; None if the request is to be carried out (again)."""
    if known.request_hash != asked.request_hash:
        hint = _("Use a key of its own for each request.")
        return answer(422, "key_reused", _("This Idempotency-Key was used for something else."), hint)
    if kept_replies.is_at_work(known):
        return _at_work()
    body = _opened(known, key)
    if known.status is not None and body is not None:
        response = Response(body, known.status, mimetype="application/json")
        response.headers["Idempotency-Replayed"] = "true"
        return response
    if known.carried_out and request.endpoint not in HARMLESS:
        message = _("This was carried out before, but its answer is no longer here.")
        return answer(
            409, "reply_lost", message, _("Look at what is there before you send it under a new key.")
        )
    return None


def _at_work() -> ResponseReturnValue:
    body, status = cast(
        tuple[Response, int],
        answer(
            409, "at_work", _("The same request is just being carried out."), _("Send it again in a moment.")
        ),
    )
    body.status_code = status
    body.headers["Retry-After"] = "1"
    return body


def _finish(response: Response) -> Response:
    """Keep the answer of a request that succeeded; one that was refused may be sent again with its key."""
    begun: kept_replies.Begun | None = g.pop("begun", None)
    if begun is None:
        return response
    try:
        if response.status_code < 300 and not response.is_streamed:
            sealed = g.pop("reply_seal").encrypt(response.get_data())
            kept_replies.answered(db(), begun, response.status_code, sealed)
        else:
            db().rollback()
            kept_replies.refused(db(), begun)
    except SQLAlchemyError as error:  # the request itself is done, and its answer is more important
        log.warning("reply_not_kept", error=type(error).__name__)
        roll_back()
    return response


def _request_hash() -> str:
    """Of the address and all fields and files, which are read piece by piece from where they were received.

    A form is hashed by what is in it: whoever sends it again makes a new boundary.
    """
    digest = hashlib.sha256(f"{request.full_path} {request.mimetype}".encode())
    if request.mimetype != "multipart/form-data":
        digest.update(request.get_data())
        return digest.hexdigest()
    for name, value in request.form.items(multi=True):
        digest.update(f"field {len(name)} {len(value)} {name} {value}".encode())
    for name, file in request.files.items(multi=True):
        own = hashlib.sha256()
        for piece in _pieces(file.stream):
            own.update(piece)
        digest.update(f"file {name!r} {file.filename!r} {own.hexdigest()}".encode())
    return digest.hexdigest()


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream from its start, where it is left again for the view."""
    stream.seek(0)
    while piece := stream.read(PIECE):
        yield piece
    stream.seek(0)


def _opened(known: KeptReply, key: str) -> bytes | None:
    """The body; None if it was forgotten, or sealed before the workbench got another signing key."""
    try:
        return _seal(key).decrypt(known.sealed) if known.sealed is not None else None
    except InvalidToken:
        return None


def _seal(key: str) -> Fernet:
    """What encrypts an answer: neither the database nor the signing key opens it without the client's key."""
    return Fernet(base64.urlsafe_b64encode(_digest(f"seal {me().id} {key}")))


def _digest(text: str) -> bytes:
    return hmac.digest(settings().signing_key().encode(), f"kept reply {text}".encode(), "sha256")
