"""Faces that were picked come first, each with its reason, and go when they are answered."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Face, Outcome, Person, Pick, Run, Score, Workbench
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.people.people import new_person
from labeller.queue import picks
from labeller.queue.items import Item
from labeller.queue.next_faces import next_faces
from tests.factories import add_faces


def live(db: Session, faces: list[Face], margins: list[float]) -> Run:
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", metrics={}, finished_at=now())
    db.add(run)
    db.flush()
    db.add(Workbench(id=1, live_run_id=run.id))
    for face, margin in zip(faces, margins, strict=True):
        chances = [(1 + margin) / 2, (1 - margin) / 2]
        db.add(
            Score(
                run_id=run.id,
                face_id=face.id,
                box_version=1,
                probabilities=chances,
                label="mask",
                margin=margin,
            )
        )
    for face in faces:
        face.photo.group.split = "train"
    db.commit()
    return run


def pick(db: Session, face: Face, reason: str, run: Run | None, rank: int = 1, **detail: str) -> None:
    db.add(Pick(face_id=face.id, run_id=run.id if run else None, reason=reason, rank=rank, detail=detail))
    db.commit()


def queue(db: Session, mode: str, limit: int = 10) -> list[Item]:
    person = db.scalar(select(Person).where(Person.name == "Lea")) or new_person(db, "Lea", "labeller")
    return next_faces(db, person, mode, limit).items


def test_picks_are_served_before_what_is_merely_less_sure(db: Session) -> None:
    faces = add_faces(db, 6)
    run = live(db, faces, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    pick(db, faces[5], "control", run, 1)
    pick(db, faces[3], "weak_class", run, 2, label="nomask")
    served = queue(db, "review", 3)
    assert [item.face.id for item in served] == [faces[0].id, faces[3].id, faces[5].id], "by margin"
    assert [item.reason for item in served] == ["uncertain", "weak", "control"]
    assert served[1].values == {"label": "nomask"}


def test_an_answered_pick_does_not_come_back(db: Session) -> None:
    faces = add_faces(db, 2)
    run = live(db, faces, [0.1, 0.2])
    pick(db, faces[1], "control", run)
    person = new_person(db, "L", "labeller")
    record_answer(db, person, AnswerInput("a", "label", faces[1].id, "mask"))
    db.commit()
    assert [item.face.id for item in queue(db, "review")] == [faces[0].id]


def test_picks_of_another_model_are_not_served(db: Session) -> None:
    faces = add_faces(db, 3)
    run = live(db, faces, [0.1, 0.2, 0.3])
    other = Run(recipe={}, seed=0, classes=[1, 2], status="done")
    db.add(other)
    db.flush()
    pick(db, faces[2], "control", other)
    assert [item.reason for item in queue(db, "review")] == ["uncertain"] * 3
    assert run.id != other.id


def test_what_was_chosen_by_hand_comes_first_and_once_even_if_it_was_answered(db: Session) -> None:
    faces = add_faces(db, 3)
    live(db, faces, [0.1, 0.2, 0.9])
    person = new_person(db, "L", "labeller")
    record_answer(db, person, AnswerInput("a", "label", faces[2].id, "mask"))
    faces[2].decided_at = now() - timedelta(minutes=1)
    db.commit()
    pick(db, faces[2], "chosen", None)
    (first,) = queue(db, "review", 1)
    assert (first.face.id, first.reason) == (faces[2].id, "typical")
    record_answer(db, person, AnswerInput("b", "label", faces[2].id, "nomask", seen_at=now()))
    db.commit()
    assert faces[2].id not in [item.face.id for item in queue(db, "review")]


def test_a_chosen_face_that_was_answered_counts_as_remaining(db: Session) -> None:
    faces = add_faces(db, 2)
    live(db, faces, [0.1, 0.9])
    person = new_person(db, "L", "labeller")
    for face in faces:
        record_answer(db, person, AnswerInput(f"a{face.id}", "label", face.id, "mask"))
        face.decided_at = now() - timedelta(minutes=1)
    db.commit()
    assert next_faces(db, person, "review", 10).remaining == 0
    pick(db, faces[1], "chosen", None)
    assert next_faces(db, person, "review", 10).remaining == 1


def test_without_a_model_the_typical_faces_come_first(db: Session) -> None:
    faces = add_faces(db, 4)
    pick(db, faces[2], "typical", None, 1)
    pick(db, faces[3], "control", None, 2)
    served = queue(db, "label")
    assert [item.face.id for item in served] == [faces[2].id, faces[3].id, faces[0].id, faces[1].id]
    assert [item.reason for item in served] == ["typical", "control", "typical", "typical"]


def test_hidden_proposals_come_only_when_they_are_sampled(db: Session) -> None:
    faces = add_faces(db, 3)
    run = live(db, faces, [0.1, 0.2, 0.3])
    faces[0].hidden = faces[1].hidden = faces[0].doubtful = faces[1].doubtful = True
    db.commit()
    assert [item.face.id for item in queue(db, "label")] == [faces[2].id]
    assert [item.face.id for item in queue(db, "review")] == [faces[2].id]
    pick(db, faces[1], "box", run)
    assert [item.face.id for item in queue(db, "review")] == [faces[1].id, faces[2].id]


def test_suspects_are_still_mixed_in_among_picks(db: Session) -> None:
    faces = add_faces(db, 8)
    run = live(db, faces, [0.1 * n for n in range(8)])
    run.started_at = now()
    faces[7].label, faces[7].state, faces[7].decided_at, faces[7].waiting = (
        "mask",
        "confirmed",
        now() - timedelta(hours=1),
        False,
    )
    db.add(
        Outcome(
            run_id=run.id,
            face_id=faces[7].id,
            part="fold",
            truth=1,
            label=2,
            probabilities=[0.1, 0.9],
            label_probability=0.1,
            group_id=1,
        )
    )
    for face in faces[:7]:
        pick(db, face, "uncertain", run, face.id)
    assert "suspect" in [item.reason for item in queue(db, "review", 6)]


def test_the_composition_says_what_waits_and_what_came_of_it(db: Session) -> None:
    faces = add_faces(db, 5)
    run = live(db, faces, [0.1, 0.2, 0.3, 0.4, 0.5])
    for face in faces[:4]:
        pick(db, face, "uncertain", run, face.id)
    pick(db, faces[4], "control", run, 9)
    person = new_person(db, "L", "labeller")
    for key, face, kind, label in (
        ("a", faces[0], "label", "mask"),
        ("b", faces[1], "label", "nomask"),
        ("c", faces[2], "reject", None),
    ):
        record_answer(db, person, AnswerInput(key, kind, face.id, label))
    db.commit()
    assert picks.counts_by_reason(db, run) == [
        picks.ReasonCounts("uncertain", waiting=1, answered=3, agreed=1, rejected=1),
        picks.ReasonCounts("control", waiting=1, answered=0, agreed=0, rejected=0),
    ]
