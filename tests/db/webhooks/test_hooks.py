"""What an owner does with webhooks."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import BadInput, Conflict, NotFound
from db.models import Event, Person, Webhook, WebhookDelivery
from db.webhooks import hooks
from db.webhooks.events import run_ended
from tests.webhook_receiver import Receiver, sweep


def test_what_is_no_webhook_is_refused(db: Session, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for wish in (
        hooks.Wish("http://127.0.0.1:8000/", ["run.done"]),
        hooks.Wish("http://10.0.0.1/", ["run.done"]),
        hooks.Wish("https://hooks.example/", []),
        hooks.Wish("https://hooks.example/", ["run.started"]),
        hooks.Wish("", ["run.done"]),
        hooks.Wish("https://hooks.example/", ["run.done"], name="a\x00b"),
    ):
        with pytest.raises(BadInput):
            hooks.add(db, wish, owner)
    monkeypatch.setattr(hooks, "MOST_HOOKS", 1)
    hook, _ = hooks.add(db, hooks.Wish("https://hooks.example/", ["run.done", "photo.ready"]), owner)
    assert hook.events == ["photo.ready", "run.done"]
    with pytest.raises(Conflict):
        hooks.add(db, hooks.Wish("https://hooks.example/", ["run.done"]), owner)


def test_a_test_is_sent_once_and_before_all_others(db: Session, hook: Webhook, receiver: Receiver) -> None:
    receiver.answer(503)
    run_ended(db, 1, "done")
    db.commit()
    sweep(db)
    assert hooks.send_test(db, hook).status == "waiting"
    db.commit()
    sweep(db)
    assert [one.json["type"] for one in receiver.requests] == ["run.done", "webhook.test"]
    last = db.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id.desc())).first()
    assert last is not None
    assert (last.status, last.code) == ("failed", 503)


def test_an_event_is_sent_again_under_its_old_id(
    db: Session, hook: Webhook, owner: Person, receiver: Receiver
) -> None:
    run_ended(db, 1, "done")
    db.commit()
    sweep(db)
    (delivery,) = hooks.deliveries(db, hook, None, 10)
    hooks.send_again(db, hook, delivery.id, owner)
    db.commit()
    sweep(db)
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    with pytest.raises(NotFound):
        hooks.send_again(db, hook, delivery.id + 1, owner)
    hooks.change(db, hook, hooks.Wish(paused=True), owner)
    with pytest.raises(Conflict):
        hooks.send_again(db, hook, delivery.id, owner)
    with pytest.raises(Conflict):
        hooks.send_test(db, hook)


def test_what_happens_while_it_is_paused_waits(
    db: Session, hook: Webhook, owner: Person, receiver: Receiver
) -> None:
    hooks.change(db, hook, hooks.Wish(paused=True, name="Wall  board"), owner)
    run_ended(db, 1, "done")
    db.commit()
    sweep(db)
    assert (receiver.requests, hooks.waiting(db)) == ([], {hook.id: 1})
    hooks.change(db, hook, hooks.Wish(paused=False), owner)
    db.commit()
    sweep(db)
    assert (receiver.data, hook.name) == ([{"run_id": 1, "status": "done"}], "Wall board")


def test_a_deleted_webhook_takes_what_waits_with_it(db: Session, hook: Webhook, owner: Person) -> None:
    run_ended(db, 1, "done")
    db.commit()
    hooks.delete(db, hook, owner)
    db.commit()
    assert db.scalars(select(WebhookDelivery)).all() == []
    with pytest.raises(NotFound):
        hooks.get(db, hook.id)
    kinds = db.scalars(select(Event.kind).where(Event.kind.like("webhook%"))).all()
    assert kinds == ["webhook_added", "webhook_deleted"]
