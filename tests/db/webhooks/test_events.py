"""Which facts webhooks are told of."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import jobs
from db.models import Person, Pick, Run, Webhook, WebhookDelivery
from db.webhooks import hooks
from db.webhooks.events import EVENTS, emit
from labeller.detection import detectors
from tests.detector_stubs import LEFT, SaysBoxes, proposed_photo
from tests.factories import add_faces, add_run_trained_on
from trainer.runs import requests
from trainer.selection import review_plan


@pytest.fixture
def listening(db: Session, owner: Person) -> Webhook:
    """A webhook for all events, whose receiver nobody asks."""
    hook, _secret = hooks.add(db, hooks.Wish("https://hooks.example/", tuple(EVENTS)), owner)
    db.commit()
    return hook


def told(db: Session) -> list[tuple[str, dict[str, Any], str | None]]:
    rows = db.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    return [(one.event, json.loads(one.body)["data"], one.subject) for one in rows]


@pytest.mark.usefixtures("listening")
def test_a_photo_in_which_faces_were_looked_for(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "load", lambda name: SaysBoxes(name, [(LEFT, 0.9)]))
    photo = proposed_photo(db)
    assert told(db) == [("photo.ready", {"photo_id": photo.id}, f"photo:{photo.id}")]


@pytest.mark.usefixtures("listening")
def test_a_cancelled_run_and_one_whose_worker_died_three_times(
    db: Session, sent: list[Any], data: object
) -> None:
    first, second = (Run(recipe={}, seed=0, classes=[1, 2]) for _ in range(2))
    db.add(first)
    db.commit()
    requests.cancel(db, first)
    db.add(second)
    db.commit()
    for attempt in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(db, Run, second.id, attempt, jobs.Holder("train@here", 30))
        jobs.release(db, "train@here")
    assert told(db) == [
        ("run.done", {"run_id": first.id, "status": "cancelled"}, f"run:{first.id}"),
        ("run.done", {"run_id": second.id, "status": "failed"}, f"run:{second.id}"),
    ]


@pytest.mark.usefixtures("listening")
def test_a_model_that_an_owner_makes_live(db: Session, owner: Person) -> None:
    before = add_run_trained_on(db, add_faces(db, 2))
    run = add_run_trained_on(db, add_faces(db, 2), live=False)
    requests.promote(db, run, owner)
    promoted = {"run_id": run.id, "previous_run_id": before.id, "by_hand": True}
    assert told(db) == [("model.promoted", promoted, f"run:{run.id}")]


@pytest.mark.usefixtures("listening")
def test_faces_that_are_chosen_for_review(db: Session) -> None:
    faces = add_faces(db, 3)
    review_plan.add(db, [], None)
    review_plan.add(db, [Pick(face_id=faces[0].id, rank=1, reason="typical")], None)
    run = add_run_trained_on(db, faces)
    picks = [Pick(face_id=face.id, run_id=run.id, rank=n, reason="uncertain") for n, face in enumerate(faces)]
    review_plan.add(db, picks, run)
    db.flush()
    assert told(db) == [
        ("review.ready", {"run_id": None, "faces": 1}, None),
        ("review.ready", {"run_id": run.id, "faces": 3}, f"run:{run.id}"),
    ]


@pytest.mark.usefixtures("listening")
def test_nothing_is_written_for_what_nobody_wants(db: Session) -> None:
    db.execute(update(Webhook).values(events=["photo.ready"]))
    emit(db, "export.done", {"export_id": 3})
    db.commit()
    assert told(db) == []
