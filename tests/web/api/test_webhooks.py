"""Webhooks over JSON."""

import pytest
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as Verifier

from db.settings import settings
from db.webhooks.events import run_ended
from tests.web.conftest import Client
from tests.webhook_receiver import receiving, sweep

HOOKS = "/api/v1/webhooks"
BODY = {"url": "https://hooks.example/in", "events": ["run.done", "photo.ready"]}


def test_from_adding_to_sending_again(client: Client, db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_NETWORKS", "127.0.0.1/32")
    settings.cache_clear()
    owner = client("owner")
    with receiving() as receiver:
        added = owner.post(HOOKS, json=BODY | {"url": receiver.url, "name": "Wall"})
        assert added.status_code == 201
        secret = added.json["secret"]
        run_ended(db, 4, "done")
        db.commit()
        sweep(db)
        hook = f"{HOOKS}/{added.json['id']}"
        (delivery,) = owner.get(f"{hook}/deliveries").json["items"]
        assert (delivery["status"], delivery["code"], delivery["due"]) == ("delivered", 200, None)
        again = owner.post(f"{hook}/deliveries/{delivery['id']}/again")
        assert (again.status_code, again.json["status"]) == (202, "waiting")
        assert owner.post(f"{hook}/test").status_code == 202
        sweep(db)
    for request in receiver.requests:
        Verifier(secret).verify(request.body, request.headers)
    assert [one.json["type"] for one in receiver.requests] == ["run.done", "webhook.test", "run.done"]
    shown = owner.get(hook).json
    assert (shown["waiting"], shown["state"], "secret" in shown) == (0, "on", False)
    assert owner.get(HOOKS).json == {"items": [shown], "next": None}


def test_changing_pausing_and_deleting(client: Client) -> None:
    owner = client("owner")
    added = owner.post(HOOKS, json=BODY).json
    hook = f"{HOOKS}/{added['id']}"
    changed = owner.patch(hook, json={"paused": True, "events": ["export.done"], "name": "x"}).json
    assert (changed["state"], changed["events"], changed["name"]) == ("paused", ["export.done"], "x")
    assert owner.post(f"{hook}/test").json["error"]["code"] == "webhook_off"
    assert owner.patch(hook, json={"paused": False}).json["state"] == "on"
    assert owner.post(f"{hook}/secret").json["secret"] != added["secret"]
    assert owner.delete(hook).status_code == 204
    assert owner.get(hook).json["error"]["code"] == "no_such_webhook"
    assert owner.get(f"{hook}/deliveries").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"url": "http://127.0.0.1:8000/"}, 400, "private_address"),
        ({"url": "http://169.254.169.254/latest"}, 400, "private_address"),
        ({"url": "ftp://hooks.example/"}, 400, "bad_address"),
        ({"events": []}, 422, "invalid_request"),
        ({"events": ["run.started"]}, 422, "invalid_request"),
        ({"secret": "mine"}, 422, "invalid_request"),
    ],
)
def test_what_is_refused(client: Client, changes: dict[str, object], status: int, code: str) -> None:
    refused = client("owner").post(HOOKS, json=BODY | changes)
    assert (refused.status_code, refused.json["error"]["code"]) == (status, code)


def test_deliveries_come_in_pages(client: Client, db: Session) -> None:
    owner = client("owner")
    hook = f"{HOOKS}/{owner.post(HOOKS, json=BODY).json['id']}"
    for run in range(3):
        run_ended(db, run + 1, "done")
    db.commit()
    first = owner.get(f"{hook}/deliveries?limit=2").json
    last = owner.get(f"{hook}/deliveries?limit=2&cursor={first['next']}").json
    ids = [one["id"] for one in first["items"] + last["items"]]
    assert (ids, last["next"]) == (sorted(ids, reverse=True), None)
    assert len(ids) == 3
