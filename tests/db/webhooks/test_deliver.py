"""From an event to a receiver: to whom it goes, how far it may reach, and one task at a time."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.models import Person, Webhook
from db.settings import settings
from db.webhooks import attempts, deliver, due, hooks
from db.webhooks.events import emit, run_ended
from tests.db.webhooks.delivered import deliveries, states
from tests.webhook_receiver import Receiver, Reply, Request, pass_time, receiving, sweep


def test_an_event_is_of_the_transaction_of_its_fact(db: Session, hook: Webhook, receiver: Receiver) -> None:
    run_ended(db, 1, "done")
    db.rollback()
    sweep(db)
    assert receiver.requests == []


def test_each_webhook_is_told_what_it_asked_for(
    db: Session, hook: Webhook, owner: Person, receiver: Receiver
) -> None:
    with receiving() as other:
        hooks.add(db, hooks.Wish(other.url, ["model.promoted"]), owner)
        hooks.add(db, hooks.Wish(other.url, ["run.done"], paused=True), owner)
        run_ended(db, 1, "done")
        emit(db, "model.promoted", {"run_id": 1, "previous_run_id": None, "by_hand": True})
        db.commit()
        sweep(db)
        assert [one.json["type"] for one in receiver.requests] == ["run.done", "model.promoted"]
        assert [one.json["type"] for one in other.requests] == ["model.promoted"]
    assert states(db) == ["delivered", "waiting", "delivered", "delivered"]


def test_a_redirect_is_not_followed(db: Session, hook: Webhook, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.answer(302, Location=elsewhere.url)
        run_ended(db, 1, "done")
        db.commit()
        sweep(db)
        assert elsewhere.requests == []
    (delivery,) = deliveries(db)
    assert (delivery.status, delivery.code) == ("waiting", 302)


def test_of_a_reply_only_the_first_bytes_are_read_and_nothing_unseen(
    db: Session, hook: Webhook, receiver: Receiver
) -> None:
    receiver.answer(200, b"\x00ok\x1b[31m\xff " + b"a" * 5_000_000)
    run_ended(db, 1, "done")
    db.commit()
    sweep(db)
    (delivery,) = deliveries(db)
    assert delivery.reply is not None
    assert delivery.reply.startswith("ok[31m\ufffd a")
    assert len(delivery.reply) <= 2000


def test_without_leave_nothing_reaches_this_machine_or_a_network_of_its_own(
    db: Session, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave that was given once is asked for again at each attempt."""
    monkeypatch.delenv("WEBHOOK_NETWORKS")
    settings.cache_clear()
    connected = []
    monkeypatch.setattr(
        attempts.connection.httpcore.SyncBackend, "connect_tcp", lambda *args, **_: connected.append(args)
    )
    for url in (receiver.url, f"http://localhost:{receiver.port}/", "http://10.0.0.1:8000/"):
        hook.url = url
        hook.rests_until = None
        run_ended(db, 1, "done")
        db.commit()
        sweep(db)
        assert {one.problem for one in deliveries(db) if one.attempts} == {"private_address"}
        pass_time(db, 100_000)
    assert (receiver.requests, connected) == ([], [])


def test_two_tasks_never_send_for_the_same_webhook(db: Session, hook: Webhook, receiver: Receiver) -> None:
    run_ended(db, 1, "done")
    hook.owner, hook.lease_until = "another", now() + timedelta(seconds=30)
    db.commit()
    assert due.due_webhooks(db) == []
    deliver.send_all(db, hook.id)
    assert receiver.requests == []
    pass_time(db, 31)
    sweep(db)
    assert len(receiver.requests) == 1


def test_a_task_that_died_between_sending_and_noting_sends_again_under_the_same_id(
    db: Session, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    run_ended(db, 1, "done")
    db.commit()
    with monkeypatch.context() as patch:
        patch.setattr(attempts, "record", die)
        with pytest.raises(KeyboardInterrupt):
            deliver.send_all(db, hook.id)
    sweep(db)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert states(db) == ["delivered"]


def test_a_webhook_that_is_deleted_meanwhile_is_no_error(
    db: Session, hook: Webhook, owner: Person, receiver: Receiver
) -> None:
    run_ended(db, 1, "done")
    db.commit()
    hook_id = hook.id

    def delete(request: Request) -> Reply:
        with Session(db.get_bind()) as other:
            hooks.delete(other, hooks.get(other, hook_id), owner)
            other.commit()
        return 200, {}, b""

    receiver.answers = delete
    sweep(db)
    assert deliveries(db) == []
