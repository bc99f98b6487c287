"""A receiver with leave to be reached, and a webhook that sends to it."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from db.models import Person, Webhook
from db.settings import settings
from db.webhooks import hooks
from db.webhooks.events import EVENTS
from labeller.people import people
from tests.webhook_receiver import Receiver, receiving


@pytest.fixture
def leave(data: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks may go to this machine."""
    monkeypatch.setenv("WEBHOOK_NETWORKS", "127.0.0.0/8")
    settings.cache_clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def owner(db: Session) -> Person:
    return people.new_person(db, "Olga", "owner")


@pytest.fixture
def hook(db: Session, owner: Person, receiver: Receiver, leave: None) -> Webhook:
    """A webhook for all events."""
    hook, _secret = hooks.add(db, hooks.Wish(receiver.url, tuple(EVENTS)), owner)
    db.commit()
    return hook
