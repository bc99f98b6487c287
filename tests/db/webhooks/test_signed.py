"""An event is signed, and tells ids alone."""

import json

import pytest
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from db.models import Person, Webhook
from db.settings import settings
from db.webhooks import hooks, signatures
from db.webhooks.events import EVENTS, emit, run_ended
from tests.db.webhooks.delivered import deliveries
from tests.webhook_receiver import Receiver, pass_time, sweep


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


def test_bodies_hold_ids_and_no_names(db: Session, hook: Webhook) -> None:
    run_ended(db, 1, "failed")
    emit(db, "photo.ready", {"photo_id": 1})
    assert set(EVENTS.values()) == {"photo_id", "run_id", "export_id"}
    db.flush()
    for one in deliveries(db):
        assert set(json.loads(one.body)) == {"type", "timestamp", "data"}
