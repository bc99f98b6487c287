"""A database before any migration, and what a job's messages are without a broker."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from db import jobs, queue, session


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...]]]:
    """The messages that would have been sent to the broker, whose queues are empty."""
    messages: list[tuple[str, tuple[object, ...]]] = []
    monkeypatch.setattr(queue, "send", lambda task, args: messages.append((task, args)))
    monkeypatch.setattr(jobs, "waiting_messages", lambda name: 0)
    return messages


@pytest.fixture(params=["sqlite", "postgres"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Engine]:
    """A database of each engine without any table."""
    if request.param == "postgres":
        engine = create_engine(request.getfixturevalue("empty_postgres"))
    else:
        engine = create_engine(f"sqlite:///{tmp_path}/old.db")
        session.event.listen(engine, "connect", session._set_sqlite_pragmas)
    yield engine
    engine.dispose()
