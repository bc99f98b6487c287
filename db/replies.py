"""One question to a worker and its reply, both through the broker alone: no row and no file holds them.

A reply that nobody waits for any longer is forgotten after a minute.
"""

import json
import secrets
import time
from typing import Any

from db.nudges import AWAY, PAUSE
from db.queue import app

KEPT_SECONDS = 60


def new_address() -> str:
    """Where the reply to one question goes; nobody can guess it."""
    return secrets.token_hex(16)


def send(address: str, reply: dict[str, Any]) -> None:
    """Give whoever waits at `address` their reply. Without a broker nothing happens: they wait in vain."""
    try:
        with _connections().acquire(block=True) as connection:
            pipe = connection.default_channel.client.pipeline(transaction=False)
            pipe.lpush(_key(address), json.dumps(reply)).expire(_key(address), KEPT_SECONDS).execute()
    except AWAY:
        return


def wait(address: str, seconds: float) -> dict[str, Any] | None:
    """The reply at `address`; None after `seconds` without one, sooner while the broker is away."""
    try:
        with _connections().acquire(block=True) as connection:
            found = connection.default_channel.client.blpop([_key(address)], timeout=seconds)
    except AWAY:
        time.sleep(min(seconds, PAUSE))
        return None
    reply: dict[str, Any] | None = None if found is None else json.loads(found[1])
    return reply


def _connections() -> Any:
    """Celery's pool of connections, to which its types give another class."""
    return app.pool


def _key(address: str) -> str:
    return f"reply:{address}"
