"""Tags and saved filters over JSON."""

from sqlalchemy.orm import Session

from tests.factories import add_faces
from tests.web.conftest import Client


def test_tags_over_json(client: Client, db: Session) -> None:
    labeller, owner = client("labeller", "Bob"), client("owner", "Grace")
    first, second = add_faces(db, 2)
    body = {"name": " night ", "face_ids": [first.id], "photo_ids": [first.photo_id]}
    put = [labeller.put("/api/v1/tags", json=body).json for _ in range(2)]
    assert [one["changed"] for one in put] == [2, 0]
    id = put[0]["id"]
    assert labeller.get("/api/v1/tags").json["items"] == [
        {"id": id, "name": "night", "photos": 1, "faces": 1}
    ]
    faces = labeller.get(f"/api/v1/faces?tag={id}").json["items"]
    assert [(face["id"], face["tags"]) for face in faces] == [(first.id, ["night"]), (second.id, [])]
    assert [photo["id"] for photo in owner.get(f"/api/v1/photos?tag={id}").json["items"]] == [first.photo_id]
    assert labeller.get(f"/api/v1/photos/{first.photo_id}/tags").json == {
        "photo": ["night"], "faces": {str(first.id): ["night"]},
    }  # fmt: skip
    off = labeller.put(f"/api/v1/tags/{id}/off", json={"photo_ids": [first.photo_id]})
    assert off.json["changed"] == 1
    assert owner.put(f"/api/v1/tags/{id}", json={"name": "dark"}).status_code == 204
    assert owner.delete(f"/api/v1/tags/{id}").status_code == 204
    gone = labeller.put(f"/api/v1/tags/{id}/off", json={})
    assert (gone.status_code, gone.json["error"]["code"]) == (404, "no_such_tag")


def test_filters_over_json(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    add_faces(db, 2)
    made = owner.post("/api/v1/filters", json={"name": "Open", "state": "proposed", "since": "2026-01-01"})
    assert made.status_code == 201
    saved = made.json
    assert (saved["view"], saved["state"], saved["since"], saved["tag"]) == (
        "faces", "proposed", "2026-01-01", None,
    )  # fmt: skip
    again = owner.post("/api/v1/filters", json={"name": "open "})
    assert (again.status_code, again.json["error"]["code"]) == (409, "name_taken")
    assert owner.put(f"/api/v1/filters/{saved['id']}", json={"name": "Still open"}).status_code == 204
    assert [one["name"] for one in owner.get("/api/v1/filters").json["items"]] == ["Still open"]
    sent = owner.post("/api/v1/review", json={"saved_filter": saved["id"]})
    assert sent.json == {"sent": 2, "locked": 0, "waiting": 0, "gone": 0, "more": False}
    both = owner.post("/api/v1/review", json={"saved_filter": saved["id"], "filter": {}})
    assert (both.status_code, both.json["error"]["code"]) == (400, "several_sources")
    assert owner.post("/api/v1/filters", json={"name": "x", "since": "1200-01-01"}).status_code == 422
    assert owner.delete(f"/api/v1/filters/{saved['id']}").status_code == 204
    assert owner.post("/api/v1/review", json={"saved_filter": saved["id"]}).status_code == 404
