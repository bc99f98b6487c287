"""A photo that lies on its side: its friend turns it with one click, as long as nobody has answered."""

import io

from sqlalchemy.orm import Session

from db.models import Photo
from tests.clients import get_page
from tests.labelled import sqlite_only
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client

pytestmark = sqlite_only


def test_a_friend_turns_a_photo_that_seems_to_lie_on_its_side(client: Client, db: Session) -> None:
    friend = client("friend", "Ada")
    sent = friend.post("/api/v1/photos", data={"file": (io.BytesIO(jpeg(portrait(1, False))), "a.jpg")})
    photo = db.get_one(Photo, sent.json["id"])
    photo.status = "ready"
    db.commit()
    assert "Turn photo" not in get_page(friend, "/mine")
    photo.turn = 90
    db.commit()
    assert "on its side?" in get_page(friend, "/mine")
    photo.turn = 180
    db.commit()
    assert "upside down?" in get_page(friend, "/upload")
    stranger = client("friend", "Bob")
    assert stranger.post(f"/photos/{photo.id}/turn", data={"degrees": "90"}).status_code == 404
    assert friend.post(f"/photos/{photo.id}/turn", data={"degrees": "sideways"}).status_code == 400
    assert friend.post(f"/photos/{photo.id}/turn", data={"degrees": "90"}).status_code == 302
    db.refresh(photo)
    assert (photo.width, photo.height, photo.turn, photo.status) == (360, 480, 0, "queued")
    assert friend.post(f"/api/v1/photos/{photo.id}/turn", json={"degrees": 90}).status_code == 409
    assert friend.post(f"/api/v1/photos/{photo.id}/turn", json={"degrees": 45}).status_code == 422
    assert f"photos/{photo.id}/small.jpg?v=90" in get_page(friend, "/mine"), "no picture from the cache"
