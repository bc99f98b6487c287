"""Scores of faces under the live run."""

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Run, Score
from tests.factories import add_live_run, draw_face
from tests.pictures import jpeg, portrait

pytestmark = pytest.mark.slow


def test_a_moved_box_is_scored_again_and_no_other_face_is(db: Session) -> None:
    from labeller.answers.answer_input import AnswerInput
    from labeller.answers.record import record_answer
    from labeller.people import people
    from labeller.uploads import intake
    from trainer.features import backbone
    from trainer.models.head import Head
    from trainer.runs import score

    owner = people.owner(db)
    photo = intake.receive(db, jpeg(portrait(7, True)), owner).photo
    photo.status = "ready"
    faces = [draw_face(db, owner, photo, (x, 40, 120, 120)) for x in (20, 200)]
    run = add_live_run(db)
    kernel = np.random.default_rng(0).normal(scale=0.05, size=(backbone.FEATURES, 2)).astype(np.float32)
    run.head, run.backbone = Head(kernel, np.zeros(2, np.float32)).as_dict(), backbone.backbone_id()
    db.commit()
    cancelled = Run(recipe={}, seed=0, classes=[1, 2], status="cancelled")
    db.add(cancelled)
    db.flush()
    values = {"box_version": 1, "probabilities": [1, 0], "label": "mask", "margin": 1.0}
    db.add(Score(run_id=cancelled.id, face_id=faces[0].id, **values))
    db.commit()
    assert score.score_new_faces(db) == 2
    assert set(db.scalars(select(Score.run_id))) == {run.id}, "scores of the cancelled run are deleted"
    before = {row.face_id: row.probabilities for row in db.query(Score)}
    assert score.score_new_faces(db) == 0
    record_answer(db, owner, AnswerInput("move", "adjust", faces[0].id, box=(60, 90, 100, 100)))
    db.commit()
    assert score.score_new_faces(db) == 1
    db.expire_all()
    after = {row.face_id: row for row in db.query(Score)}
    assert after[faces[0].id].box_version == faces[0].box_version
    assert after[faces[0].id].probabilities != before[faces[0].id]
    assert after[faces[1].id].probabilities == before[faces[1].id]
