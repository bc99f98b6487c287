"""Keeping a tried photo over JSON."""

import io
import json

from sqlalchemy import update
from sqlalchemy.orm import Session

from db.models import Answer, Photo, Workbench
from tests.factories import add_live_run
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client

BOX = [42.0, 62.0, 48.0, 58.0]


def form(run_id: int, **fields: object) -> dict[str, object]:
    return {"file": (io.BytesIO(jpeg(portrait(1, False))), "tried.jpg"), "run": str(run_id)} | fields


def test_a_photo_is_kept_and_corrected_once(client: Client, db: Session) -> None:
    run, labeller = add_live_run(db), client("labeller", "Ada")
    fields = {"corrections": json.dumps([{"box": BOX, "label": "mask"}]), "client_key": "one"}
    first = labeller.post("/api/v1/tried", data=form(run.id, **fields))
    again = labeller.post("/api/v1/tried", data=form(run.id, **fields))
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    assert [(face["box"], face["label"]) for face in first.json["faces"]] == [(BOX, "mask")]
    photo = db.get_one(Photo, first.json["id"])
    assert (photo.tried_run_id, photo.person_id, db.query(Answer).count()) == (run.id, None, 1)


def test_a_friend_keeps_a_photo_as_any_other_of_theirs(client: Client, db: Session) -> None:
    run, friend = add_live_run(db), client("friend", "Finn")
    db.commit()
    refused = friend.post("/api/v1/tried", data=form(run.id))
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "may_not_try")
    db.execute(update(Workbench).values(friends_may_try=True))
    db.commit()
    kept = friend.post("/api/v1/tried", data=form(run.id))
    assert kept.status_code == 201
    assert kept.json["faces"] == []
    photo = db.get_one(Photo, kept.json["id"])
    assert photo.person is not None
    assert photo.person.name == "Finn"
    corrections = json.dumps([{"box": BOX, "label": "mask"}])
    corrected = friend.post("/api/v1/tried", data=form(run.id, corrections=corrections))
    assert (corrected.status_code, corrected.json["error"]["code"]) == (403, "may_not_correct")


def test_what_is_no_list_of_corrections_is_named(client: Client, db: Session) -> None:
    run, owner = add_live_run(db), client("owner", "Grace")
    db.commit()
    for bad in ("mask", '[{"box": [1, 2, 3]}]', '[{"box": [1, 2, NaN, 4], "label": "mask"}]', "[" * 5000):
        assert owner.post("/api/v1/tried", data=form(run.id, corrections=bad)).status_code == 422
    assert db.query(Photo).count() == 0
