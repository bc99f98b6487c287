"""Who may delete a photo: the owner, whoever sent it and, if a friend, whoever it shows."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from db.models import Person, Photo
from labeller.people import people
from labeller.uploads import intake
from tests.clients import csrf_token, sign_in
from tests.pictures import jpeg, portrait


@pytest.fixture
def owner(db: Session) -> Person:
    return people.owner(db)


@pytest.fixture
def bob(db: Session) -> Person:
    return people.new_person(db, "Bob", "labeller")


def add_photo(db: Session, uploaded_by: Person) -> Photo:
    photo = intake.receive(db, jpeg(portrait(1, False)), uploaded_by).photo
    photo.status = "ready"
    db.commit()
    return photo


def delete_by_api(client: FlaskClient, photo: Photo) -> int:
    headers = {"X-CSRFToken": csrf_token(client, "/mine")}
    return client.delete(f"/api/v1/photos/{photo.id}", headers=headers).status_code


def delete_by_page(client: FlaskClient, photo: Photo) -> int:
    form = {"csrf_token": csrf_token(client, "/mine")}
    return client.post(f"/photos/{photo.id}/delete", data=form).status_code


def photo_exists(db: Session, photo_id: int) -> bool:
    db.expire_all()
    return db.get(Photo, photo_id) is not None


def test_a_labeller_may_not_delete_a_photo_that_somebody_else_sent(
    app: Flask, db: Session, owner: Person, bob: Person
) -> None:
    photo = add_photo(db, owner)
    client = sign_in(app, bob)
    assert delete_by_api(client, photo) == 403
    assert delete_by_page(client, photo) == 403
    db.refresh(photo)
    assert photo.status == "ready"


def test_a_labeller_may_delete_a_photo_that_they_sent(app: Flask, db: Session, bob: Person) -> None:
    photo_id = add_photo(db, bob).id
    assert delete_by_api(sign_in(app, bob), db.get_one(Photo, photo_id)) == 204
    assert not photo_exists(db, photo_id)


def test_the_owner_may_delete_a_photo_that_somebody_else_sent(
    app: Flask, db: Session, owner: Person, bob: Person
) -> None:
    photo_id = add_photo(db, bob).id
    assert delete_by_page(sign_in(app, owner), db.get_one(Photo, photo_id)) == 302
    assert not photo_exists(db, photo_id)
