"""Serving the next faces of a queue to a person."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.models import Face, Person
from db.workbench import live_run
from labeller.errors import BadAnswer
from labeller.queue import leases, picks
from labeller.queue.items import Item, Setting, items_for
from labeller.queue.waiting import COUNTED, MODES, count_faces, first_faces, queries

MIXED_IN = 5
"""One in so many faces may be a second opinion or a gold face."""


@dataclass(frozen=True)
class Batch:
    """`remaining`: how many faces wait for this person, these included; COUNTED means that many or more."""

    items: list[Item]
    remaining: int


def next_faces(session: Session, person: Person, mode: str, limit: int) -> Batch:
    """Lease up to `limit` faces to `person`, in order; never faces leased to others.

    Raises BadAnswer for an unknown mode.
    """
    if mode not in MODES:
        raise BadAnswer("unknown_mode", f"There is no queue “{mode}”.", f"Use one of {', '.join(MODES)}.")
    setting = Setting(mode, live_run(session))
    if mode == "review" and setting.run is None:
        return Batch([], 0)
    free = ~leases.held_by_others(person)
    queues = [query.where(free) for query in queries(session, mode, setting.run, person)]
    remaining = min(COUNTED, sum(count_faces(session, query.limit(COUNTED)) for query in queues))
    planned = picks.waiting(session, mode, setting.run, free, limit)
    main, *mixed_in = [first_faces(session, query, limit + len(planned)) for query in queues]
    ordered = list(dict.fromkeys([*(pick.face for pick in planned), *main]))
    faces = list(dict.fromkeys(_interleaved(ordered, mixed_in)))[:limit]
    held = leases.take(session, person, [face.id for face in faces], blind=mode == "label")
    items = items_for(session, setting, faces, held, {pick.face_id: pick for pick in planned})
    return Batch(_by_margin(items) if mode == "review" else items, remaining)


def _interleaved(faces: list[Face], others: list[list[Face]]) -> list[Face]:
    """The faces with those of the other lists spread among them, so that nobody can tell which they are."""
    mixed = list(faces)
    for n, face in enumerate((face for other in others for face in other), start=1):
        mixed.insert(n * MIXED_IN, face)
    return mixed


def _by_margin(items: list[Item]) -> list[Item]:
    """By the live model's margin, so that suspected label errors do not stand out. Stable."""
    return sorted(items, key=lambda item: item.guess.margin if item.guess else 1.0)
