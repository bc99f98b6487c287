"""What is deleted while somebody changes it: a conflict in words, not a fault."""

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Person, Photo, Token
from db.session import session_scope
from db.storage import blobs
from labeller.photos.decode import decode
from labeller.uploads import intake, turn_photo
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client


def receive(db: Session) -> Photo:
    photo = intake.receive(db, jpeg(portrait(1, False)), None).photo
    photo.status = "ready"
    db.commit()
    return photo


def test_a_photo_that_is_deleted_while_it_is_turned(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, photo = client("owner", "Ada"), receive(db)

    def delete_and_decode(*arguments: Any) -> Any:
        with session_scope() as session:
            session.execute(delete(Photo))
            session.commit()
        return decode(*arguments)

    monkeypatch.setattr(turn_photo, "decode", delete_and_decode)
    answer = owner.post(f"/api/v1/photos/{photo.id}/turn", json={"degrees": 90})
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "gone_meanwhile"
    assert "deleted meanwhile" in answer.json["error"]["message"]


def test_a_photo_of_somebody_who_is_deleted_while_it_is_sent(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeller = client("labeller", "Bo")

    def delete_and_decode(*arguments: Any) -> Any:
        with session_scope() as session:
            session.execute(delete(Token))
            session.execute(delete(Person).where(Person.name == "Bo"))
            session.commit()
        return decode(*arguments)

    monkeypatch.setattr(intake, "decode", delete_and_decode)
    answer = labeller.post("/api/v1/photos", data={"file": (BytesIO(jpeg(portrait(1, False))), "a.jpg")})
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "gone_meanwhile"
    db.rollback()
    assert db.scalars(select(Photo)).all() == []


def test_a_photo_whose_files_are_gone(client: Client, db: Session) -> None:
    owner, photo = client("owner", "Ada"), receive(db)
    for key in (photo.blob, photo.view_blob):
        blobs().delete(key)
    shown = owner.get(f"/photos/{photo.id}/small.jpg")
    turned = owner.post(f"/api/v1/photos/{photo.id}/turn", json={"degrees": 90})
    assert [shown.status_code, turned.status_code] == [404, 404]
    assert turned.json["error"]["code"] == "file_missing"
    assert "flask fsck" in turned.json["error"]["hint"]
