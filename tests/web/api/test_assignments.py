"""Assignments over JSON and on the pages."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Face, Person
from labeller.people import people
from tests.clients import get_page, post_form, sign_in
from tests.factories import add_faces
from tests.web.conftest import Client


@pytest.fixture
def faces(db: Session) -> list[Face]:
    return add_faces(db, 3)


def person(db: Session, name: str) -> int:
    return db.scalars(select(Person.id).where(Person.name == name)).one()


def test_the_owner_assigns_and_the_labeller_answers(client: Client, db: Session, faces: list[Face]) -> None:
    owner, ada = client("owner", "Grace"), client("labeller", "Ada")
    body = {"person": person(db, "Ada"), "name": "Scarves", "face_ids": [face.id for face in faces[:2]]}
    made = owner.post("/api/v1/assignments", json=body)
    assert made.status_code == 201, made.text
    assert (made.json["state"], made.json["total"], made.json["left_out"]) == ("open", 2, 0)
    id = made.json["id"]
    queue = ada.get(f"/api/v1/queue?assignment={id}&limit=5").json
    assert [item["face_id"] for item in queue["items"]] == [face.id for face in faces[:2]]
    assert queue["items"][0]["why"] == {"reason": "assigned", "text": "Assigned to you: Scarves."}
    answer = {"client_key": "a", "face_id": faces[0].id, "kind": "label", "label": "mask"}
    assert ada.post("/api/v1/answers", json=answer).status_code == 201
    seen = owner.get(f"/api/v1/assignments/{id}").json
    assert (seen["answered"], seen["by"]) == (1, [{"person": "Ada", "faces": 1}])
    assert [one["id"] for one in ada.get("/api/v1/assignments").json["items"]] == [id]
    assert owner.post(f"/api/v1/assignments/{id}/withdraw").json["state"] == "withdrawn"
    assert ada.get(f"/api/v1/queue?assignment={id}").status_code == 404


def test_one_source_is_needed_and_only_owners_assign(client: Client, db: Session, faces: list[Face]) -> None:
    owner, ada = client("owner", "Grace"), client("labeller", "Ada")
    for body in ({}, {"face_ids": [1], "tag": 1}, {"face_ids": []}):
        assert owner.post("/api/v1/assignments", json={"person": 1, **body}).status_code == 422
    assert owner.post("/api/v1/assignments", json={"person": 1, "tag": 9}).status_code == 404
    assert ada.post("/api/v1/assignments", json={"person": 1, "face_ids": [1]}).status_code == 403


def test_the_pages_show_it_to_both(client: Client, db: Session, faces: list[Face]) -> None:
    grace, ada = people.owner(db), people.new_person(db, "Ada", "labeller")
    db.commit()
    owner, labeller = sign_in(client().application, grace), sign_in(client().application, ada)
    assert "then assign what it chooses" in get_page(owner, "/assignments")
    form = {"id": str(faces[0].id), "assign_to": str(ada.id), "assign_name": "Scarves", "back": "/gallery?"}
    assert post_form(owner, "/gallery", "/gallery/assign", **form).status_code == 302
    page = get_page(owner, "/assignments")
    assert "Scarves" in page
    assert "0 of 1 answered" in page
    home = get_page(labeller, "/")
    assert "Assigned to you: 0 of 1 answered" in home
    assert "/label?assignment=1" in home
    assert 'data-query="assignment=1"' in get_page(labeller, "/label?assignment=1")
    assert owner.get("/label?assignment=1").status_code == 404
    assert "Assigned to you" not in get_page(owner, "/")
    assert post_form(owner, "/assignments", "/assignments/1/withdraw").status_code == 302
    assert "Assigned to you" not in get_page(labeller, "/")
