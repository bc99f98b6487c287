"""The contract's calls, and what they say to bad input."""

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from db.models import Answer, Photo
from tests.factories import add_faces, add_live_run, add_score
from tests.hostile_files import REFUSED_FILES, png
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client


@pytest.fixture
def owner(client: Client) -> FlaskClient:
    return client("owner", "Grace")


REFUSED = {name: content for name, (content, _) in REFUSED_FILES.items()}
LARGE = {
    "13,000 x 13,000 png": lambda: png(13_000, 13_000),
    "60 MB": lambda: b"\xff\xd8" + bytes(60 << 20),
}


@pytest.mark.parametrize("name", [*REFUSED, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGE)])
def test_a_bad_file_gets_a_4xx_with_words_for_a_friend(client: Client, name: str) -> None:
    friend, content = client("friend", "Ada"), LARGE[name]() if name in LARGE else REFUSED[name]
    response = friend.post("/api/v1/photos", data={"file": (io.BytesIO(content), "selfie.jpg")})
    assert 400 <= response.status_code < 500
    error = response.json["error"]
    assert error["message"].endswith(".")
    assert error["hint"]
    assert "Traceback" not in response.text


def test_the_rest_of_an_upload_goes_through(client: Client, db: Session) -> None:
    """Without JavaScript the whole selection comes in one request."""
    friend = client("friend", "Ada")
    files = [
        (io.BytesIO(jpeg(portrait(1, False))), "one.jpg"),
        (io.BytesIO(REFUSED["truncated jpeg"]), "broken.jpg"),
        (io.BytesIO(REFUSED["animated gif"]), "cat.gif"),
        (io.BytesIO(jpeg(portrait(2, True))), "two.jpg"),
    ]
    page = friend.post("/upload", data={"file": files})
    assert page.status_code == 400
    assert "broken.jpg" in page.text
    assert "cat.gif" in page.text
    assert db.query(Photo).count() == 2


def test_a_photo_and_its_repeat(owner: FlaskClient) -> None:
    content = jpeg(portrait(3, False))
    first = owner.post("/api/v1/photos", data={"file": (io.BytesIO(content), "a.jpg"), "person": "Ada"})
    assert first.status_code == 201
    assert first.json == {"id": 1, "status": "queued", "duplicate_of": None}
    again = owner.post("/api/v1/photos", data={"file": (io.BytesIO(content), "b.jpg")})
    assert (again.status_code, again.json["id"], again.json["duplicate_of"]) == (200, 1, 1)
    photo = owner.get("/api/v1/photos/1").json
    assert photo == {
        "id": 1, "status": "queued", "error": None, "width": 480, "height": 360, "faces": [],
        "person": "Ada", "person_id": 2,
    }  # fmt: skip


def test_answers_by_the_contract(owner: FlaskClient, client: Client, db: Session) -> None:
    faces = add_faces(db, 3)
    items = owner.get("/api/v1/queue?mode=label&limit=2").json["items"]
    assert [item["face_id"] for item in items] == [faces[0].id, faces[1].id]
    body = {"client_key": "k", "face_id": faces[0].id, "kind": "label", "label": "mask", "seconds": 0.5}
    assert owner.post("/api/v1/answers", json=body).status_code == 201
    again = owner.post("/api/v1/answers", json=body)
    assert again.status_code == 200
    assert again.json["face"]["state"] == "confirmed"
    other = client("labeller", "Bob").post(
        "/api/v1/answers", json=body | {"client_key": "b", "label": "nomask"}
    )
    assert other.status_code == 409
    assert "mask" in other.json["error"]["message"]
    undone = owner.post("/api/v1/answers", json={"client_key": "u", "kind": "undo", "face_id": faces[0].id})
    assert undone.json["item"]["label"] is None
    listed = owner.get("/api/v1/faces?limit=2").json
    assert (len(listed["items"]), listed["next"]) == (2, faces[1].id)
    assert listed["items"][0]["split"] == "train"
    assert owner.get(f"/api/v1/faces?cursor={listed['next']}").json["next"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"client_key": "k", "face_id": 1, "kind": "label", "label": "hat"}, 400),
        ({"client_key": "k", "face_id": 1, "kind": "sing"}, 422),
        ({"client_key": "k", "kind": "reject"}, 400),
        ({"client_key": "k", "face_id": 99, "kind": "reject"}, 404),
        ({"client_key": "k", "face_id": 1, "kind": "adjust", "box": [1, 2, 3]}, 422),
        ({"client_key": "k", "face_id": 1, "kind": "label", "label": "mask", "colour": "red"}, 422),
        ({"client_key": "k", "kind": "undo"}, 409),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(
    owner: FlaskClient, db: Session, body: dict, status: int
) -> None:  # type: ignore[type-arg]
    add_faces(db, 1)
    response = owner.post("/api/v1/answers", json=body)
    assert response.status_code == status, response.text
    assert response.json["error"]["message"]


def test_a_hundred_answers_may_come_at_once_but_no_more(owner: FlaskClient, db: Session) -> None:
    face = add_faces(db, 1)[0]
    answers = [
        {"client_key": f"{number}", "face_id": face.id, "kind": "label", "label": "mask"}
        for number in range(101)
    ]
    response = owner.post("/api/v1/answers/many", json={"answers": answers})
    assert response.status_code == 422
    assert db.query(Answer).count() == 0
    results = owner.post("/api/v1/answers/many", json={"answers": answers[:100]}).json["results"]
    assert len(results) == 100
    assert db.query(Answer).count() == 100


def test_broken_json_is_bad_input(owner: FlaskClient) -> None:
    response = owner.post("/api/v1/answers", data=b"{", content_type="application/json")
    assert response.status_code in (400, 422)
    assert response.json["error"]["message"]


def test_the_review_queue_carries_the_models_opinion(owner: FlaskClient, db: Session) -> None:
    faces, run = add_faces(db, 2), add_live_run(db)
    for face, mask in zip(faces, (0.8, 0.45), strict=True):
        add_score(db, run, face, mask)
    db.commit()
    items = owner.get("/api/v1/queue?mode=review").json["items"]
    assert [item["face_id"] for item in items] == [faces[1].id, faces[0].id]
    assert items[0]["prediction"] == {
        "label": "nomask", "probabilities": {"mask": 0.45, "nomask": 0.55}, "run_id": run.id,
    }  # fmt: skip
    assert items[0]["why"]["reason"] == "uncertain"


def test_training_without_labels_is_refused_with_what_is_missing(owner: FlaskClient) -> None:
    response = owner.post("/api/v1/runs", json={})
    assert response.status_code == 409
    assert "mask: 0" in response.json["error"]["message"]
    assert owner.post("/api/v1/runs", json={"recipe": {"views": 0}}).status_code == 400


def test_a_second_request_joins_the_run_that_waits_and_a_cancelled_one_is_over(
    owner: FlaskClient, client: Client, db: Session
) -> None:
    faces = add_faces(db, 8)
    for number, face in enumerate(faces):
        label = "mask" if number % 2 else "nomask"
        body = {"client_key": f"{number}", "face_id": face.id, "kind": "label", "label": label}
        assert owner.post("/api/v1/answers", json=body).status_code == 201
    first = owner.post("/api/v1/runs", json={})
    assert first.status_code == 202
    assert owner.post("/api/v1/runs", json={}).json == first.json
    run = f"/api/v1/runs/{first.json['id']}"
    assert owner.get(run).json["status"] == "queued"
    assert client("labeller", "Bob").post(f"{run}/promote").status_code == 403
    assert owner.post(f"{run}/promote").status_code == 409
    assert owner.post(f"{run}/cancel").json["status"] == "cancelled"
    assert owner.post(f"{run}/cancel").status_code == 409
    assert owner.post("/api/v1/runs", json={}).json != first.json


def test_prediction_without_a_model_says_what_to_do(owner: FlaskClient) -> None:
    response = owner.post("/api/v1/predict", data={"file": (io.BytesIO(jpeg(portrait(1, False))), "a.jpg")})
    assert response.status_code == 409
    assert "train" in response.json["error"]["hint"]


def test_stats_are_honest_about_what_is_not_known(owner: FlaskClient, db: Session) -> None:
    add_faces(db, 2)
    stats = owner.get("/api/v1/stats").json
    assert stats["faces"] == {"proposed": 2}
    assert stats["waiting"] == {"label": 2, "review": 0}
    assert stats["locked"] is None
    assert stats["locked_reason"]


def test_the_api_describes_itself(client: Client) -> None:
    spec = client().get("/api/v1/openapi.json").json
    assert spec["openapi"].startswith("3.1")
    assert "/api/v1/answers" in spec["paths"]
    docs = client().get("/api/v1/docs")
    assert docs.status_code == 200
    assert 'data-path="/api/v1/answers"' in docs.text
