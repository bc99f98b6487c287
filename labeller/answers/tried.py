"""Keeping a photo that a model was tried on, with the right answers where the model was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.errors import Forbidden
from db.models import Face, Person, Photo, Run
from labeller.answers.answer_input import AnswerInput
from labeller.answers.client_keys import tried_key
from labeller.answers.record import record_answer
from labeller.errors import NotFound, unknown_class
from labeller.people.trying import require_may_try
from labeller.photos.box import Box, overlap
from labeller.photos.same_face import is_same_face
from labeller.queue import leases


@dataclass(frozen=True)
class Correction:
    """What is right at a box (x, y, w, h) in pixels of the upright photo: a class, or None for no face."""

    box: Box
    label: str | None


@dataclass(frozen=True)
class Tried:
    """The run whose model was tried, and where it was wrong."""

    run_id: int
    corrections: Sequence[Correction]
    client_key: str
    """The same when the request is sent again."""


def require_tried(session: Session, person: Person, tried: Tried) -> None:
    """Check what can be checked before the photo is stored. Raises Forbidden, NotFound, BadAnswer."""
    require_may_try(session, person)
    if tried.corrections and person.role == "friend":
        hint = "Keep the photo without them: somebody who labels will answer it."
        raise Forbidden("may_not_correct", "Friends may keep a photo, but not say what is right.", hint)
    if session.scalar(select(Run.status).where(Run.id == tried.run_id)) != "done":
        raise NotFound("no_such_run", "There is no such run, or it is not done.", "Choose another model.")
    current = classes.read(session)
    for one in tried.corrections:
        if one.label is not None and current.find(one.label) is None:
            raise unknown_class(one.label, current.names)


def keep_tried(session: Session, person: Person, photo: Photo, tried: Tried) -> list[Face]:
    """Mark a stored photo as one that a run was tried on, and answer the faces of the corrections.

    Returns these faces. Safe to repeat. Raises BadAnswer for a box too small or outside the photo, and
    AnsweredMeanwhile if somebody else is just answering the face.
    """
    faces = [
        _correct(session, person, photo, one, tried_key(tried.client_key, number))
        for number, one in enumerate(tried.corrections)
    ]
    photo.tried_run_id = tried.run_id
    session.flush()
    return faces


def _correct(session: Session, person: Person, photo: Photo, given: Correction, key: str) -> Face:
    """Answer the face that the photo has there, or draw it; a detector that looks later confirms it."""
    box = _within(given.box, photo)
    face = _face_at(session, photo, box)
    if face is None:
        drawn = AnswerInput(key, "draw", photo_id=photo.id, box=box, label=given.label)
        face = record_answer(session, person, drawn)[0].face
        key = f"{key}:kind"
    if _is_answered_so(session, face, given.label):
        return face
    if face.opinions > 1 or face.decided_by not in (None, person.id):
        # The answers of others were not shown: this is one more opinion.
        face.opinions_wanted = face.opinions + 1
        leases.take(session, person, [face.id], blind=True)
    kind = "label" if given.label else "reject"
    return record_answer(session, person, AnswerInput(key, kind, face.id, given.label))[0].face


def _within(box: Box, photo: Photo) -> Box:
    """The part of the box that lies in the photo: detectors' boxes may reach beyond its edge."""
    x, y, w, h = box
    left, top = max(0.0, x), max(0.0, y)
    return (left, top, min(x + w, photo.width) - left, min(y + h, photo.height) - top)


def _face_at(session: Session, photo: Photo, box: Box) -> Face | None:
    """The face of the photo whose box fits best, if one is of the same face."""
    faces = session.scalars(select(Face).where(Face.photo_id == photo.id).order_by(Face.id))
    same = [face for face in faces if is_same_face(box, face.box)]
    return max(same, key=lambda face: overlap(box, face.box), default=None)


def _is_answered_so(session: Session, face: Face, label: str | None) -> bool:
    if label is None:
        return face.state == "rejected"
    return face.state == "confirmed" and face.label == classes.read(session).find(label)
