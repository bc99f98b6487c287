"""Notes over JSON and on the pages."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from db.models import Face
from tests.clients import get_page
from tests.factories import add_faces
from tests.web.conftest import Client


@pytest.fixture
def face(db: Session) -> Face:
    return add_faces(db, 1)[0]


def add(client: FlaskClient, face: Face, text: str, **more: int) -> int:
    response = client.post(f"/api/v1/faces/{face.id}/comments", json={"text": text, **more})
    assert response.status_code == 201, response.text
    return int(response.json["id"])


def test_two_people_talk_about_a_face_and_resolve_it(client: Client, db: Session, face: Face) -> None:
    ada, owner = client("labeller", "Ada"), client("owner", "Grace")
    note = add(ada, face, "Is this a <b>scarf</b>?")
    add(owner, face, "Yes", answers=note)
    (seen,) = owner.get(f"/api/v1/faces/{face.id}/comments").json["items"]
    assert (seen["text"], seen["person"], seen["mine"]) == ("Is this a <b>scarf</b>?", "Ada", False)
    assert [(one["text"], one["mine"]) for one in seen["answers"]] == [("Yes", True)]
    assert seen["photo_id"] == face.photo_id
    (card,) = ada.get("/api/v1/queue?limit=1").json["items"]
    assert card["notes"] == 1
    assert "Is this a &lt;b&gt;scarf&lt;/b&gt;?" in get_page(owner, "/comments")
    assert owner.post(f"/api/v1/comments/{note}/resolve").status_code == 200
    assert "scarf" not in get_page(owner, "/comments")
    assert "scarf" in get_page(owner, "/comments?state=resolved")
    assert owner.get("/api/v1/comments?state=open").json == {"items": [], "next": None}
    assert ada.post(f"/api/v1/comments/{note}/reopen").status_code == 200
    assert "1 open note" in get_page(owner, f"/photos/{face.photo_id}")


def test_refusals_are_told_apart(client: Client, db: Session, face: Face) -> None:
    ada, bob = client("labeller", "Ada"), client("labeller", "Bob")
    note = add(ada, face, "Look")
    refused = bob.delete(f"/api/v1/comments/{note}")
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "not_yours")
    assert ada.delete(f"/api/v1/comments/{note}").status_code == 204
    assert ada.delete(f"/api/v1/comments/{note}").status_code == 404
    blank = ada.post(f"/api/v1/faces/{face.id}/comments", json={"text": "  "})
    assert (blank.status_code, blank.json["error"]["code"]) == (400, "bad_comment")
    assert ada.post("/api/v1/faces/999/comments", json={"text": "x"}).status_code == 404
    assert client("friend", "Eve").get("/api/v1/comments").status_code == 403
