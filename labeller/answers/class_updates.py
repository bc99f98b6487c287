"""Bringing faces and scores up to date with the classes, after these were edited."""

from collections import defaultdict

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from db import classes
from db.models import STANDING, Answer, Class, Face, Pick, Score
from db.workbench import live_run
from labeller.answers.aggregate import apply_answers

AT_ONCE = 500
"""Rows read or written by one statement."""


def update_faces(session: Session, row: Class) -> None:
    """Aggregate the answers anew of every face that has an answer of this class or of one merged into it."""
    current = classes.read(session)
    has_answer = exists().where(Answer.face_id == Face.id, Answer.label.in_(_names(session, row)))
    ids = list(session.scalars(select(Face.id).where(has_answer).order_by(Face.id)))
    for start in range(0, len(ids), AT_ONCE):
        chunk = ids[start : start + AT_ONCE]
        answers: dict[int, list[Answer]] = defaultdict(list)
        query = select(Answer).where(Answer.face_id.in_(chunk), STANDING).order_by(Answer.id)
        for answer in session.scalars(query):
            answers[answer.face_id].append(answer)
        faces = select(Face).where(Face.id.in_(chunk)).execution_options(populate_existing=True)
        for face in session.scalars(faces):
            apply_answers(face, answers[face.id], current)
        session.flush()
        for model in (Score, Pick):  # review looks at them anew
            session.execute(update(model).where(model.face_id.in_(chunk)).values(open=True))


def update_score_labels(session: Session) -> None:
    """Set the label of the live run's scores to the current name of the most probable class."""
    if (run := live_run(session)) is None:
        return
    current = classes.read(session)
    labels = current.shown(run.classes)
    changed: dict[str, list[int]] = {}
    of_run = Score.run_id == run.id
    query = select(Score.face_id, Score.probabilities, Score.label).where(of_run)
    for face_id, probabilities, old in session.execute(query):
        if (label := labels[probabilities.index(max(probabilities))]) != old:
            changed.setdefault(label, []).append(face_id)
    for label, ids in changed.items():
        for start in range(0, len(ids), AT_ONCE):
            chunk = Score.face_id.in_(ids[start : start + AT_ONCE])
            session.execute(update(Score).where(of_run, chunk).values(label=label, open=True))


def _names(session: Session, row: Class) -> list[str]:
    """The names of the class and of all classes merged into it, directly or not."""
    rows, family = list(session.scalars(select(Class))), [row]
    for member in family:
        family += [other for other in rows if other.merged_into_id == member.id]
    return [member.name for member in family]
