"""Faces that somebody chose by hand, on the map, for the second look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from db.base import now
from db.face_rows import insert_for_faces
from db.models import NOT_LOCKED, Event, Face, Group, Person, Photo, Pick
from labeller.errors import BadAnswer, NotFound
from labeller.queue.picks import BY_HAND, CHOSEN

MOST = 1000
"""Faces chosen at once: nobody looks at more before the next model."""
KIND = "faces_chosen"


@dataclass(frozen=True)
class Chosen:
    """How many go to review, and how many do not: `locked` are measured on and must not be chosen,
    `waiting` were chosen before and still wait, `gone` are deleted or no faces any more.

    `event_id` is what `undo` takes; None where nothing was chosen.
    """

    event_id: int | None
    sent: int
    locked: int
    waiting: int
    gone: int


def choose(session: Session, person: Person, face_ids: Sequence[int]) -> Chosen:
    """Have the faces come up in review, in the order given. Raises BadAnswer for more than MOST.

    The caller commits.
    """
    given = list(dict.fromkeys(face_ids))
    if len(given) > MOST:
        raise BadAnswer(
            "too_many_chosen", f"At most {MOST} faces go to review at once.", "Choose a smaller region."
        )
    eligible = dict(session.execute(_shown(given)).tuples().all())
    waiting = set(session.scalars(_still_waiting(given)))
    locked = {id for id, is_eligible in eligible.items() if not is_eligible}
    fresh = [id for id in given if eligible.get(id) and id not in waiting]
    event_id = _write(session, person, fresh) if fresh else None
    left = len(waiting.intersection(eligible).difference(locked))
    return Chosen(event_id, len(fresh), len(locked), left, len(given) - len(eligible))


def undo(session: Session, person: Person, event_id: int) -> int:
    """Take back what this person chose at once; returns how many still waited. Raises NotFound."""
    event = session.get(Event, event_id)
    mine = event is not None and event.kind == KIND and event.person_id == person.id
    if event is None or not mine or event.undone_at is not None:
        raise NotFound("no_such_choice", "There is no such choice of yours to take back.", "Reload the page.")
    event.undone_at = now()
    taken = delete(Pick).where(Pick.id.in_(event.detail["picks"])).returning(Pick.id)
    return len(session.scalars(taken).all())


def _shown(face_ids: Sequence[int]) -> Select[int, bool]:
    """Those of the faces that pages show, with whether they may be chosen."""
    query = select(Face.id, NOT_LOCKED).join(Photo, Photo.id == Face.photo_id)
    query = query.join(Group, Group.id == Photo.group_id)
    return query.where(Face.id.in_(face_ids), Photo.status == "ready", Face.state != "rejected")


def _still_waiting(face_ids: Sequence[int]) -> Select[int]:
    """Faces that were chosen by hand and that nobody has answered since."""
    chosen = select(Pick.face_id).join(Face, Face.id == Pick.face_id)
    return chosen.where(Pick.face_id.in_(face_ids), BY_HAND)


def _write(session: Session, person: Person, face_ids: Sequence[int]) -> int:
    """Picks after all others that were chosen by hand, and the event that remembers them."""
    last = session.scalar(select(func.max(Pick.place)).where(Pick.reason == CHOSEN))
    first, at = 0 if last is None else last + 1, now()
    common: dict[str, Any] = {"run_id": None, "reason": CHOSEN, "detail": {}, "created_at": at}
    insert_for_faces(
        session, Pick, [{"face_id": id, "place": first + n, **common} for n, id in enumerate(face_ids)]
    )
    made = select(Pick.id).where(Pick.created_at == at, Pick.face_id.in_(face_ids))
    event = Event(kind=KIND, person_id=person.id, detail={"picks": list(session.scalars(made))})
    session.add(event)
    session.flush()
    return event.id
