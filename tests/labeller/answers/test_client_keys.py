"""Client keys that say where an answer comes from."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Answer, Person
from labeller.answers.client_keys import (
    batch_key,
    dataset_key,
    folder_key,
    is_from_folder,
    is_imported,
    is_in_batch,
    new_batch,
    undo_key,
)
from tests.factories import add_faces


def test_a_key_tells_folders_batches_and_undos_apart(db: Session, ada: Person) -> None:
    (face,) = add_faces(db, 1)
    batch = new_batch()
    keys = {
        "folder": folder_key(face.photo, face),
        "dataset": dataset_key(face.photo, face.box, "label mask"),
        "batch": batch_key(batch, face.id),
        "other batch": batch_key(new_batch(), face.id),
        "undo": undo_key(),
    }
    for key in keys.values():
        db.add(Answer(client_key=key, face_id=face.id, person_id=ada.id, kind="unsure"))
    db.flush()
    assert db.scalars(select(Answer.client_key).where(is_from_folder())).all() == [keys["folder"]]
    imported = db.scalars(select(Answer.client_key).where(is_imported()).order_by(Answer.id)).all()
    assert imported == [keys["folder"], keys["dataset"]]
    assert db.scalars(select(Answer.client_key).where(is_in_batch(batch))).all() == [keys["batch"]]


def test_a_batch_with_a_wildcard_in_its_name_matches_nothing_else(db: Session, ada: Person) -> None:
    (face,) = add_faces(db, 1)
    db.add(Answer(client_key=batch_key("batch-1", face.id), face_id=face.id, person_id=ada.id, kind="unsure"))
    db.flush()
    assert db.scalars(select(Answer.client_key).where(is_in_batch("batch-%"))).all() == []
