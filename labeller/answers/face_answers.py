"""A face with its row locked, and its answers."""

from collections.abc import Sequence

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from db.classes import Classes
from db.models import STANDING, Answer, AssignedFace, Assignment, Face, Pick, Run, Score
from labeller.answers.aggregate import apply_answers
from labeller.errors import NotFound


def lock_face(session: Session, face_id: int) -> Face:
    """The face with its row locked until the commit. Raises NotFound."""
    # Writing first locks the row on both engines.
    updated = session.execute(update(Face).where(Face.id == face_id).values(version=Face.version + 1))
    assert isinstance(updated, CursorResult)
    if updated.rowcount == 0:
        raise NotFound("no_such_face", "There is no such face.", "Its photo may have been deleted.")
    return session.get_one(Face, face_id, populate_existing=True)


def standing_answers(session: Session, face: Face) -> list[Answer]:
    """The face's answers that nobody took back, oldest first."""
    query = select(Answer).where(Answer.face_id == face.id, STANDING)
    return list(session.scalars(query.order_by(Answer.id)))


def settle(session: Session, face: Face, answers: Sequence[Answer], current: Classes) -> None:
    """Set the face's columns from its standing answers, oldest first, and whether review may still ask."""
    before = face.decided_at
    apply_answers(face, answers, current)
    session.flush()
    _settle_assignments(session, face, answers)
    if before == face.decided_at:
        return
    may_ask = face.decided_at is None or (before is not None and face.decided_at < before)
    scores = update(Score).where(Score.face_id == face.id, Score.open != may_ask)
    if not may_ask:  # a run that ended later may disagree
        scores = scores.where(Score.run_id.in_(select(Run.id).where(Run.finished_at <= face.decided_at)))
    picks = update(Pick).where(Pick.face_id == face.id, Pick.open != may_ask)
    for one in (scores, picks):
        session.execute(one.values(open=may_ask), execution_options={"synchronize_session": False})


def _settle_assignments(session: Session, face: Face, answers: Sequence[Answer]) -> None:
    """Close the face where it was assigned before its latest opinion, whoever gave that; else open it."""
    listed = select(Assignment.id, Assignment.created_at).join(AssignedFace)
    opinions = [one for one in answers if one.kind in ("label", "reject", "unsure")]
    for id, assigned_at in session.execute(listed.where(AssignedFace.face_id == face.id)):
        last = opinions[-1] if opinions and opinions[-1].created_at > assigned_at else None
        row = AssignedFace.assignment_id == id, AssignedFace.face_id == face.id
        values = {"open": last is None, "answered_by": last and last.person_id}
        session.execute(update(AssignedFace).where(*row).values(values))
