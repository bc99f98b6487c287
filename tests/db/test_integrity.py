"""What `flask fsck` finds, and what it removes."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db import integrity
from db.base import now
from db.models import Embedding, Run, Score
from db.repair import repair
from db.session import session_scope
from db.storage import blobs
from db.workbench import lock_workbench
from labeller.people import people
from labeller.photos import lost_views
from labeller.uploads import intake
from tests.factories import add_faces, add_run_trained_on, add_score, draw_face
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


def test_repair_mends_what_can_be_made_again(db: Session) -> None:
    photo = intake.receive(db, jpeg(portrait(1, True)), None).photo
    photo.status = "ready"
    face = draw_face(db, people.owner(db), photo, (10, 10, 80, 90), "mask")
    run = Run(recipe={}, seed=0, classes=[1, 2], status="cancelled")
    db.add_all([run, Embedding(face_id=face.id, box_version=1, backbone="b", view=0, vector=b"")])
    db.flush()
    add_score(db, run, face, 0.7)
    db.commit()
    blobs().delete(photo.view_blob)
    problems = list(integrity.find_problems(db))
    assert len(problems) == 3
    repaired = [*lost_views.make_again(db), *repair(db)]
    assert [line.split(":")[0] for line in repaired] == [
        f"photo {photo.id}", f"run {run.id}", f"face {face.id}"
    ]  # fmt: skip
    assert list(integrity.find_problems(db)) == []


def test_repair_deletes_no_scores_of_a_run_that_becomes_live_meanwhile(db: Session) -> None:
    run = add_run_trained_on(db, add_faces(db, 1), live=False)
    lock_workbench(db).live_run_id = run.id
    db.flush()

    def mend() -> None:
        with session_scope() as other:
            list(repair(other))

    repairing = threading.Thread(target=mend)
    repairing.start()
    repairing.join(0.5)
    assert repairing.is_alive()
    db.commit()
    repairing.join(20)
    assert not repairing.is_alive()
    assert db.query(Score).count() == 1
