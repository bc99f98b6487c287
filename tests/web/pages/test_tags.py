"""Tags and saved filters on pages."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Pick, SavedFilter
from labeller.datasets import tags
from labeller.datasets.tags import Targets
from labeller.people import people
from tests.clients import csrf_token, get_page, sign_in
from tests.factories import add_faces
from tests.web.conftest import Client


def owner(client: Client, db: Session) -> FlaskClient:
    client("owner", "Grace")
    return sign_in(client().application, people.owner(db))


def send(client: FlaskClient, path: str, back: str = "/gallery", **form: object) -> str:
    """Send a form as the gallery does; the page that follows."""
    data = {"csrf_token": csrf_token(client, "/gallery"), "back": back, **form}
    response = client.post(path, data=data)
    assert response.status_code == 302, response.text
    return get_page(client, response.location)


def test_chosen_faces_get_a_tag_and_are_found_by_it(client: Client, db: Session) -> None:
    browser, faces = owner(client, db), add_faces(db, 3)
    chosen = [face.id for face in faces[:2]]
    page = send(browser, "/gallery/tag", id=chosen, tag="night", do="on")
    assert "Tag “night” put on 2." in page
    tag = tags.find_or_add(db, "night")
    db.commit()
    assert get_page(browser, f"/gallery?tag={tag.id}").count('name="id"') == 2
    assert "taken off 1" in send(browser, "/gallery/tag", id=chosen[:1], tag="night", do="off")
    send(browser, "/gallery/tag", "/gallery?view=photos", id=[faces[0].photo_id], tag="night", do="on")
    assert "on 1 faces and 1 photos" in get_page(browser, "/tags")
    assert get_page(browser, f"/gallery?tag={tag.id}").count('name="id"') == 3
    assert "Choose what the tag is for" in send(browser, "/gallery/tag", tag="night", do="on")
    sent = send(browser, "/gallery/review", id=chosen)
    assert "2 faces go to review." in sent


def test_a_photo_shows_its_tags_and_those_of_its_faces(client: Client, db: Session) -> None:
    browser, face = owner(client, db), add_faces(db, 1)[0]
    path = f"/photos/{face.photo_id}/tags"
    send(browser, path, tag="night")
    page = send(browser, path, tag="blurred", face=face.id)
    assert re.findall(r'class="tag"[^>]*>([^<]+)', page) == ["night", "blurred"]
    page = send(browser, path, tag="night", do="off")
    assert re.findall(r'class="tag"[^>]*>([^<]+)', page) == ["blurred"]


def test_a_filter_is_saved_shown_renamed_and_deleted(client: Client, db: Session) -> None:
    browser, faces = owner(client, db), add_faces(db, 2)
    assert "Save filter" not in get_page(browser, "/gallery")
    assert "Save filter" in get_page(browser, "/gallery?state=proposed")
    faces[0].state = "rejected"
    db.commit()
    page = send(browser, "/gallery/filters", "/gallery?view=faces&state=proposed&label=", name="Open ones")
    assert page.count('name="id"') == 1
    saved = db.scalars(select(SavedFilter)).one()
    faces[0].state = "proposed"
    db.commit()
    assert get_page(browser, f"/gallery?saved={saved.id}").count('name="id"') == 2
    assert "2 faces go to review" in send(browser, "/tags/review", saved=saved.id)
    assert len(db.scalars(select(Pick)).all()) == 2
    edit = f"/gallery/filters/{saved.id}"
    assert "Still open" in send(browser, edit, name="Still open", do="rename")
    assert "is deleted" in send(browser, edit, do="delete")
    assert browser.get(f"/gallery?saved={saved.id}").status_code == 404


def test_a_tag_is_renamed_deleted_and_sent_to_review(client: Client, db: Session) -> None:
    browser, face = owner(client, db), add_faces(db, 1)[0]
    tag = tags.find_or_add(db, "night")
    tags.put_on(db, tag, Targets(faces=[face.id]))
    db.commit()
    assert "1 face goes to review" in send(browser, "/tags/review", tag=tag.id)
    assert ">dark<" in send(browser, f"/tags/{tag.id}", name="dark", do="rename")
    assert "No tags yet" in send(browser, f"/tags/{tag.id}", do="delete")
