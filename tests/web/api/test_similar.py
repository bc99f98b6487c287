"""Similar faces over JSON: the contract, who may ask, and what is refused."""

import io

import pytest
from sqlalchemy.orm import Session

from db import predictions, queue
from db.storage import blobs
from inference.similar import answer
from tests.factories import add_faces
from tests.pictures import jpeg, portrait
from tests.similar_worker import add_features, vectors, work_here
from tests.web.conftest import Client


@pytest.fixture
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    work_here(monkeypatch)


@pytest.mark.usefixtures("_worker")
def test_nearest_first_with_similarity_photo_and_label(client: Client, db: Session) -> None:
    first, near, far = add_faces(db, 3)
    add_features(db, [first, near, far], vectors((1, 0), (3, 4), (0, 1)))
    near.label, near.state = "mask", "confirmed"
    db.commit()
    labeller = client("labeller", "Lee")
    answer = labeller.get(f"/api/v1/faces/{first.id}/similar?limit=5")
    assert answer.status_code == 200
    assert [(one["face_id"], one["similarity"], one["label"]) for one in answer.json["items"]] == [
        (near.id, 0.6, "mask"),
        (far.id, 0.0, None),
    ]
    assert answer.json["items"][0]["photo_id"] == near.photo_id
    assert answer.json["items"][0]["thumb_url"] == f"/faces/{near.id}/thumb.jpg?v=1"
    only = labeller.get(f"/api/v1/faces/{first.id}/similar?state=proposed").json["items"]
    assert [one["face_id"] for one in only] == [far.id]


@pytest.mark.usefixtures("_worker")
def test_a_face_without_features_is_told_apart_from_one_that_does_not_exist(
    client: Client, db: Session
) -> None:
    (face,) = add_faces(db, 1)
    owner = client("owner", "Grace")
    refused = owner.get(f"/api/v1/faces/{face.id}/similar")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "no_features_yet")
    assert refused.json["error"]["hint"]
    missing = owner.get("/api/v1/faces/999/similar")
    assert (missing.status_code, missing.json["error"]["code"]) == (404, "no_such_face")
    assert owner.get(f"/api/v1/faces/{face.id}/similar?limit=101").status_code == 422


def test_without_a_broker_it_says_so_at_once(client: Client, db: Session) -> None:
    (face,) = add_faces(db, 1)
    refused = client("owner", "Grace").get(f"/api/v1/faces/{face.id}/similar")
    assert (refused.status_code, refused.json["error"]["code"]) == (503, "no_answer_in_time")


def test_friends_may_not_look(client: Client, db: Session) -> None:
    (face,) = add_faces(db, 1)
    friend = client("friend", "Ada")
    assert friend.get(f"/api/v1/faces/{face.id}/similar").status_code == 403
    assert friend.post("/api/v1/similar").status_code == 403


@pytest.mark.usefixtures("_worker")
def test_for_each_face_in_a_photo_the_nearest_and_the_photo_is_not_kept(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = add_faces(db, 2)
    add_features(db, [near, far], vectors((1, 0), (0, 1)))
    seen = {"box": [40.0, 60.0, 50.0, 60.0], "confidence": 0.9}
    # The networks are the slow test's; here the picture has one face with features of its own.
    monkeypatch.setattr(answer, "find_faces", lambda session, picture, width: [seen])
    monkeypatch.setattr(answer.networks, "by_id", lambda session, id: id)
    monkeypatch.setattr(answer, "features_of", lambda network, picture, faces: vectors((2, 1)))
    form = {"file": (io.BytesIO(jpeg(portrait(1, False))), "a.jpg")}
    found = client("owner", "Grace").post("/api/v1/similar?limit=1", data=form)
    assert found.status_code == 200, found.text
    (face,) = found.json["faces"]
    assert (face["box"], face["confidence"]) == (seen["box"], 0.9)
    assert [one["face_id"] for one in face["items"]] == [near.id]
    assert blobs().list_named(predictions.FOLDER) == {}


def test_a_picture_nobody_looks_at_is_deleted_too(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "send", lambda *message: False)
    form = {"file": (io.BytesIO(jpeg(portrait(1, False))), "a.jpg")}
    assert client("owner", "Grace").post("/api/v1/similar", data=form).status_code == 503
    assert blobs().list_named(predictions.FOLDER) == {}
