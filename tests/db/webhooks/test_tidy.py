"""How long events are kept, and webhooks in backups."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.backup import create, restore
from db.models import Person, Webhook, WebhookDelivery
from db.settings import settings
from db.webhooks import hooks, tidy
from db.webhooks.events import run_ended
from tests.conftest import forget_settings
from tests.webhook_receiver import Receiver, pass_time, sweep


def count(db: Session, status: str) -> int:
    query = select(func.count(WebhookDelivery.id)).where(WebhookDelivery.status == status)
    return db.scalar(query) or 0


def test_old_events_go_and_too_many_that_wait(
    db: Session, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidy, "MOST_KEPT", 3)
    monkeypatch.setattr(tidy, "MOST_WAITING", 2)
    for run in range(5):
        run_ended(db, run + 1, "done")
    db.commit()
    sweep(db)
    for run in range(5):
        run_ended(db, run + 6, "done")
    db.commit()
    tidy.tidy(db)
    assert (count(db, "delivered"), count(db, "waiting")) == (3, 2)
    db.refresh(hook)
    assert hook.dropped == 3
    pass_time(db, tidy.KEPT.total_seconds())
    tidy.tidy(db)
    assert (count(db, "delivered"), count(db, "waiting")) == (0, 2)


@pytest.mark.slow
def test_a_restored_workbench_sends_nothing_until_an_owner_says_so(
    db: Session, hook: Webhook, owner: Person, receiver: Receiver, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It may be a copy beside the original. Its events of before are in no backup."""
    run_ended(db, 1, "done")
    db.commit()
    path = tmp_path / "all.tar"
    create.back_up_to(path, lambda share: None)
    monkeypatch.setenv("DATA", str(tmp_path / "copy"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget_settings()
    restore.restore(path, lambda share: None)
    with Session(restore.engine(), expire_on_commit=False) as copy:
        assert copy.scalars(select(WebhookDelivery)).all() == []
        (restored,) = copy.scalars(select(Webhook)).all()
        assert (restored.state, restored.url) == ("restored", receiver.url)
        run_ended(copy, 2, "done")
        copy.commit()
        sweep(copy)
        assert receiver.requests == []
        hooks.change(copy, restored, hooks.Wish(paused=False), owner)
        copy.commit()
        sweep(copy)
        assert receiver.data == [{"run_id": 2, "status": "done"}]
    assert settings().data == tmp_path / "copy"
