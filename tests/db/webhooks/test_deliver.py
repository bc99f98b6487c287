"""From an event to a receiver: signed, in order, and again until it arrives."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from db.base import now
from db.models import Event, Person, Webhook, WebhookDelivery
from db.settings import settings
from db.webhooks import attempts, deliver, due, hooks, signatures
from db.webhooks.events import EVENTS, emit, run_ended
from tests.webhook_receiver import Receiver, Reply, Request, pass_time, receiving, sweep


def deliveries(db: Session) -> list[WebhookDelivery]:
    return list(db.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def states(db: Session) -> list[str]:
    return [one.status for one in deliveries(db)]


def test_an_event_is_signed_as_the_convention_says(db: Session, hook: Webhook, receiver: Receiver) -> None:
    emit(db, "photo.ready", {"photo_id": 7})
    db.commit()
    sweep(db)
    (request,) = receiver.requests
    assert request.path == "/hook?from=look"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["content-type"] == "application/json"
    verified = Verifier(signatures.secret(hook.seed)).verify(request.body, request.headers)
    assert (verified["type"], verified["data"]) == ("photo.ready", {"photo_id": 7})
    assert verified["timestamp"].endswith("+00:00")
    with pytest.raises(WebhookVerificationError):
        Verifier(signatures.secret(hook.seed)).verify(request.body + b" ", request.headers)
    (delivery,) = deliveries(db)
    assert (delivery.status, delivery.code, delivery.attempts) == ("delivered", 200, 1)
    assert delivery.message == request.headers["webhook-id"]


def test_after_a_change_of_the_secret_both_are_valid_for_a_day(
    db: Session, hook: Webhook, owner: Person, receiver: Receiver
) -> None:
    old, new = signatures.secret(hook.seed), hooks.new_secret(db, hook, owner)
    run_ended(db, 1, "done")
    db.commit()
    sweep(db)
    pass_time(db, hooks.OLD_SECRET_KEPT.total_seconds())
    run_ended(db, 2, "done")
    db.commit()
    sweep(db)
    first, second = receiver.requests
    for secret in (old, new):
        Verifier(secret).verify(first.body, first.headers)
    Verifier(new).verify(second.body, second.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(second.body, second.headers)


def test_the_database_alone_does_not_tell_the_secret(db: Session, hook: Webhook) -> None:
    secret = signatures.secret(hook.seed)
    assert secret.startswith("whsec_")
    stored = [str(getattr(hook, column.key)) for column in Webhook.__table__.columns]
    assert not any(secret in value or secret[6:] in value for value in stored)
    settings().data.joinpath("secret_key").write_text("another")
    assert signatures.secret(hook.seed) != secret


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


def test_bodies_hold_ids_and_no_names(db: Session, hook: Webhook) -> None:
    run_ended(db, 1, "failed")
    emit(db, "photo.ready", {"photo_id": 1})
    assert set(EVENTS.values()) == {"photo_id", "run_id", "export_id"}
    db.flush()
    for one in deliveries(db):
        assert set(json.loads(one.body)) == {"type", "timestamp", "data"}
