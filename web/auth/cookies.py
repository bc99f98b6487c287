"""The session cookie: one name for each data folder, so that workbenches on one host do not share it."""

import functools
import hashlib
import hmac
from typing import Any

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from db.settings import settings

OLD_NAME = "session"
"""Of the cookie of earlier versions, which held the person's id."""


class Signer(TimestampSigner):
    """Whatever the age: a session ends with its row, and a clock set back would refuse every cookie."""

    def unsign(self, signed_value: Any, max_age: Any = None, return_timestamp: Any = False) -> Any:
        return super().unsign(signed_value, None, return_timestamp)


class SessionCookie(SecureCookieSessionInterface):
    """A browser accepts the prefix `__Host-` only from this very host, over TLS and for all paths."""

    salt = "browser-session"

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = Signer
        return serializer

    def get_cookie_name(self, app: Flask) -> str:
        name = _name(app.config["SECRET_KEY"])
        return f"__Host-{name}" if self.get_cookie_secure(app) else name

    def get_cookie_secure(self, app: Flask) -> bool:
        return is_secure()


def is_secure() -> bool:
    """Whether the browser came over TLS: also to a proxy that is not trusted to say so, if BASE_URL tells."""
    return request.is_secure or (settings().base_url or "").startswith("https://")


@functools.cache
def _name(key: str) -> str:
    digest = hmac.digest(key.encode(), b"cookie name", hashlib.sha256)
    return f"sl_{digest.hex()[:12]}"


def read_old(app: Flask) -> dict[str, Any]:
    """What the cookie of an earlier version says; empty if there is none of this workbench."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    try:
        values = serializer.loads(
            request.cookies.get(OLD_NAME, ""), max_age=int(app.permanent_session_lifetime.total_seconds())
        )
    except BadSignature:
        return {}
    return values if isinstance(values, dict) else {}
