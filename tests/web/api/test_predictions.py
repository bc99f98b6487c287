"""Predictions over JSON: what is asked, what is answered, and when no network is asked at all."""

import hashlib
import io

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from db.base import now
from db.models import Run, Workbench
from db.workbench import lock_workbench
from labeller.detection import predictions
from tests.answering import FACE, answering
from tests.hostile_files import REFUSED_FILES
from tests.light_run import add_light_run
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client

PHOTO = jpeg(portrait(1, False))
MODEL = hashlib.sha256(b"an ONNX file, which nobody reads here: 0").hexdigest()


@pytest.fixture
def owner(client: Client) -> FlaskClient:
    return client("owner", "Grace")


def ask(client: FlaskClient, query: str = "", content: bytes = PHOTO, tag: str = "") -> TestResponse:
    headers = {"If-None-Match": tag} if tag else {}
    form = {"file": (io.BytesIO(content), "a.jpg")}
    return client.post(f"/api/v1/predict{query}", data=form, headers=headers)


def test_an_answer_names_its_model_and_is_not_computed_again_for_who_has_it(
    owner: FlaskClient, db: Session
) -> None:
    first, second = add_light_run(db), add_light_run(db, 1)
    with answering(FACE) as answerer:
        answer = ask(owner)
        assert answer.json == {"run_id": first.id, "model": MODEL, "faces": [FACE]}
        assert (answer.headers["X-Run-Id"], answer.headers["X-Model"]) == (str(first.id), MODEL)
        tag = answer.headers["ETag"]
        again = ask(owner, tag=tag)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert answerer.count == 1
        other = ask(owner, f"?run={second.id}", tag=tag)
        assert (other.status_code, other.json["run_id"]) == (200, second.id)
        assert ask(owner, content=jpeg(portrait(2, False)), tag=tag).status_code == 200
        lock_workbench(db).likely_threshold = 0.9
        lock_workbench(db).thresholds_of = "centerface"
        db.commit()
        assert ask(owner, tag=tag).status_code == 200
        assert answerer.count == 4


def test_the_drawn_photo_has_its_size_and_the_face_marked(owner: FlaskClient, db: Session) -> None:
    run = add_light_run(db)
    with answering(FACE):
        drawn = ask(owner, "?annotated=true")
    assert (drawn.mimetype, drawn.headers["X-Run-Id"]) == ("image/jpeg", str(run.id))
    with Image.open(io.BytesIO(drawn.data)) as picture, Image.open(io.BytesIO(PHOTO)) as sent:
        assert picture.size == sent.size
        changed = {picture.getpixel((x, 61)) for x in range(45, 85, 5)}
    assert all(green > red + 40 for red, green, _ in changed), "the upper edge has the colour of the class"  # type: ignore[misc]


def test_what_is_wrong_is_said(owner: FlaskClient, client: Client, db: Session) -> None:
    assert (ask(owner).status_code, ask(owner).json["error"]["code"]) == (409, "no_model")
    run = add_light_run(db)
    assert ask(owner, "?run=99").status_code == 404
    assert ask(owner, "?run=x").status_code == 422
    assert ask(owner, "?size=3").status_code == 422
    assert owner.post("/api/v1/predict").status_code == 422
    broken = ask(owner, content=REFUSED_FILES["truncated jpeg"][0])
    assert (broken.status_code, broken.json["error"]["code"]) == (400, "photo_broken")
    db.add(Run(recipe={}, seed=0, classes=[1, 2], status="failed"))
    run.dropped_at = now()
    db.commit()
    assert ask(owner, f"?run={run.id + 1}").json["error"]["code"] == "no_model"
    assert ask(owner, f"?run={run.id}").json["error"]["code"] == "files_dropped"


def test_friends_may_ask_about_one_photo_where_the_owner_lets_them(client: Client, db: Session) -> None:
    add_light_run(db)
    friend = client("friend", "Finn")
    for refused in (ask(friend), friend.post("/api/v1/predict"), ask(friend, "?run=99")):
        assert (refused.status_code, refused.json["error"]["code"]) == (403, "may_not_try")
    db.execute(update(Workbench).values(friends_may_try=True))
    db.commit()
    with answering(FACE):
        assert ask(friend).json["faces"] == [FACE]
    assert friend.post("/api/v1/predictions").status_code == 403


def test_without_an_answer_in_time_the_sender_is_told_when_to_ask_again(
    owner: FlaskClient, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "SECONDS", 0.05)
    add_light_run(db)
    late = ask(owner)
    assert (late.status_code, late.json["error"]["code"]) == (503, "no_answer_in_time")
    assert int(late.headers["Retry-After"]) > 0


def test_a_batch_from_sending_to_deleting(owner: FlaskClient, client: Client, db: Session) -> None:
    run = add_light_run(db)
    files = [(io.BytesIO(PHOTO), "one.jpg"), (io.BytesIO(b"no photo"), "two.txt")]
    sent = owner.post("/api/v1/predictions", data={"file": files})
    assert sent.status_code == 202
    address = f"/api/v1/predictions/{sent.json['id']}"
    waiting = owner.get(address).json
    assert (waiting["status"], waiting["progress"], waiting["run_id"]) == ("queued", 0.5, run.id)
    assert waiting["model"] == MODEL
    assert waiting["items"][0] == {"name": "one.jpg", "faces": None, "error": None}
    assert waiting["items"][1]["error"]["code"] == "not_a_photo"
    assert client("labeller", "Ada").get(address).status_code == 404
    assert owner.delete(address).status_code == 204
    assert owner.get(address).status_code == 404


def test_too_many_batches_at_once_are_a_429_that_says_when(owner: FlaskClient, db: Session) -> None:
    add_light_run(db)
    answers = [
        owner.post("/api/v1/predictions", data={"file": [(io.BytesIO(b"x"), "a.jpg")]}) for _ in range(5)
    ]
    assert [answer.status_code for answer in answers] == [202] * 4 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
