"""Answers: append-only, undone by marking, idempotent by client key; a face is what its answers say."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Answer, Face, Lease, Person, Photo
from db.settings import settings
from labeller.errors import AnsweredMeanwhile, BadAnswer, NotFound, NothingToUndo
from labeller.intake import unknown_class

Box = tuple[float, float, float, float]
KINDS = ("label", "reject", "adjust", "unsure", "undo")
SMALLEST_BOX = 4.0


@dataclass(frozen=True)
class Given:
    """An answer as it came in; `box` is (x, y, w, h) in photo pixels."""

    client_key: str
    kind: str
    face_id: int | None = None
    label: str | None = None
    box: Box | None = None
    seconds: float | None = None
    seen_at: datetime | None = None
    """When the face was shown as it was answered; without it the lease says so."""


def record(session: Session, person: Person, given: Given) -> tuple[Answer, bool]:
    """Apply an answer; returns it and whether it is new (False: this key was applied before).

    An undo without a face takes back the person's last answer, whichever it was. Raises BadAnswer,
    NotFound, NothingToUndo, and AnsweredMeanwhile when another person answered since this one looked.
    """
    if (known := _known(session, person, given.client_key)) is not None:
        return known, False
    face = lock_face(session, given.face_id if given.face_id is not None else _last_face(session, person))
    if (known := _known(session, person, given.client_key)) is not None:  # the twin held the lock before us
        return known, False
    _check(given, face)
    past = _effective(session, face)
    answer = Answer(
        client_key=given.client_key,
        face_id=face.id,
        person_id=person.id,
        kind=given.kind,
        label=given.label,
        box=list(given.box) if given.box else None,
        seconds=given.seconds,
    )
    if given.kind == "undo":
        _undo(past, person)
    else:
        _refuse_if_answered_meanwhile(session, past, face, person, given.seen_at)
    session.add(answer)
    session.flush()
    fold(face, _effective(session, face))
    session.flush()
    return answer, True


def record_batch(
    session: Session, person: Person, face_ids: Sequence[int], kind: str, label: str | None, seen_at: datetime
) -> tuple[str, int, int]:
    """One answer for each of many faces; returns the key to undo them with, how many, and how many not.

    Left out is what somebody else answered since `seen_at`, and what is gone. Raises BadAnswer.
    """
    batch = f"batch-{uuid.uuid4().hex}"
    done = 0
    for face_id in sorted(set(face_ids)):  # one order for all, so that two batches never wait for each other
        try:
            record(session, person, Given(f"{batch}:{face_id}", kind, face_id, label, seen_at=seen_at))
            done += 1
        except (AnsweredMeanwhile, NotFound):
            continue
    return batch, done, len(set(face_ids)) - done


def undo_batch(session: Session, person: Person, batch: str) -> int:
    """Take back what still stands of the person's batch; returns how many."""
    key = Answer.client_key
    mine = Answer.person_id == person.id, key.startswith(f"{batch}:", autoescape=True)
    given = select(Answer.face_id).where(*mine, Answer.undone_at.is_(None)).order_by(Answer.face_id)
    face_ids = session.scalars(given).all()
    for face_id in face_ids:
        face = lock_face(session, face_id)
        answer = session.scalars(select(Answer).where(key == f"{batch}:{face_id}")).one()
        answer.undone_at = answer.undone_at or now()
        session.flush()
        fold(face, _effective(session, face))
    return len(face_ids)


def draw(session: Session, person: Person, photo: Photo, box: Box, label: str | None) -> Face:
    """A face the detector missed, drawn by hand; with a label it is answered at once."""
    if label is not None and label not in settings().classes:
        raise unknown_class(label)
    _check_box(box, photo)
    x, y, w, h = box
    face = Face(photo_id=photo.id, x=x, y=y, w=w, h=h, proposed_box=list(box), source="human", doubtful=False)
    session.add(face)
    session.flush()
    if label is not None:
        record(session, person, Given(uuid.uuid4().hex, "label", face.id, label))
    return face


def label_by_folder(session: Session, face: Face, photo: Photo) -> None:
    """The answer that an import folder gives for its photo's obvious face."""
    key = f"folder:{photo.sha256}:{face.id}"
    session.add(
        Answer(
            client_key=key,
            face_id=face.id,
            person_id=photo.uploaded_by,
            kind="label",
            label=photo.folder_label,
        )
    )
    session.flush()
    fold(face, _effective(session, face))


def fold(face: Face, effective: Sequence[Answer]) -> None:
    """Set the face's box, state and label to what its answers, oldest first, amount to."""
    boxes = [answer.box for answer in effective if answer.box]
    box = tuple(boxes[-1] if boxes else face.proposed_box)
    if box != face.box:
        face.x, face.y, face.w, face.h = box
        face.box_version += 1  # embeddings and scores of the old box no longer match
    decisive = [
        answer for answer in effective if answer.kind in ("label", "reject", "unsure") or answer.label
    ]
    last = decisive[-1] if decisive else None
    face.label = last.label if last and last.kind != "reject" else None
    face.state = "confirmed" if face.label else "rejected" if last and last.kind == "reject" else "proposed"
    face.decided_by = last.person_id if last else None
    face.decided_at = last.created_at if last else None
    said = {answer.person_id: answer.label or answer.kind for answer in decisive if answer.kind != "unsure"}
    face.disputed = len(set(said.values())) > 1


def lock_face(session: Session, face_id: int) -> Face:
    """The face with its row locked until the commit: writing first locks on both engines."""
    touched = session.execute(update(Face).where(Face.id == face_id).values(version=Face.version + 1))
    assert isinstance(touched, CursorResult)
    if touched.rowcount == 0:
        raise NotFound("no_such_face", "There is no such face.", "Its photo may have been deleted.")
    return session.get_one(Face, face_id, populate_existing=True)


def _known(session: Session, person: Person, client_key: str) -> Answer | None:
    known = session.scalar(select(Answer).where(Answer.client_key == client_key))
    if known is not None and known.person_id != person.id:
        raise BadAnswer(
            "key_taken", "This client_key belongs to another person's answer.", "Use a random one."
        )
    return known


def _last_face(session: Session, person: Person) -> int:
    mine = select(Answer.face_id).where(
        Answer.person_id == person.id, Answer.kind != "undo", Answer.undone_at.is_(None)
    )
    last = session.scalar(mine.order_by(Answer.id.desc()).limit(1))
    if last is None:
        raise NothingToUndo("nothing_to_undo", "You have no answer left to take back.")
    return last


def _effective(session: Session, face: Face) -> list[Answer]:
    query = select(Answer).where(Answer.face_id == face.id, Answer.kind != "undo", Answer.undone_at.is_(None))
    return list(session.scalars(query.order_by(Answer.id)))


def _check(given: Given, face: Face) -> None:
    if given.kind not in KINDS:
        raise BadAnswer(
            "unknown_kind", f"There is no answer “{given.kind}”.", f"Use one of {', '.join(KINDS)}."
        )
    if (given.kind == "label") > bool(given.label):
        raise BadAnswer("label_missing", "A label answer needs a label.")
    if given.label is not None and given.label not in settings().classes:
        raise unknown_class(given.label)
    if (given.kind == "adjust") > bool(given.box):
        raise BadAnswer("box_missing", "An adjust answer needs a box.", "Send box: [x, y, w, h].")
    if given.box is not None:
        _check_box(given.box, face.photo)


def _check_box(box: Box, photo: Photo) -> None:
    x, y, w, h = box
    inside = x >= 0 and y >= 0 and x + w <= photo.width + 0.5 and y + h <= photo.height + 0.5
    if not inside or w < SMALLEST_BOX or h < SMALLEST_BOX:
        hint = f"The photo is {photo.width} × {photo.height}; a side is at least {SMALLEST_BOX:.0f} pixels."
        raise BadAnswer("bad_box", "The box lies outside the photo or is too small.", hint)


def _undo(past: Sequence[Answer], person: Person) -> None:
    mine = [answer for answer in past if answer.person_id == person.id]
    if not mine:
        raise NothingToUndo("nothing_to_undo", "You have no answer on this face to take back.")
    mine[-1].undone_at = now()


def _refuse_if_answered_meanwhile(
    session: Session, past: Sequence[Answer], face: Face, person: Person, seen_at: datetime | None
) -> None:
    theirs = [answer for answer in past if answer.person_id != person.id]
    if not theirs:
        return
    if seen_at is None:
        lease = session.get(Lease, face.id, populate_existing=True)
        seen_at = lease.seen_at if lease is not None and lease.person_id == person.id else None
    if seen_at is None or seen_at < theirs[-1].created_at:
        said = theirs[-1].label or theirs[-1].kind
        hint = "Your answer was not applied. Fetch the face again to see it and to answer after all."
        raise AnsweredMeanwhile("answered_meanwhile", f"Somebody else answered “{said}” meanwhile.", hint)
