"""The pages beside the bench: a dispute settled side by side, classes edited, the photos' boxes in turn."""

from flask import Flask
from sqlalchemy.orm import Session

from db.base import now
from db.models import Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.people import people
from tests.clients import csrf_token, get_page, sign_in
from tests.factories import add_faces, add_second_answer
from tests.web.conftest import Client


def test_a_dispute_is_settled_on_its_page_unless_somebody_answered_meanwhile(app: Flask, db: Session) -> None:
    ada, bob, cleo = (people.new_person(db, name, "labeller") for name in ("Ada", "Bob", "Cleo"))
    faces = add_faces(db, 2)
    for face in faces:
        record_answer(db, ada, AnswerInput(f"hers {face.id}", "label", face.id, "mask"))
        add_second_answer(db, bob, face, "nomask")
    db.commit()
    page = sign_in(app, cleo)
    shown = get_page(page, "/agreement")
    assert "2 faces that people disagree about" in shown
    assert all(name in shown for name in ("Ada", "Bob"))
    seen_at = shown.split('name="seen_at" value="')[1].split('"')[0]
    form = {"csrf_token": csrf_token(page, "/agreement"), "seen_at": seen_at, "answer": "label:mask"}

    assert page.post(f"/agreement/{faces[0].id}", data={**form, "answer": ""}).status_code == 400
    assert page.post(f"/agreement/{faces[0].id}", data=form).location == "/agreement"
    record_answer(db, bob, AnswerInput("bob again", "reject", faces[1].id, seen_at=now()))
    db.commit()
    refused = page.post(f"/agreement/{faces[1].id}", data=form)
    assert (refused.status_code, "Bob" in refused.text) == (409, True)
    for face in faces:
        db.refresh(face)
    assert [(face.state, face.disputed) for face in faces] == [("confirmed", False), ("rejected", False)]
    assert "0 faces that people disagree about" in get_page(page, "/agreement")


def test_a_labeller_sees_no_record_but_their_own(client: Client, app: Flask, db: Session) -> None:
    ada, bob = (people.new_person(db, name, "labeller") for name in ("Ada", "Bob"))
    for person, face in zip((ada, bob), add_faces(db, 2), strict=True):
        record_answer(db, person, AnswerInput(f"by {person.name}", "label", face.id, "mask"))
    db.commit()
    own = get_page(sign_in(app, ada), "/agreement")
    assert "Ada" in own
    assert "Bob" not in own
    assert "Bob" in get_page(client("owner", "Grace"), "/agreement")


def test_classes_are_edited_and_taken_back(app: Flask, db: Session) -> None:
    page = sign_in(app, people.owner(db))
    db.commit()
    form = {"csrf_token": csrf_token(page, "/classes"), "what": "add", "to": "scarf"}
    assert page.post("/classes", data=form).location == "/classes"
    assert "scarf" in get_page(page, "/label")
    again = page.post("/classes", data=form)
    assert (again.status_code, "already" in again.text) == (400, True)
    assert page.post("/classes", data={**form, "what": "burn"}).status_code == 400
    undo = get_page(page, "/classes").split('action="/classes/undo/')[1].split('"')[0]
    assert page.post(f"/classes/undo/{undo}", data=form).location == "/classes"
    assert "scarf" not in get_page(page, "/label")


def test_the_boxes_go_from_one_incomplete_photo_to_the_next(client: Client, db: Session) -> None:
    first, second = (add_faces(db, 2)[0].photo_id for _ in range(2))
    labeller = client("labeller", "Ada")
    assert labeller.get("/boxes").location == f"/boxes/{first}"
    assert labeller.get(f"/boxes?after={first}").location == f"/boxes/{second}"
    assert labeller.get(f"/boxes?after={second}").location == f"/boxes/{first}", "round again"
    assert "2 photos left" in get_page(labeller, f"/boxes/{first}")
    for photo in (first, second):
        refused = labeller.put(f"/api/v1/photos/{photo}/complete")
        assert (refused.status_code, refused.json["left"]) == (409, 2)
        assert labeller.put(f"/api/v1/photos/{photo}/complete?reject_left=true").status_code == 204
    assert "Every photo is complete" in get_page(labeller, "/boxes")
    assert labeller.delete(f"/api/v1/photos/{second}/complete").status_code == 204
    assert db.get_one(Photo, second).completed_at is None
    assert labeller.get("/boxes").location == f"/boxes/{second}"
