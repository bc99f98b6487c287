"""What `flask fsck` finds, and what it removes."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db import integrity
from db.base import now
from db.models import Embedding
from db.storage import blobs
from labeller.uploads import intake
from tests.factories import add_faces, add_run_trained_on
from tests.pictures import jpeg, portrait


@pytest.fixture
def a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "now", lambda: now() + timedelta(days=1, minutes=1))


@pytest.mark.usefixtures("a_day_later")
def test_files_that_nothing_names_are_removed(db: Session) -> None:
    photo = intake.receive(db, jpeg(portrait(1, True)), None).photo
    run = add_run_trained_on(db, add_faces(db, 1))
    blobs().put_named("thumb/7/1.jpg", b"a thumbnail")
    unused = blobs().put(b"of a photo whose row never came")
    (line,) = integrity.remove_unused_blobs(db)
    assert line.startswith(f"file {unused[:16]}")
    assert not blobs().has(unused)
    assert all(blobs().has(key) for key in (photo.blob, photo.view_blob, str(run.manifest), "thumb/7/1.jpg"))


def test_a_file_whose_row_may_still_come_is_kept(db: Session) -> None:
    young = blobs().put(b"of a photo that is being received")
    assert list(integrity.remove_unused_blobs(db)) == []
    assert blobs().has(young)


def test_empty_short_and_impossible_data_is_named(db: Session) -> None:
    photo = intake.receive(db, jpeg(portrait(1, True)), None).photo
    photo.status = "ready"
    (face,) = add_faces(db, 1)
    for view, vector in enumerate((b"", b"\0" * 100, b"\xff" * 2560, b"\0" * 2560)):
        db.add(Embedding(face_id=face.id, box_version=1, backbone="b", view=view, vector=vector))
    db.commit()
    blobs().delete(photo.view_blob)
    problems = list(integrity.find_problems(db))
    assert f"photo {photo.id}: its file {photo.view_blob[:16]} is gone" in problems
    damaged = [problem for problem in problems if "features" in problem]
    assert [problem.split(";")[0] for problem in damaged] == [
        f"face {face.id}: its features of view {view} are damaged" for view in (0, 1, 2)
    ]
