"""Choosing faces by hand, on the map or in the gallery, to come next in review."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from db.base import now
from db.face_rows import insert_for_faces
from db.models import NOT_LOCKED, READY, Event, Face, Group, Person, Photo, Pick
from labeller.errors import BadAnswer, NotFound
from labeller.queue.picks import BY_HAND, CHOSEN

MOST = 1000
"""Faces chosen at once: nobody answers more before the next model."""
KIND = "faces_chosen"


@dataclass(frozen=True)
class ChoiceResult:
    """How many faces were sent to review, and how many were not.

    `locked` faces are measured on and must not be chosen, `waiting` ones were chosen before and still wait,
    `gone` ones are deleted or rejected. `event_id` is for `undo_choice`; None if nothing was sent.
    """

    event_id: int | None
    sent: int
    locked: int
    waiting: int
    gone: int


def choose_faces(session: Session, person: Person, face_ids: Sequence[int]) -> ChoiceResult:
    """Send the faces to review in the order given. Raises BadAnswer for more than MOST."""
    chosen = list(dict.fromkeys(face_ids))
    if len(chosen) > MOST:
        raise BadAnswer(
            "too_many_chosen", f"At most {MOST} faces go to review at once.", "Choose a smaller region."
        )
    eligible = dict(session.execute(_shown(chosen)).tuples().all())
    waiting = set(session.scalars(_still_waiting(chosen)))
    locked = {id for id, is_eligible in eligible.items() if not is_eligible}
    new = [id for id in chosen if eligible.get(id) and id not in waiting]
    event_id = _insert_picks(session, person, new) if new else None
    still_waiting = len(waiting.intersection(eligible).difference(locked))
    return ChoiceResult(event_id, len(new), len(locked), still_waiting, len(chosen) - len(eligible))


def undo_choice(session: Session, person: Person, event_id: int) -> int:
    """Take back one choice of this person; returns how many of its picks existed. Raises NotFound."""
    event = session.get(Event, event_id)
    mine = event is not None and event.kind == KIND and event.person_id == person.id
    if event is None or not mine or event.undone_at is not None:
        raise NotFound("no_such_choice", "There is no such choice of yours to take back.", "Reload the page.")
    event.undone_at = now()
    deleted = delete(Pick).where(Pick.id.in_(event.detail["picks"])).returning(Pick.id)
    return len(session.scalars(deleted).all())


def _shown(face_ids: Sequence[int]) -> Select[int, bool]:
    """Those of the faces that pages show, with whether they may be chosen."""
    query = select(Face.id, NOT_LOCKED).join(Photo, Photo.id == Face.photo_id)
    query = query.join(Group, Group.id == Photo.group_id)
    return query.where(Face.id.in_(face_ids), READY, Face.state != "rejected")


def _still_waiting(face_ids: Sequence[int]) -> Select[int]:
    """Those of the faces that were chosen by hand and not answered since."""
    query = select(Pick.face_id).join(Face, Face.id == Pick.face_id)
    return query.where(Pick.face_id.in_(face_ids), BY_HAND)


def _insert_picks(session: Session, person: Person, face_ids: Sequence[int]) -> int:
    """Add picks after all others chosen by hand; returns the id of the event that lists them."""
    last = session.scalar(select(func.max(Pick.rank)).where(Pick.reason == CHOSEN))
    first, at = 0 if last is None else last + 1, now()
    common: dict[str, Any] = {"run_id": None, "reason": CHOSEN, "detail": {}, "created_at": at}
    insert_for_faces(  # the keys are names of columns
        session, Pick, [{"face_id": id, "place": first + n, **common} for n, id in enumerate(face_ids)]
    )
    inserted = select(Pick.id).where(Pick.created_at == at, Pick.face_id.in_(face_ids))
    event = Event(kind=KIND, person_id=person.id, detail={"picks": list(session.scalars(inserted))})
    session.add(event)
    session.flush()
    return event.id
