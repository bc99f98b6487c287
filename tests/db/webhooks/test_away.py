"""A receiver that is away or refuses: sent again, later and later, in order within a run."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Event, Person, Webhook
from db.webhooks import attempts, hooks
from db.webhooks.events import emit, run_ended
from tests.db.webhooks.delivered import deliveries, states
from tests.webhook_receiver import Receiver, Reply, Request, pass_time, sweep


def test_a_five_minute_outage_loses_nothing_and_keeps_the_order_of_each_run(
    db: Session, hook: Webhook, receiver: Receiver
) -> None:
    """It answers 503, and afterwards refuses an event of run 1 twice: run 2 does not wait for that."""
    refused = []

    def refuse_first(request: Request) -> Reply:
        data = request.json["data"]
        if data["run_id"] == 1 and len(refused) < 2:
            refused.append(data)
            return 500, {}, b"not this one"
        return 200, {}, b""

    receiver.answer(503)
    for run in (1, 2):
        run_ended(db, run, "done")
        emit(db, "model.promoted", {"run_id": run, "previous_run_id": None, "by_hand": False})
        emit(db, "review.ready", {"run_id": run, "faces": 10})
    db.commit()
    passed = 0
    while passed < 300:
        sweep(db)
        pass_time(db, 20)
        passed += 20
    tried = len(receiver.requests)
    assert 4 <= tried <= 6, "it is left alone for longer and longer"
    assert set(states(db)) == {"waiting"}
    receiver.requests.clear()
    receiver.answers = refuse_first
    pass_time(db, 300)
    sweep(db)
    assert states(db) == ["waiting"] * 3 + ["delivered"] * 3
    while "waiting" in states(db) and passed < 7200:
        sweep(db)
        pass_time(db, 300)
        passed += 300
    assert set(states(db)) == {"delivered"}
    arrived = [one.json for one in receiver.requests if one.json["data"] not in refused]
    for run in (1, 2):
        of_run = [one["type"] for one in arrived if one["data"]["run_id"] == run]
        assert of_run[-2:] == ["model.promoted", "review.ready"]
    ids = {one.headers["webhook-id"] for one in receiver.requests}
    assert ids == {one.message for one in deliveries(db)}, "an event keeps its id"


def test_a_receiver_that_is_not_there_gets_one_attempt_for_all_that_waits(
    db: Session, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    monkeypatch.setattr(attempts.connection, "post", lambda *args: sent.append(args) or fail())

    def fail() -> None:
        raise attempts.Unreachable("timeout")

    for photo in range(20):
        emit(db, "photo.ready", {"photo_id": photo + 1})
    db.commit()
    for _ in range(5):
        sweep(db)
    assert len(sent) == 1
    assert deliveries(db)[0].problem == "timeout"
    assert hook.rests_until is not None


def test_after_a_day_of_failures_the_webhook_is_failing_and_nothing_is_lost(
    db: Session, hook: Webhook, owner: Person, receiver: Receiver
) -> None:
    receiver.answer(500, b"no")
    run_ended(db, 1, "done")
    db.commit()
    hours = 0.0
    while hook.state == "on" and hours < 100:
        sweep(db)
        pass_time(db, 1800)
        hours += 0.5
        db.refresh(hook)
    assert (hook.state, len(receiver.requests)) == ("failing", len(attempts.DELAYS) + 1)
    assert 24 <= hours <= 36
    assert "webhook_failing" in db.scalars(select(Event.kind)).all()
    emit(db, "model.promoted", {"run_id": 1, "previous_run_id": None, "by_hand": False})
    db.commit()
    receiver.requests.clear()
    receiver.answer(200)
    sweep(db)
    assert receiver.requests == []
    hooks.change(db, hook, hooks.Wish(paused=False), owner)
    db.commit()
    sweep(db)
    assert [one.json["type"] for one in receiver.requests] == ["run.done", "model.promoted"]


def test_an_event_that_alone_is_refused_fails_alone(db: Session, hook: Webhook, receiver: Receiver) -> None:
    receiver.answers = lambda request: (400 if request.json["data"].get("run_id") == 1 else 204, {}, b"")
    run_ended(db, 1, "done")
    run_ended(db, 2, "done")
    db.commit()
    for _ in range(100):
        sweep(db)
        pass_time(db, 1800)
    db.refresh(hook)
    assert (hook.state, states(db)) == ("on", ["failed", "delivered"])


def test_retry_after_is_honoured(db: Session, hook: Webhook, receiver: Receiver) -> None:
    receiver.answer(429, b"later", Retry_After="600")
    run_ended(db, 1, "done")
    db.commit()
    for _ in range(5):
        sweep(db)
        pass_time(db, 100)
    assert len(receiver.requests) == 1
    pass_time(db, 150)
    receiver.answer(200)
    sweep(db)
    assert states(db) == ["delivered"]


def test_gone_ends_it(db: Session, hook: Webhook, owner: Person, receiver: Receiver) -> None:
    receiver.answer(410)
    run_ended(db, 1, "done")
    run_ended(db, 2, "done")
    db.commit()
    sweep(db)
    db.refresh(hook)
    assert (hook.state, len(receiver.requests)) == ("gone", 1)
    run_ended(db, 3, "done")
    db.commit()
    assert len(deliveries(db)) == 2, "there is nothing more to tell it"
