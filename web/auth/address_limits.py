"""What one address may send, whoever it is: counted before anybody is identified, without the database.

Many people share an address, in one Wi-Fi or behind one proxy: what they do as usual must not lock out each
other. Whoever guesses tokens or links is slowed down after a few.
"""

import hashlib
import threading
import time
from collections import Counter

from flask import Flask, Response, abort, g, request

from web.serving.proxies import client_network

FLOOD = 500
"""Requests of an address in a second, besides static files."""
WRONG_TOKENS, WRONG_LINKS = 10, 30
"""Of an address in a minute. Guests of a party may all open a link that has expired."""
KNOWN = 1000
"""Tokens that were right lately, by hash; a neighbour's wrong ones do not lock them out."""


class Window:
    """Counts by key in windows of so many seconds; nothing is kept of earlier ones."""

    def __init__(self, most: int, seconds: int) -> None:
        self._most, self._seconds = most, seconds
        self._lock, self._number, self._counts = threading.Lock(), -1, Counter[str]()

    def add(self, key: str) -> None:
        with self._lock:
            self._current()[key] += 1

    def is_over(self, key: str) -> bool:
        with self._lock:
            return self._current()[key] >= self._most

    def seconds_left(self) -> int:
        """Until the next window begins, at least 1."""
        return self._seconds - int(time.monotonic()) % self._seconds

    def _current(self) -> Counter[str]:
        number = int(time.monotonic()) // self._seconds
        if number != self._number:
            self._number, self._counts = number, Counter()
        return self._counts


class AddressLimits:
    """The limits of one process."""

    def __init__(self) -> None:
        self._flood, self._tokens, self._links = (
            Window(FLOOD, 1),
            Window(WRONG_TOKENS, 60),
            Window(WRONG_LINKS, 60),
        )
        self._known: dict[str, None] = {}

    def check(self) -> None:
        """Before each request. Aborts with 429."""
        address = client_network(request.remote_addr or "")
        if request.endpoint not in ("static", "home.asset"):
            if self._flood.is_over(address):
                _refuse(self._flood)
            self._flood.add(address)
        if (bearer := _bearer()) and bearer not in self._known and self._tokens.is_over(address):
            _refuse(self._tokens)
        if _has_secret() and self._links.is_over(address):
            _refuse(self._links)

    def count(self, response: Response) -> Response:
        """After each request: remember what was wrong."""
        address = client_network(request.remote_addr or "")
        if bearer := _bearer():
            if response.status_code == 401:
                self._known.pop(bearer, None)
                self._tokens.add(address)
            elif g.get("person") is not None:
                self._known[bearer] = None
                if len(self._known) > KNOWN:
                    self._known.clear()
        if _has_secret() and response.status_code == 403:
            self._links.add(address)
        if (seconds := g.get("retry_after")) is not None:
            response.headers["Retry-After"] = str(seconds)
        return response


def init_app(app: Flask) -> None:
    """Before `identity.init_app`: who is asking is not known yet."""
    limits = AddressLimits()
    app.before_request(limits.check)
    app.after_request(limits.count)


def _bearer() -> str:
    """The hash of the bearer token; empty without one."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    is_bearer = kind.lower() == "bearer" and secret.strip()
    return hashlib.sha256(secret.strip().encode()).hexdigest() if is_bearer else ""


def _has_secret() -> bool:
    """Whether the address is a link that signs somebody in."""
    return "secret" in (request.view_args or {})


def _refuse(window: Window) -> None:
    g.retry_after = window.seconds_left()
    abort(429)
