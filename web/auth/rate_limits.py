"""How many requests a person, or an address that is not signed in, may send per second."""

from flask import Flask, Response, request
from flask_limiter import Limiter

from db.settings import settings
from web.auth.identity import current
from web.serving.proxies import client_network

TEAM_RATE, FRIEND_RATE, STRANGER_RATE = "200 per second", "60 per second", "50 per second"
"""Owners' and labellers' scripts are promised 50 per second; one script in one thread reaches 150 on a
local machine and should not have to count. A friend's page sends two requests for each photo. Strangers at
one address may be guests in one room, who all open their invitation at once."""
UNLIMITED = (None, "pictures", "home")
"""Blueprints without a limit: static files, pictures and the home page."""


def init_app(app: Flask) -> None:
    """Needs `identity.init_app` first: the limit depends on who is asking."""
    app.after_request(_never_at_once)  # before init_app, so that it comes after what that does
    limiter = Limiter(
        _counted_by,
        default_limits=[_rate],
        default_limits_exempt_when=lambda: request.blueprint in UNLIMITED,
        storage_uri=_storage(),
        strategy="fixed-window",
        headers_enabled=True,  # Retry-After among them
        in_memory_fallback_enabled=True,  # a broker that is down must not lock people out,
        swallow_errors=True,  # nor must a race between the fallback's threads (limits pull request 352)
    )
    limiter.init_app(app)


def _never_at_once(response: Response) -> Response:
    """The limiter rounds what is left of a second down to 0, also where Retry-After said 1 already."""
    if response.headers.get("Retry-After") == "0":
        response.headers["Retry-After"] = "1"
    return response


def _counted_by() -> str:
    person = current()
    return f"person:{person.id}" if person else client_network(request.remote_addr or "")


def _rate() -> str:
    person = current()
    if person is None:
        return STRANGER_RATE
    return FRIEND_RATE if person.role == "friend" else TEAM_RATE


def _storage() -> str:
    """The broker's address; the limiter names a socket's scheme differently than kombu does."""
    return settings().broker.replace("redis+socket://", "redis+unix://", 1)
