"""Inserting rows for faces that may have been erased meanwhile."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.face_rows import insert_for_faces
from db.models import Embedding
from tests.factories import add_faces


def test_rows_are_inserted_once_and_only_for_faces_that_exist(db: Session) -> None:
    face = add_faces(db, 1)[0]
    rows = [
        {"face_id": id, "box_version": 1, "backbone": "b", "view": view, "vector": b"v"}
        for id, view in ((face.id, 0), (face.id + 1, 0), (face.id, 1))
    ]
    insert_for_faces(db, Embedding, rows)
    insert_for_faces(db, Embedding, rows)
    db.commit()
    assert db.execute(select(Embedding.face_id, Embedding.view)).all() == [(face.id, 0), (face.id, 1)]
