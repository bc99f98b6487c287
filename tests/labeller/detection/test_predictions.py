"""Asking a model about a photo: nothing of the photo stays, and nobody waits for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.errors import Unavailable
from db.models import Prediction, PredictionBatch
from db.predictions import FOLDER
from db.storage import blobs
from labeller.detection import predictions
from labeller.detection.prediction_batches import delete_batch, get_batch, request_batch
from labeller.detection.predictions import read_photo, request_prediction, wait_for_prediction
from labeller.errors import BadPhoto, NotFound, PhotoTooLarge, TooManyOpen
from labeller.people import people
from labeller.photos.pixels import Pixels
from tests.answering import FACE, answering
from tests.factories import add_live_run
from tests.hostile_files import REFUSED_FILES
from tests.pictures import jpeg, portrait

SMALL = Pixels(bytes(20 * 30 * 3), (20, 30), None, 20, 30)
PHOTO = jpeg(portrait(5, False))


def stored() -> int:
    return len(blobs().list_named(FOLDER))


def test_an_answer_leaves_no_row_and_no_file(db: Session) -> None:
    run = add_live_run(db)
    asked = request_prediction(db, run, read_photo(PHOTO))
    db.commit()
    assert stored() == 1
    with answering(FACE):
        assert wait_for_prediction(db, asked).faces == [FACE]
    assert (db.query(Prediction).count(), stored()) == (0, 0)


def test_a_prediction_that_nobody_answers_ends_in_words_and_leaves_nothing(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "SECONDS", 0.05)
    asked = request_prediction(db, add_live_run(db), SMALL)
    db.commit()
    with pytest.raises(Unavailable, match="in time"):
        wait_for_prediction(db, asked)
    assert (db.query(Prediction).count(), stored()) == (0, 0)


def test_more_photos_than_may_wait_are_refused_at_once(db: Session) -> None:
    run = add_live_run(db)
    db.add_all(
        Prediction(run_id=run.id, deadline=now() + timedelta(minutes=1)) for _ in range(predictions.MOST_OPEN)
    )
    db.commit()
    with pytest.raises(Unavailable) as refused:
        request_prediction(db, run, SMALL)
    assert refused.value.code == "predictions_busy"
    db.execute(update(Prediction).values(deadline=now()))  # their senders have given up
    request_prediction(db, run, SMALL)


def test_one_bad_file_never_stops_the_others(db: Session) -> None:
    run, owner = add_live_run(db), people.owner(db)
    files = [("one.jpg", PHOTO), ("cat.gif", REFUSED_FILES["animated gif"][0]), ("two.jpg", PHOTO)]
    batch = request_batch(db, run, owner, files)
    db.commit()
    items = get_batch(db, batch.id, owner).items
    assert [(item.name, item.status) for item in items] == [
        ("one.jpg", "queued"), ("cat.gif", "failed"), ("two.jpg", "queued")
    ]  # fmt: skip
    assert items[1].error is not None
    assert set(items[1].error) == {"code", "message", "hint"}
    assert stored() == 2


def test_a_batch_is_bounded_and_its_senders_own(db: Session) -> None:
    run, owner = add_live_run(db), people.owner(db)
    other = people.new_person(db, "Ada", "labeller")
    bad = ("empty.jpg", b"")
    with pytest.raises(BadPhoto):
        request_batch(db, run, owner, [])
    with pytest.raises(PhotoTooLarge):
        request_batch(db, run, owner, [bad] * 65)
    batches = [request_batch(db, run, owner, [bad]) for _ in range(4)]
    with pytest.raises(TooManyOpen):
        request_batch(db, run, owner, [bad])
    request_batch(db, run, other, [bad])
    with pytest.raises(NotFound):
        get_batch(db, batches[0].id, other)
    delete_batch(db, batches[0])
    request_batch(db, run, owner, [bad])


def test_a_deleted_batch_leaves_no_file(db: Session) -> None:
    owner = people.owner(db)
    batch = request_batch(db, add_live_run(db), owner, [("a.jpg", PHOTO)])
    db.commit()
    delete_batch(db, get_batch(db, batch.id, owner))
    assert (db.query(Prediction).count(), stored()) == (0, 0)


def test_after_an_hour_a_batch_is_gone(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = people.owner(db)
    batch = request_batch(db, add_live_run(db), owner, [("a.jpg", PHOTO)])
    db.commit()
    predictions.tidy(db)
    assert (stored(), db.query(Prediction).count()) == (1, 1)
    db.execute(update(PredictionBatch).values(created_at=now() - timedelta(hours=2)))
    with pytest.raises(NotFound):
        get_batch(db, batch.id, owner)
    monkeypatch.setattr(predictions, "KEPT", timedelta(0))
    predictions.tidy(db)
    assert (stored(), db.query(Prediction).count()) == (0, 0)


def test_what_a_killed_process_has_left_is_tidied_away(db: Session) -> None:
    request_prediction(db, add_live_run(db), SMALL)
    db.execute(update(Prediction).values(deadline=now() - timedelta(minutes=2)))
    predictions.tidy(db)
    assert db.scalars(select(Prediction)).all() == []
