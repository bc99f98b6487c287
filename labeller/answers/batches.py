"""One answer for many faces, undone as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.models import Answer, Person
from labeller.answers import undo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.client_keys import batch_key, is_in_batch, new_batch, undo_key
from labeller.answers.face_answers import lock_face, settle, standing_answers
from labeller.answers.record import lock_person, record_answer
from labeller.errors import AnsweredMeanwhile, NotFound


@dataclass(frozen=True)
class BatchAnswer:
    """The answer that every face of a batch gets, and when the faces were shown."""

    kind: str
    label: str | None
    seen_at: datetime


def record_batch(
    session: Session, person: Person, face_ids: Sequence[int], answer: BatchAnswer
) -> tuple[str, int, int]:
    """Answer each of the faces; returns the batch to undo, the number answered and the number skipped.

    Skipped are faces that somebody else answered after `seen_at`, and deleted ones. Raises BadAnswer.
    """
    batch = new_batch()
    count = 0
    for face_id in sorted(set(face_ids)):  # the same order in every batch, so that two cannot deadlock
        key = batch_key(batch, face_id)
        given = AnswerInput(key, answer.kind, face_id, answer.label, seen_at=answer.seen_at)
        try:
            record_answer(session, person, given)
        except (AnsweredMeanwhile, NotFound):
            continue
        count += 1
    return batch, count, len(set(face_ids)) - count


def undo_batch(session: Session, person: Person, batch: str) -> int:
    """Take back the answers of the person's batch that still stand; returns how many."""
    lock_person(session, person)
    query = select(Answer).where(*undo.standing_of(person), is_in_batch(batch)).order_by(Answer.face_id)
    answers = session.scalars(query).all()
    current = classes.read(session)
    for answer in answers:
        face = lock_face(session, answer.face_id)
        undo.take_back(session, answer)
        session.add(
            Answer(
                client_key=undo_key(),
                kind="undo",
                undoes_id=answer.id,
                face_id=face.id,
                person_id=person.id,
            )
        )
        session.flush()
        settle(session, face, standing_answers(session, face), current)
    return len(answers)
