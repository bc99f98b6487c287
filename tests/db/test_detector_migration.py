"""A database of before 0009, with 300 photos, 500 answers and scores of the box head, keeps all that
people said."""

import functools
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from db.base import now
from db.migrate import upgrade
from db.models import Answer, DetectorPass, Embedding, Face, Photo, Run, Workbench
from labeller.detection import again_requests, detect_again, detectors
from labeller.detection.photo_look import PhotoLook
from labeller.photos.box import Box
from tests.db.raw_rows import insert_row
from tests.detector_stubs import SaysBoxes, detection

pytestmark = pytest.mark.slow
PHOTOS, ANSWERS = 300, 500


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """A database of the former version, upgraded."""
    upgrade("0008", on=empty_engine)
    with empty_engine.begin() as connection:
        fill(connection)
    upgrade(on=empty_engine)
    return empty_engine


def box(number: int) -> list[float]:
    """The box of a photo's first, second or third face."""
    return [10.0 + 100 * number, 20, 60, 70]


def fill(connection: Connection) -> None:
    """Three faces a photo: the first labelled, most second ones rejected, the third never answered."""

    insert = functools.partial(insert_row, connection)
    insert("person", id=1, name="Ada", role="owner", created_at=now(), link_version=1)
    insert("group", id=1, split="train")
    insert("run", id=1, recipe={}, seed=0, phase="done", progress=1, classes=[1, 2], curve=[], log=[],
           promoted=True, box_head={"weights": [0.1]}, erased=0, created_at=now(), status="done",
           attempt=1)  # fmt: skip
    insert("workbench", id=1, live_run_id=1, train_after=0, likely_at=0.7, hidden_at=0.3)
    answers = 0
    for photo in range(1, PHOTOS + 1):
        insert("photo", id=photo, blob="b", view_blob="v", width=400, height=300, dhash=b"x", group_id=1,
               created_at=now() - timedelta(days=1), status="ready", attempt=1)  # fmt: skip
        for number in range(3):
            face, is_answered = 3 * photo + number, number < 2 and answers < ANSWERS
            state = ("confirmed", "rejected", "proposed")[number] if is_answered else "proposed"
            label = "mask" if state == "confirmed" else None
            x, y, w, h = box(number)
            insert("face", id=face, photo_id=photo, x=x, y=y, w=w, h=h, box_version=1, source="mtcnn",
                   confidence=0.9 - 0.2 * number, confidence_again=0.5, chance=0.8, proposed_box=box(number),
                   state=state, label=label, doubtful=number == 2, hidden=False, disputed=False, wanted=1,
                   opinions=int(is_answered), waiting=not is_answered, gold=False, version=0,
                   decided_at=now() if is_answered else None)  # fmt: skip
            if is_answered:
                answers += 1
                kind = "label" if label else "reject"
                insert("answer", client_key=f"k{face}", face_id=face, person_id=1, kind=kind, label=label,
                       informed=False, created_at=now())  # fmt: skip
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval('face_id_seq', (SELECT max(id) FROM face))"))
    for view in (0, -1):
        insert("embedding", face_id=3, box_version=1, backbone="b", view=view, vector=b"12")


def said(db: Session) -> list[tuple[int, Box, str, str | None]]:
    """What people said of each face that they answered."""
    faces = db.query(Face).where(Face.decided_at.is_not(None)).order_by(Face.id)
    return [(face.id, face.box, face.state, face.label) for face in faces]


@pytest.mark.full_size
def test_every_answer_is_kept_and_looking_again_loses_and_doubles_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[Box, float]] = [
        ((12, 22, 58, 68), 0.9),
        ((112, 20, 60, 72), 0.6),
        ((212, 22, 58, 68), 0.5),
        ((320, 200, 40, 50), 0.8),
    ]
    stub = SaysBoxes("centerface", [])
    seen = PhotoLook([detection(at, confidence) for at, confidence in found], 0, 0.03)
    monkeypatch.setattr(detectors, "load", lambda name: stub)
    monkeypatch.setattr(detect_again, "look_at", lambda detector, photo: seen)
    with Session(engine, expire_on_commit=False) as db:
        before = said(db)
        assert (len(before), db.query(Answer).count(), db.query(Face).count()) == (
            ANSWERS,
            ANSWERS,
            3 * PHOTOS,
        )
        assert db.query(Run).one().id == 1
        assert [row.view for row in db.query(Embedding)] == [0], "those of the box head are gone"
        workbench = db.get_one(Workbench, 1)
        assert (workbench.likely_threshold, workbench.hidden_threshold) == (None, None)
        old = db.get_one(DetectorPass, (7, "mtcnn"))
        assert old.boxes == [[*box(number), pytest.approx(0.9 - 0.2 * number)] for number in range(3)]

        again_requests.request(db, None, only_unanswered=False)
        db.commit()
        while again_requests.progress(db).left:
            detect_again.go_on(db)
        db.expire_all()
        assert said(db) == before
        assert db.query(Answer).count() == ANSWERS
        assert db.query(Face).count() == 4 * PHOTOS, "one new face a photo"
        for photo in db.query(Photo).where(Photo.id.in_((1, 150, PHOTOS))):
            assert [face.box for face in photo.faces] == [*(tuple(box(n)) for n in range(3)), found[3][0]]
            assert [face.source for face in photo.faces] == ["centerface"] * 4
            assert not photo.faces[2].doubtful, "the new detector is sure of it"
