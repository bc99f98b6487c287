"""Recording answers: append-only, undone by a mark, idempotent by client key."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from db import classes
from db.classes import Classes
from db.models import SHOWN, Answer, Face, Person
from labeller.answers import undo
from labeller.answers.answer_input import AnswerInput, bounded, check_answer, is_informed
from labeller.answers.boxes import check_box
from labeller.answers.face_answers import lock_face, settle, standing_answers
from labeller.errors import BadAnswer, NotFound
from labeller.photos.access import get_photo
from labeller.queue import leases


def record_answer(session: Session, person: Person, answer: AnswerInput) -> tuple[Answer, bool]:
    """Apply an answer; returns its row and whether it is new (False: this client key was applied before).

    An undo or redo without a face takes back the person's last answer or undo on any face.
    Raises BadAnswer, NotFound, NothingToUndo, and AnsweredMeanwhile if somebody else answered after the
    person was shown the face.
    """
    if (recorded := _recorded(session, person, answer.client_key)) is not None:
        return recorded, False
    answer = bounded(answer)
    lock_person(session, person)
    if (recorded := _recorded(session, person, answer.client_key)) is not None:  # a second request was faster
        return recorded, False
    current = classes.read(session)
    answer = check_answer(_with_drawn_face(session, person, answer), current)
    record = _take_back if answer.kind in undo.KINDS else _add
    try:
        return record(session, person, answer, current), True
    except IntegrityError:
        session.rollback()
        if (recorded := _recorded(session, person, answer.client_key)) is None:
            raise
        return recorded, False


def _add(session: Session, person: Person, answer: AnswerInput, current: Classes) -> Answer:
    """Record an answer that says something about a face."""
    if answer.kind == "draw":
        face = _draw_face(session, answer)
    elif answer.face_id is not None:
        face = lock_face(session, answer.face_id)
    else:
        raise BadAnswer("face_missing", "This answer needs a face_id.")
    row = _row(person, answer, face)
    past = standing_answers(session, face)
    row.informed = is_informed(session, answer, person, face, past)
    session.add(row)
    if answer.kind not in ("adjust", "draw"):
        leases.drop(session, person, [face.id])
    session.flush()
    settle(session, face, [*past, row], current)
    return row


def _take_back(session: Session, person: Person, answer: AnswerInput, current: Classes) -> Answer:
    """Record an undo or a redo."""
    target = undo.find_target(session, person, answer.kind, answer.face_id)
    face = lock_face(session, target.face_id)
    row = _row(person, answer, face)
    row.undoes_id = target.id
    session.add(row)
    undo.take_back(session, target)
    leases.take(session, person, [face.id], blind=True)  # the face is shown to the person again
    session.flush()
    settle(session, face, standing_answers(session, face), current)
    return row


def _row(person: Person, answer: AnswerInput, face: Face) -> Answer:
    """The answer as a row, not yet added. Raises BadAnswer for a box that does not fit the photo."""
    if answer.box is not None:
        check_box(answer.box, face.photo)
    return Answer(
        client_key=answer.client_key,
        face_id=face.id,
        person_id=person.id,
        kind=answer.kind,
        label=answer.label,
        box=list(answer.box) if answer.box else None,
        seconds=answer.seconds,
        informed=False,
    )


def latest_answers(session: Session, person: Person, limit: int = 20, before: int = 0) -> list[Answer]:
    """The person's last standing answers, newest first, with their faces and photos loaded.

    With `before` those with a smaller id than that.
    """
    query = select(Answer).join(Answer.face).join(Face.photo).where(SHOWN, *undo.standing_of(person))
    query = query.options(contains_eager(Answer.face).contains_eager(Face.photo))
    query = query.where(Answer.id < before) if before else query
    return list(session.scalars(query.order_by(Answer.id.desc()).limit(limit)))


def lock_person(session: Session, person: Person) -> None:
    """Until the commit no other answer of this person is recorded and no class is edited."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    classes.lock(session)


def _recorded(session: Session, person: Person, client_key: str) -> Answer | None:
    """The answer with this key. Raises BadAnswer if it is another person's."""
    row = session.scalar(select(Answer).where(Answer.client_key == client_key))
    if row is not None and row.person_id != person.id:
        raise BadAnswer(
            "key_taken", "This client_key belongs to another person's answer.", "Use a random one."
        )
    return row


def _with_drawn_face(session: Session, person: Person, answer: AnswerInput) -> AnswerInput:
    """The answer with the id of the face that the person drew under `drawn_key`."""
    if answer.drawn_key is None:
        return answer
    drawn = _recorded(session, person, answer.drawn_key)
    if drawn is None:
        raise NotFound("no_such_face", "The face was not drawn.", "Draw it again.")
    return replace(answer, face_id=drawn.face_id)


def _draw_face(session: Session, answer: AnswerInput) -> Face:
    """A new face that the detector missed. Raises BadAnswer, NotFound."""
    if answer.photo_id is None or answer.box is None:
        raise BadAnswer("photo_missing", "A drawn face needs a photo_id.")
    photo = get_photo(session, answer.photo_id)
    check_box(answer.box, photo)
    x, y, w, h = box = answer.box
    face = Face(photo_id=photo.id, x=x, y=y, w=w, h=h, proposed_box=list(box), source="human", doubtful=False)
    session.add(face)
    session.flush()
    return face
