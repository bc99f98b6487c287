"""What a job's messages are, without a broker."""

import pytest

from db import jobs, queue


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...]]]:
    """The messages that would have been sent to the broker, whose queues are empty."""
    messages: list[tuple[str, tuple[object, ...]]] = []
    monkeypatch.setattr(queue, "send", lambda task, args: messages.append((task, args)))
    monkeypatch.setattr(jobs, "waiting_messages", lambda name: 0)
    return messages
