"""Whoever has an answer already is not sent it again."""

from sqlalchemy.orm import Session

from tests.factories import add_faces
from tests.web.conftest import Client

READ = ("/photos", "/photos/1", "/faces", "/stats", "/people", "/tokens", "/answers", "/progress", "/quota")


def test_what_is_read_has_a_weak_etag(client: Client, db: Session) -> None:
    add_faces(db, 2)
    owner = client("owner", "Grace")
    for path in READ:
        first = owner.get(f"/api/v1{path}")
        assert first.headers["ETag"].startswith('W/"'), path
        again = owner.get(f"/api/v1{path}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert again.headers["Cache-Control"] == "no-store"


def test_another_answer_has_another_etag(client: Client, db: Session) -> None:
    (face,) = add_faces(db, 1)
    owner = client("owner")
    before = owner.get("/api/v1/faces").headers["ETag"]
    owner.post("/api/v1/answers", json={"client_key": "a", "kind": "reject", "face_id": face.id})
    assert owner.get("/api/v1/faces", headers={"If-None-Match": before}).status_code == 200


def test_taking_from_the_queue_and_refusals_have_none(client: Client) -> None:
    owner = client("owner")
    for path in ("/queue", "/agreed", "/photos/99"):
        assert "ETag" not in owner.get(f"/api/v1{path}").headers
