"""Serving the next faces of a queue to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_
from sqlalchemy.orm import Session

from db.models import Face, Person, Pick
from db.session import take_write_lock
from db.workbench import live_run
from labeller.errors import BadAnswer
from labeller.queue import leases, picks
from labeller.queue.items import Item, Setting, items_for
from labeller.queue.waiting import MODES, count_faces, count_waiting, first_faces, queries

MIXED_IN = 5
"""One in so many faces may be a second opinion or a gold face."""
ROUNDS = 20
"""Times that faces are chosen again in place of those that somebody else took at the same instant."""


@dataclass(frozen=True)
class Batch:
    """`remaining`: how many faces are free for this person, these included, counted up to `counters.COUNTED`.

    `with_others`: how many wait that others hold, counted only if there are no items.
    """

    items: list[Item]
    remaining: int
    with_others: int = 0


def next_faces(session: Session, person: Person, mode: str, limit: int) -> Batch:
    """Lease up to `limit` faces to `person`, in order; never faces leased to others.

    Fewer only if no more are free. Raises BadAnswer for an unknown mode.
    """
    if mode not in MODES:
        raise BadAnswer("unknown_mode", f"There is no queue “{mode}”.", f"Use one of {', '.join(MODES)}.")
    setting = Setting(mode, live_run(session))
    if mode == "review" and setting.run is None:
        return Batch([], 0)
    take_write_lock(session)  # on SQLite one after the other; on PostgreSQL faces are locked one by one
    free = ~leases.held_by_others(person)
    waiting = [query.where(free) for query in queries(session, mode, setting.run, person)]
    choice, items = _Choice(session, setting, waiting, free), list[Item]()
    for _ in range(ROUNDS):
        faces = choice.next_faces(limit - len(items))
        if not faces:
            if items or not choice.wait_for_one():
                break
            continue
        held = leases.take(session, person, [face.id for face in faces], blind=mode == "label")
        items += items_for(session, setting, faces, held, choice.pick_of)
    remaining = count_faces(session, waiting)
    with_others = 0 if items else count_waiting(session, person, mode) - remaining
    return Batch(_by_margin(items, choice) if mode == "review" else items, remaining, with_others)


@dataclass
class _Choice:
    """Chooses free faces, each at most once, and locks them until the commit.

    Exactly the faces that are served are locked: others would miss what is locked in vain. While it holds a
    lock it never waits for another.
    """

    session: Session
    setting: Setting
    queues: Sequence[Select[Face]]
    free: ColumnElement[bool]
    pick_of: dict[int, Pick] = field(default_factory=dict)
    chosen: set[int] = field(default_factory=set)

    def next_faces(self, count: int) -> list[Face]:
        """The next `count` faces: planned ones, then those of the main queue, others mixed in among them."""
        main, *others = self.queues
        mixed = self._first(others, (count - 1) // MIXED_IN)
        ordered = self._planned(count - len(mixed))
        ordered += self._first([main], count - len(mixed) - len(ordered))
        mixed += self._first(others, count - len(mixed) - len(ordered))
        return _interleaved(ordered, mixed)

    def wait_for_one(self) -> bool:
        """Wait for a free face that another request is just taking; False if none is free.

        It may be free afterwards: the other request may be this person's, too, or be given up.
        """
        for query in self.queues:
            one = query.with_only_columns(Face.id, maintain_column_froms=True).limit(1)
            locked = one.with_for_update(of=Face, key_share=True)
            if self.session.scalar(locked) is not None:
                return True
        return False

    def _planned(self, count: int) -> list[Face]:
        free = and_(self.free, Face.id.not_in(self.chosen))
        planned = picks.waiting(self.session, self.setting.mode, self.setting.run, free, count)
        self.pick_of |= {pick.face_id: pick for pick in planned}
        self.chosen |= {pick.face_id for pick in planned}
        return [pick.face for pick in planned]

    def _first(self, queries: Sequence[Select[Face]], count: int) -> list[Face]:
        faces: list[Face] = []
        for query in queries:
            if len(faces) < count:
                query = query.where(Face.id.not_in(self.chosen))
                faces += first_faces(self.session, leases.skip_locked(query), count - len(faces))
                self.chosen |= {face.id for face in faces}
        return faces


def _interleaved(faces: list[Face], others: list[Face]) -> list[Face]:
    """The faces with the others spread among them, so that nobody can tell which they are."""
    mixed = list(faces)
    for n, face in enumerate(others, start=1):
        mixed.insert(n * MIXED_IN, face)
    return mixed


def _by_margin(items: list[Item], choice: _Choice) -> list[Item]:
    """What was chosen by hand, then by the live model's margin, so that suspects do not stand out. Stable."""

    def key(item: Item) -> tuple[bool, float]:
        pick = choice.pick_of.get(item.face.id)
        if pick is not None and pick.reason == picks.CHOSEN:
            return False, 0.0
        return True, item.guess.margin if item.guess else 1.0

    return sorted(items, key=key)
