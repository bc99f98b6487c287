"""What the owner does: invite, look after people, go through the gallery."""

import io
import re
import zipfile

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Face, Invite, Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.erasure.finish import finish_pending
from labeller.people import credentials, people
from labeller.uploads import intake
from tests.clients import csrf_token, sign_in
from tests.factories import add_faces, draw_face
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client


def see(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.text


def test_a_link_is_made_with_its_code_listed_and_revoked(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    form = {"role": "friend", "days": "3", "uses": "5", "note": "the climbing group"}
    page = owner.post("/people/invite", data=form).text
    link = re.search(r'value="http://localhost(/i/[^"]+)"', page)
    assert link is not None
    assert '<svg class="segno"' in page or "<svg" in page.partition('class="qr"')[2]
    assert "It works for 5 people" in page
    listed = see(owner, "/people")
    assert "the climbing group" in listed
    assert link[1] not in listed, "shown only when it is made"
    assert client().get(link[1]).status_code == 200
    made = db.scalars(select(Invite)).one()
    assert owner.post(f"/people/invites/{made.id}/revoke").location == "/people"
    assert "revoked" in see(owner, "/people")
    assert client().get(link[1]).status_code == 403
    refused = owner.post("/people/invite", data={"role": "friend", "uses": "5000"})
    assert refused.status_code == 400
    assert "1 to 1000 people" in refused.text


def test_a_person_is_renamed_merged_exported_and_erased(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    ada, twice = people.new_person(db, "Ada", "friend"), people.new_person(db, "Ada 2", "friend")
    intake.receive(db, jpeg(portrait(1, False)), ada, ada)
    intake.receive(db, jpeg(portrait(2, False)), twice, twice)
    db.commit()
    page = see(owner, f"/people/{ada.id}")
    assert "Ada 2" in page
    assert "1 photos" in page
    owner.post(f"/people/{ada.id}/rename", data={"name": "Ada L."})
    assert "Ada L." in see(owner, "/people")
    assert owner.post(f"/people/{ada.id}/rename", data={"name": " "}).status_code == 400
    assert owner.post(f"/people/{twice.id}/merge", data={"into": str(ada.id)}).location == f"/people/{ada.id}"
    assert "2 photos" in see(owner, f"/people/{ada.id}")
    assert "2 photos" in see(owner, f"/people/{twice.id}"), "an old address leads to who they are now"
    archive = zipfile.ZipFile(io.BytesIO(owner.get(f"/people/{ada.id}/everything.zip").data))
    assert len(archive.namelist()) == 3
    before = credentials.personal_link(ada)
    owner.post(f"/people/{ada.id}/link")
    db.refresh(ada)
    assert credentials.personal_link(ada) != before
    assert owner.post(f"/people/{ada.id}/erase").location == "/people"
    assert "Ada" not in see(owner, "/people")
    assert owner.get(f"/people/{ada.id}").status_code == 404
    finish_pending(db)
    assert db.query(Photo).count() == 0
    assert [one["name"] for one in owner.get("/api/v1/people").json["items"]] == ["Grace"]
    last = owner.delete("/api/v1/people/1")
    assert (last.status_code, last.json["error"]["code"]) == (400, "last_owner")


def test_the_gallery_filters_pages_and_keeps_its_filter(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    faces = add_faces(db, 70)
    page = see(owner, "/gallery?state=proposed&look=")
    assert page.count('name="id"') == 60
    older = re.search(r'href="(/gallery\?[^"]+)">Show older', page)
    assert older is not None
    assert "state=proposed" in older[1]
    assert see(owner, older[1].replace("&amp;", "&")).count('name="id"') == 10
    for odd in ("endpoint=x", "_method=PATCH", "_scheme=javascript&_external=1", "values=1", "_anchor=a"):
        assert 'href="/gallery?' in see(owner, f"/gallery?{odd}"), odd
    assert "Nothing fits" in see(owner, "/gallery?label=mask")
    assert see(owner, "/gallery?view=photos").count('name="id"') == 1
    ada = people.new_person(db, "Ada", "friend")
    db.commit()
    of_ada = see(owner, f"/gallery?person={ada.id}&state=proposed")
    assert re.findall(r"<option [^>]*selected>([^<]+)", of_ada) == ["Ada", "proposed"]
    assert owner.get("/gallery?look=blue").status_code == 400
    assert owner.get("/gallery?since=yesterday").status_code == 400
    assert f"/photos/{faces[0].photo_id}" in page


def test_bulk_answers_in_the_browser_can_be_undone(client: Client, db: Session) -> None:
    client("owner", "Grace")
    owner = sign_in(client().application, people.owner(db))
    faces = add_faces(db, 3)
    page = see(owner, "/gallery?state=proposed")
    seen_at = re.search(r'name="seen_at" value="([^"]+)"', page)
    assert seen_at is not None
    token = csrf_token(owner, "/gallery")
    form = {"csrf_token": token, "back": "/gallery?state=proposed", "seen_at": seen_at[1]}
    chosen = form | {"id": [face.id for face in faces[:2]], "answer": "label:mask"}
    done = owner.post("/gallery/answer", data=chosen)
    assert done.location == "/gallery?state=proposed"
    shown = see(owner, done.location)
    assert "2 faces answered." in shown
    assert shown.count('name="id"') == 1
    batch = re.search(r'name="batch" value="([^"]+)"', shown)
    assert batch is not None
    undone = owner.post("/gallery/undo", data=form | {"batch": batch[1]})
    assert "2 answers undone." in see(owner, undone.location)
    db.expire_all()
    assert {face.state for face in db.scalars(select(Face))} == {"proposed"}
    record_answer(db, people.new_person(db, "Bob", "labeller"), AnswerInput("b", "reject", faces[0].id))
    db.commit()
    stale = owner.post("/gallery/answer", data=chosen)
    assert "1 face answered. 1 unchanged" in see(owner, stale.location)
    assert owner.post("/gallery/answer", data=chosen | {"seen_at": ""}).status_code == 400
    assert owner.post("/gallery/answer", data=form | {"back": "//evil.example?x"}).location == "/gallery?x="


def test_bulk_deletion_can_be_undone_for_a_while(client: Client, db: Session) -> None:
    client("owner", "Grace")
    owner = sign_in(client().application, people.owner(db))
    photo = add_faces(db, 1)[0].photo
    form = {"csrf_token": csrf_token(owner, "/gallery"), "back": "/gallery?view=photos", "id": str(photo.id)}
    shown = see(owner, owner.post("/gallery/erase", data=form).location)
    assert "1 photo deleted." in shown
    assert "Nothing fits" in shown
    assert owner.get(f"/photos/{photo.id}").status_code == 404
    back = see(owner, owner.post("/gallery/restore", data=form).location)
    assert "1 photo restored." in back
    assert owner.get(f"/photos/{photo.id}").status_code == 200
    assert "Too late" in see(owner, owner.post("/gallery/restore", data=form).location)


def test_a_photos_page_shows_its_history_and_repeats(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    picture = portrait(3, False)
    one = intake.receive(db, jpeg(picture), people.owner(db)).photo
    two = intake.receive(db, jpeg(picture, quality=50), people.owner(db)).photo
    face = draw_face(db, people.owner(db), one, (10, 10, 90, 90), "mask")
    db.commit()
    page = see(owner, f"/photos/{one.id}")
    for words in ("History", "sent", f"face {face.id}: mask", "Near duplicates", f"/photos/{two.id}"):
        assert words in page
    for path in (f"/photos/{one.id}/small.jpg", f"/faces/{face.id}/thumb.jpg"):
        assert owner.get(path).mimetype == "image/jpeg"
        assert owner.get(path).data == owner.get(path).data, "made once"
