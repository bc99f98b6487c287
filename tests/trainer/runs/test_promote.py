"""Which model is live, going back, and the scores that belong to it."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import now
from db.messages import message, sentence
from db.models import Event, Run, Score
from labeller.people import people
from tests.labelled import add_labelled_faces, live_run_id
from trainer.errors import NoModel
from trainer.runs import promote, requests


def done(db: Session) -> Run:
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", finished_at=now(), head={"kernel": []})
    db.add(run)
    db.flush()
    return run


def score(db: Session, run: Run, face_id: int) -> None:
    row = {"box_version": 1, "probabilities": [1, 0], "label": "mask", "margin": 1.0}
    db.add(Score(run_id=run.id, face_id=face_id, **row))
    db.flush()


def scored(db: Session) -> set[int]:
    return set(db.scalars(select(Score.run_id).distinct()))


def test_going_back_is_one_step_and_keeps_the_scores(db: Session) -> None:
    face, owner = add_labelled_faces(db, 1)[0], people.owner(db)
    first, second, third = (done(db) for _ in range(3))
    for run in (first, second, third):
        score(db, run, face.id)
        promote.make_live(db, run, message("newer"))
        promote.delete_old_scores(db)
    assert live_run_id(db) == third.id
    assert scored(db) == {second.id, third.id}
    back = requests.roll_back(db, owner)
    db.commit()
    assert back.id == second.id == live_run_id(db)
    assert "back from run" in str(back.reason)
    assert scored(db) == {second.id, third.id}
    assert requests.roll_back(db, owner).id == third.id, "and forth"


def test_there_may_be_nothing_to_go_back_to(db: Session) -> None:
    with pytest.raises(NoModel):
        requests.roll_back(db, people.owner(db))


def test_a_reason_given_by_hand_is_kept(db: Session) -> None:
    run = done(db)
    requests.promote(db, run, people.owner(db), " the camera changed ")
    assert run.reason is not None
    assert sentence(db, run.reason) == "Chosen by Owner: the camera changed"
    people.rename(db, people.owner(db), "Grace", people.owner(db))
    assert sentence(db, run.reason) == "Chosen by Grace: the camera changed"
    waiting = Run(recipe={}, seed=0, classes=[1, 2])
    db.add(waiting)
    db.flush()
    with pytest.raises(NoModel):
        requests.promote(db, waiting, people.owner(db))


def test_a_run_at_work_keeps_its_scores(db: Session) -> None:
    face = add_labelled_faces(db, 1)[0]
    old, live = done(db), done(db)
    working = Run(recipe={}, seed=0, classes=[1, 2], status="running")
    db.add(working)
    db.flush()
    promote.make_live(db, live, message("first"))
    for run in (old, live, working):
        score(db, run, face.id)
    promote.delete_old_scores(db)
    assert scored(db) == {live.id, working.id}
    assert db.scalar(select(func.count()).select_from(Score)) == 2


def test_each_switch_is_an_event_with_the_run_before_and_who_did_it(db: Session) -> None:
    first, second, owner = done(db), done(db), people.owner(db)
    promote.make_live(db, first, message("first"))
    promote.make_live(db, second, message("better"), owner)
    promote.make_live(db, second, message("again"), owner)
    db.flush()
    events = db.scalars(select(Event).where(Event.kind == "promoted").order_by(Event.id)).all()
    assert [(event.person_id, event.detail) for event in events] == [
        (None, {"run": first.id, "before": None, "reason": message("first")}),
        (owner.id, {"run": second.id, "before": first.id, "reason": message("better")}),
        (owner.id, {"run": second.id, "before": first.id, "reason": message("again")}),
    ]
    assert (first.promoted, second.promoted) == (True, True)
    assert (first.reason, second.reason) == (message("first"), message("again"))
