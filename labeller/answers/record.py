"""Answers: append-only, undone by marking, idempotent by client key; a face is what its answers say."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import CursorResult, false, select, update
from sqlalchemy.orm import Session, contains_eager

from db import classes
from db.models import SHOWN, STANDING, Answer, Face, Lease, Person, Photo
from labeller.answers import undo
from labeller.answers.aggregate import fold
from labeller.answers.boxes import Box, check_box
from labeller.errors import AnsweredMeanwhile, BadAnswer, NotFound, unknown_class
from labeller.photos.access import get_photo
from labeller.queue import leases

KINDS = ("label", "reject", "adjust", "unsure", "draw", "undo", "redo")


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
    """When the face was shown with what others had answered; without it the lease says so."""
    photo_id: int | None = None
    """Of a drawn face, which has no id yet."""
    drawn_key: str | None = None
    """The client_key with which the face was drawn, for whoever was not told its id yet."""


def record(session: Session, person: Person, given: Given) -> tuple[Answer, bool]:
    """Apply an answer; returns it and whether it is new (False: this key was applied before).

    An undo or redo without a face means the person's last answer or undo, whichever face it was on.
    Raises BadAnswer, NotFound, NothingToUndo, and AnsweredMeanwhile when another person answered since
    this one looked.
    """
    if (known := _known(session, person, given.client_key)) is not None:
        return known, False
    _one_at_a_time(session, person)
    if (known := _known(session, person, given.client_key)) is not None:  # its twin was before us
        return known, False
    meant = classes.read(session)
    given = _checked(_numbered(session, person, given), meant)
    taken_back = undo.target(session, person, given.kind, given.face_id)
    face = _drawn(session, given) if given.kind == "draw" else lock_face(session, _face_id(given, taken_back))
    if given.box is not None:
        check_box(given.box, face.photo)
    past = standing(session, face)
    answer = Answer(
        client_key=given.client_key,
        face_id=face.id,
        person_id=person.id,
        kind=given.kind,
        label=given.label,
        box=list(given.box) if given.box else None,
        seconds=given.seconds,
        informed=taken_back is None and _informed(session, past, face, person, given.seen_at),
        undoes_id=taken_back.id if taken_back else None,
    )
    session.add(answer)
    if taken_back is not None:
        undo.take_back(session, taken_back)
        leases.take(session, person, [face.id], blind=True)  # it is in their hand again
        session.flush()
        fold(face, standing(session, face), meant)
    else:
        if given.kind not in ("adjust", "draw"):
            leases.drop(session, person, [face.id])
        session.flush()
        fold(face, [*past, answer], meant)
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
    _one_at_a_time(session, person)
    named = Answer.client_key.startswith(f"{batch}:", autoescape=True)
    given = select(Answer).where(*undo.mine(person), named).order_by(Answer.face_id)
    answers = session.scalars(given).all()
    meant = classes.read(session)
    for answer in answers:
        face = lock_face(session, answer.face_id)
        undo.take_back(session, answer)
        key = f"undo-{uuid.uuid4().hex}"
        session.add(
            Answer(client_key=key, kind="undo", undoes_id=answer.id, face_id=face.id, person_id=person.id)
        )
        session.flush()
        fold(face, standing(session, face), meant)
    return len(answers)


def latest(session: Session, person: Person, limit: int = 20) -> list[Answer]:
    """The person's last answers that stand, newest first, with their faces."""
    mine = select(Answer).join(Answer.face).join(Face.photo).where(SHOWN, *undo.mine(person))
    mine = mine.options(contains_eager(Answer.face).contains_eager(Face.photo))
    return list(session.scalars(mine.order_by(Answer.id.desc()).limit(limit)))


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
    fold(face, standing(session, face), classes.read(session))


def lock_face(session: Session, face_id: int) -> Face:
    """The face with its row locked until the commit: writing first locks on both engines."""
    touched = session.execute(update(Face).where(Face.id == face_id).values(version=Face.version + 1))
    assert isinstance(touched, CursorResult)
    if touched.rowcount == 0:
        raise NotFound("no_such_face", "There is no such face.", "Its photo may have been deleted.")
    return session.get_one(Face, face_id, populate_existing=True)


def standing(session: Session, face: Face) -> list[Answer]:
    """The face's answers that nobody took back, oldest first."""
    query = select(Answer).where(Answer.face_id == face.id, STANDING)
    return list(session.scalars(query.order_by(Answer.id)))


def _known(session: Session, person: Person, client_key: str) -> Answer | None:
    known = session.scalar(select(Answer).where(Answer.client_key == client_key))
    if known is not None and known.person_id != person.id:
        raise BadAnswer(
            "key_taken", "This client_key belongs to another person's answer.", "Use a random one."
        )
    return known


def _one_at_a_time(session: Session, person: Person) -> None:
    """Until the commit no other answer of this person is taken, and no class is edited."""
    session.execute(update(Face).where(false()).values(version=0))  # SQLite locks at its first write
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    classes.hold(session)


def _numbered(session: Session, person: Person, given: Given) -> Given:
    """The answer with the id of the face that the person drew under `drawn_key`."""
    if given.drawn_key is None:
        return given
    drawn = _known(session, person, given.drawn_key)
    if drawn is None:
        raise NotFound("no_such_face", "The face was not drawn.", "Draw it again.")
    return replace(given, face_id=drawn.face_id)


def _checked(given: Given, meant: classes.Classes) -> Given:
    """The answer with its class as it is called now, or BadAnswer."""
    if given.kind not in KINDS:
        raise BadAnswer(
            "unknown_kind", f"There is no answer “{given.kind}”.", f"Use one of {', '.join(KINDS)}."
        )
    if (given.kind == "label") > bool(given.label):
        raise BadAnswer("label_missing", "A label answer needs a label.")
    if (given.kind in ("adjust", "draw")) > bool(given.box):
        raise BadAnswer("box_missing", f"An answer “{given.kind}” needs a box.", "Send box: [x, y, w, h].")
    if given.label is None:
        return given
    label = meant.former.get(given.label, given.label)
    if meant.counts_as.get(label) is None:
        raise unknown_class(label, meant.names)
    return replace(given, label=label)


def _face_id(given: Given, taken_back: Answer | None) -> int:
    face_id = taken_back.face_id if taken_back else given.face_id
    if face_id is None:
        raise BadAnswer("face_missing", "This answer needs a face_id.")
    return face_id


def _drawn(session: Session, given: Given) -> Face:
    """A face that the detector missed."""
    if given.photo_id is None or given.box is None:
        raise BadAnswer("photo_missing", "A drawn face needs a photo_id.")
    photo = get_photo(session, given.photo_id)
    check_box(given.box, photo)
    x, y, w, h = given.box
    face = Face(
        photo_id=photo.id, x=x, y=y, w=w, h=h, proposed_box=list(given.box), source="human", doubtful=False
    )
    session.add(face)
    session.flush()
    return face


def _informed(
    session: Session, past: Sequence[Answer], face: Face, person: Person, seen_at: datetime | None
) -> bool:
    """Whether the person knew what others had answered; AnsweredMeanwhile when they answered since."""
    theirs = [
        answer for answer in past if answer.person_id != person.id and (answer.kind != "draw" or answer.label)
    ]
    if not theirs:
        return False
    lease = session.get(Lease, face.id, populate_existing=True)
    blind = False
    if seen_at is None and lease is not None and lease.person_id == person.id:
        seen_at, blind = lease.seen_at, lease.blind
    # Served in the very moment in which another's answer came: as many as are wanted have answered.
    too_many = blind and face.opinions >= face.wanted and not face.gold
    if seen_at is None or seen_at < theirs[-1].created_at or too_many:
        who = session.get(Person, theirs[-1].person_id) if theirs[-1].person_id else None
        raise AnsweredMeanwhile(theirs[-1], who.name if who else "Somebody else")
    return not blind
