"""Asking the live model: nothing of the photo stays, and two who ask of one do not disturb each other."""

import pytest
from sqlalchemy.orm import Session

from db.errors import Unavailable
from db.models import Prediction
from db.storage import blobs
from labeller.detection import predictions
from labeller.detection.predictions import request_prediction, wait_for_prediction
from labeller.uploads import intake
from tests.factories import add_live_run
from tests.pictures import jpeg, portrait


def test_two_predictions_and_a_photo_of_the_same_pixels_share_a_blob_until_the_last_is_gone(
    db: Session,
) -> None:
    add_live_run(db)
    sent = jpeg(portrait(5, False))
    first, second = (request_prediction(db, sent) for _ in range(2))
    db.commit()
    first.status = "done"
    db.flush()
    assert wait_for_prediction(db, first) is first
    db.commit()
    assert blobs().has(second.blob), "the other still needs it"
    second.status = "done"
    db.flush()
    wait_for_prediction(db, second)
    db.commit()
    assert not blobs().has(second.blob)
    third = request_prediction(db, sent)
    photo = intake.receive(db, sent, None).photo
    third.status = "done"
    db.flush()
    wait_for_prediction(db, third)
    db.commit()
    assert blobs().has(photo.blob)


def test_a_prediction_that_nobody_answers_ends_in_words_and_leaves_nothing(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "SECONDS", 0.2)
    add_live_run(db)
    asked = request_prediction(db, jpeg(portrait(6, False)))
    db.commit()
    with pytest.raises(Unavailable, match="in time"):
        wait_for_prediction(db, asked)
    assert db.query(Prediction).count() == 0
    assert not blobs().has(asked.blob)
