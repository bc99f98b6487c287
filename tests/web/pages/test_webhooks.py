"""The owner's pages of webhooks."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Webhook
from db.settings import settings
from db.webhooks import signatures
from db.webhooks.events import run_ended
from tests.web.conftest import Client
from tests.webhook_receiver import receiving, sweep

FORM = {"url": "https://hooks.example/in", "name": "Wall", "event": ["run.done", "review.ready"]}


def test_an_owner_adds_a_webhook_and_sees_its_secret_once(client: Client, db: Session) -> None:
    owner = client("owner")
    assert "No webhook yet" in owner.get("/webhooks").text
    added = owner.post("/webhooks", data=FORM)
    hook = db.scalars(select(Webhook)).one()
    secret = signatures.secret(hook.seed)
    assert secret in added.text
    for address in ("/webhooks", f"/webhooks/{hook.id}", "/webhooks/list", f"/webhooks/{hook.id}/now"):
        page = owner.get(address).text
        assert "hooks.example" in page
        assert secret not in page
    changed = owner.post(f"/webhooks/{hook.id}/secret").text
    db.refresh(hook)
    assert signatures.secret(hook.seed) in changed
    assert "signs as well until" in changed


def test_a_form_that_cannot_be_used_is_kept_and_says_why(client: Client, db: Session) -> None:
    owner = client("owner")
    refused = owner.post("/webhooks", data=FORM | {"url": "http://10.0.0.1/", "event": ["run.done"]})
    assert refused.status_code == 400
    assert "Webhooks do not go to private addresses." in refused.text
    assert 'value="http://10.0.0.1/"' in refused.text
    assert re.findall(r'value="([\w.]+)" checked', refused.text) == ["run.done"]
    owner.post("/webhooks", data=FORM)
    hook = db.scalars(select(Webhook)).one()
    refused = owner.post(f"/webhooks/{hook.id}", data=FORM | {"event": []})
    assert (refused.status_code, "Choose at least one event" in refused.text) == (400, True)
    owner.post(f"/webhooks/{hook.id}", data=FORM | {"event": ["export.done"]})
    db.refresh(hook)
    assert hook.events == ["export.done"]


def test_the_page_shows_what_was_answered_and_sends_again(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_NETWORKS", "127.0.0.1/32")
    settings.cache_clear()
    owner = client("owner")
    with receiving() as receiver:
        owner.post("/webhooks", data=FORM | {"url": receiver.url})
        hook = db.scalars(select(Webhook)).one()
        receiver.answer(500, b"<b>database is down</b>")
        run_ended(db, 1, "done")
        db.commit()
        sweep(db)
        page = owner.get(f"/webhooks/{hook.id}")
        assert "&lt;b&gt;database is down&lt;/b&gt;" in page.text
        assert "500" in page.text
        receiver.answer(204)
        owner.post(f"/webhooks/{hook.id}/test")
        sweep(db)
        test = owner.get(f"/webhooks/{hook.id}/now").text
        (again,) = re.findall(r'action="([^"]+/again)"', test)
        assert owner.post(again).status_code == 302
        sweep(db)
    assert [one.json["type"] for one in receiver.requests] == ["run.done", "webhook.test", "webhook.test"]


def test_a_failing_webhook_is_said_on_operations_too(client: Client, db: Session) -> None:
    owner = client("owner")
    owner.post("/webhooks", data=FORM)
    hook = db.scalars(select(Webhook)).one()
    for state, words in {
        "failing": "Nothing has arrived for a day.",
        "gone": "gone for good",
        "restored": "made of a backup",
    }.items():
        hook.state = state
        db.commit()
        assert words in owner.get(f"/webhooks/{hook.id}").text
        assert ("Webhook Wall has reached nobody" in owner.get("/operations").text) == (state == "failing")
    owner.post(f"/webhooks/{hook.id}/on")
    owner.post(f"/webhooks/{hook.id}/pause")
    db.refresh(hook)
    assert hook.state == "paused"
    owner.post(f"/webhooks/{hook.id}/delete")
    assert "No webhook yet" in owner.get("/webhooks").text
    trail = owner.get("/audit?group=webhooks").text
    assert f"added webhook {hook.id}" in trail
    assert f"deleted webhook {hook.id}" in trail
