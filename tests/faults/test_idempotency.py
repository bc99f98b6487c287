"""The web process is killed while it carries out a POST: sent again with its key, it was done once or not."""

import random
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.models import Invite
from db.session import session_scope
from secondlook import ApiError, Client, SecondLookError
from secondlook.call import Call
from secondlook.retries import Attempts
from tests.web_server import Server, running_server

pytestmark = [pytest.mark.slow, pytest.mark.full_size, pytest.mark.timeout(600)]
ROUNDS = 4
PATIENCE = 120
"""Seconds: longer than a request that was not answered counts as being at work."""


def invitations(note: str) -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).where(Invite.note == note)) or 0


def send_while_killed(server: Server, note: str, delay: float, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the client gets that asks for an invitation; its server is killed after `delay` seconds."""
    monkeypatch.setattr(Attempts, "__post_init__", lambda one: one.headers.update({"Idempotency-Key": note}))
    outcome: list[str] = []

    def send() -> None:
        call: Call[dict[str, str]] = Call("POST", "/invitations", json={"note": note})
        try:
            outcome.append(Client(server.url, server.token, patience=PATIENCE).send(call)["url"])
        except ApiError as error:
            outcome.append(error.code)
        except SecondLookError as error:
            outcome.append(str(error))

    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(delay)
    server.kill()
    server.start()
    sender.join(PATIENCE + 60)
    return outcome[0]


def test_an_invitation_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    with running_server(tmp_path) as server:
        server.sign_in()
        for number in range(ROUNDS):
            note = f"round-{number}"
            got = send_while_killed(server, note, rng.uniform(0, 0.06), monkeypatch)
            assert invitations(note) == 1
            assert got.startswith(server.url) or got == "reply_lost"
