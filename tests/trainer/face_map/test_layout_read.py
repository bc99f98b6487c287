"""Which faces belong on the map, and when it is complete."""

import pytest
from sqlalchemy.orm import Session

from db.models import Photo, Spot
from tests.factories import add_faces
from trainer.face_map import layout_read


def place_all(db: Session) -> int:
    ids, _ = layout_read.faces_on_map(db)
    db.add_all(Spot(face_id=id, x=0.0, y=0.0) for id in ids)
    db.commit()
    return len(ids)


def test_a_hidden_box_that_somebody_confirmed_is_on_the_map(db: Session) -> None:
    confirmed, proposed, *_ = add_faces(db, 12)
    confirmed.hidden, confirmed.state = True, "confirmed"
    proposed.hidden = True
    db.commit()
    ids, _ = layout_read.faces_on_map(db)
    assert confirmed.id in ids
    assert proposed.id not in ids


def test_a_map_is_complete_although_more_faces_are_counted_than_shown(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout_read, "MAX_FACES", 20)
    monkeypatch.setattr(layout_read, "NEWEST", 5)
    add_faces(db, 15)
    unready = db.get_one(Photo, add_faces(db, 10)[0].photo_id)
    unready.status = "queued"
    db.commit()
    assert layout_read.progress(db).stale
    assert place_all(db) == 15
    assert layout_read.progress(db) == layout_read.MapProgress(15, 15, 15)
    unready.status = "ready"
    db.commit()
    assert layout_read.progress(db).stale
