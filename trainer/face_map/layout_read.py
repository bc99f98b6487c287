"""What the map of all faces shows, for the page. `trainer.face_map.layout` draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session

from db import counters, tasks
from db.models import NOT_LOCKED, READY, Face, Group, Person, Photo, Score, Spot
from db.workbench import live_run
from trainer.arrays import FloatArray

MIN_FACES = 10
"""Faces needed to draw a map."""
MAX_FACES = 8_000
"""Faces on the map at most: the newest, and a sample of the others."""
NEWEST = 2_000
STATES = ("waits", "doubtful", "labelled", "disputed", "unsure")
"""What the numbers in the column `state` mean."""
SIDE = 9_999
"""Length of the map's longer side in the columns `x` and `y`: whole numbers are shorter to send."""
BLOCK = 4
"""Consecutive faces that are in a sample together: their rows lie together, and are read at once."""
SCRAMBLE = 2_654_435_761
"""Knuth's multiplicative hash (2^32 over the golden ratio): scatters consecutive ids."""


@dataclass(frozen=True)
class MapProgress:
    """How many faces belong on the map, how many of them are placed, and how many faces there are in all."""

    wanted: int
    placed: int
    faces: int

    @property
    def stale(self) -> bool:
        """Whether there are faces to place."""
        return self.placed < self.wanted and self.wanted >= MIN_FACES


def faces_on_map(session: Session) -> tuple[list[int], int]:
    """Ids of the faces that belong on the map, ascending, and how many there would be without a limit.

    The sample depends on the ids alone, so it hardly changes when faces are added or deleted.
    """
    newest = list(session.scalars(_shown().order_by(Face.id.desc()).limit(MAX_FACES + 1)))
    if len(newest) <= MAX_FACES:
        return newest[::-1], len(newest)
    states = counters.totals(session, "faces", ["proposed", "confirmed"])
    sample = _sample(session, newest[NEWEST - 1], MAX_FACES - NEWEST)
    return sorted([*sample, *newest[:NEWEST]]), max(sum(states.values()), MAX_FACES + 1)


def _sample(session: Session, below: int, count: int) -> list[int]:
    """`count` of the shown faces with ids under `below`, scattered."""
    level = max(0, (below // (2 * count)).bit_length() - 1)
    while True:
        ids = _scattered(below, level)
        listed: ColumnElement[bool] = literal_column(
            f"face.id IN ({','.join(map(str, ids))})"
        )  # as parameters they took 30 ms
        shown = np.array(session.scalars(_shown().where(listed)).all(), np.int64)
        if len(shown) >= count or level == 0:
            scrambled = np.argsort((shown // BLOCK * SCRAMBLE) % 2**32, kind="stable")
            return [int(id) for id in shown[scrambled[:count]]]
        level -= 1


def _scattered(below: int, level: int) -> list[int]:
    """One of every 2^level blocks of ids under `below`; a level has part of those of the level before it."""
    ids = np.arange((below // BLOCK >> level) + 1, dtype=np.int64)
    for _ in range(level):
        ids = 2 * ids + (((ids * SCRAMBLE) % 2**32 >> 16) & 1)
    ids = (BLOCK * ids[:, None] + np.arange(BLOCK)).ravel()
    found: list[int] = ids[(ids > 0) & (ids < below)].tolist()
    return found


def progress(session: Session) -> MapProgress:
    """How far the map is. Of a sample only the number of places counts, not which faces have them."""
    states = counters.totals(session, "faces", ["proposed", "confirmed"])
    if (faces := sum(states.values())) <= MAX_FACES:
        return _exact_progress(session)
    sampled = _sampled_progress(session, faces)
    # The counters know nothing of photos that are not shown: perhaps the faces are too few for a sample.
    return _exact_progress(session) if sampled.stale and not _are_too_many(session) else sampled


def _are_too_many(session: Session) -> bool:
    """Whether there are more faces to show than the map has room for."""
    beyond = _shown().order_by(Face.id.desc()).offset(MAX_FACES).limit(1)
    return session.scalar(beyond) is not None


def _exact_progress(session: Session) -> MapProgress:
    without = _shown().outerjoin(Spot, Spot.face_id == Face.id).add_columns(Spot.face_id)
    places = [place for _, place in session.execute(without).tuples()]
    return MapProgress(len(places), sum(place is not None for place in places), len(places))


def _sampled_progress(session: Session, faces: int) -> MapProgress:
    newest = _shown().order_by(Face.id.desc()).limit(NEWEST).subquery()
    joined = select(newest.c.id, Spot.face_id).outerjoin(Spot, Spot.face_id == newest.c.id)
    rows = session.execute(joined).tuples().all()
    unplaced = sum(place is None for _, place in rows)
    older = (
        select(func.count()).select_from(Spot).where(Spot.face_id < min((id for id, _ in rows), default=0))
    )
    sampled = min(session.scalar(older) or 0, MAX_FACES - NEWEST)
    return MapProgress(MAX_FACES - NEWEST + len(rows), len(rows) - unplaced + sampled, faces)


def request_drawing(session: Session) -> MapProgress:
    """Queue the drawing of the map, sent after the commit, if there are faces to place."""
    current = progress(session)
    if current.stale:
        tasks.enqueue_map_drawing(session)
    return current


def read(session: Session) -> dict[str, Any]:
    """The map by columns, one value a face; `label` and `person` index `labels` and `people`, -1 for none.

    `margin` is that of the live run in hundredths (-1: not scored); `locked` is 1 where a face must not be
    chosen.
    """
    rows = session.execute(_columns(session)).tuples().all()
    ids, versions, x, y, label, kind, margin, person, locked = zip(*rows, strict=True) if rows else [()] * 9
    labels, people = sorted(filter(None, set(label))), sorted(filter(None, set(person)))
    xs, ys = _whole_numbers(x, y)
    return {
        "faces": ids,
        "versions": versions,
        "x": xs,
        "y": ys,
        "label": _indices(label, labels),
        "state": kind,
        "margin": [-1 if value is None else round(100 * value) for value in margin],
        "person": _indices(person, people),
        "locked": locked,
        "labels": labels,
        "people": _names(session, people),
        "states": STATES,
    }


def _shown() -> Select[int]:
    ready = select(Face.id).join(Photo, Photo.id == Face.photo_id).where(READY)
    return ready.where(Face.state != "rejected", or_(Face.state != "proposed", Face.hidden.is_(False)))


def _columns(session: Session) -> Select[Any]:
    run = live_run(session)
    kind = case(
        (Face.disputed, STATES.index("disputed")),
        (Face.label.is_not(None), STATES.index("labelled")),
        (Face.decided_at.is_not(None), STATES.index("unsure")),
        (Face.doubtful, STATES.index("doubtful")),
        else_=STATES.index("waits"),
    )
    locked = case((NOT_LOCKED, 0), else_=1)
    scored = and_(Score.run_id == (run.id if run else 0), Score.face_id == Face.id)
    query = _shown().join(Spot, Spot.face_id == Face.id).join(Group, Group.id == Photo.group_id)
    query = query.outerjoin(Score, and_(scored, Score.box_version == Face.box_version))
    return query.with_only_columns(
        Face.id,
        Face.box_version,
        Spot.x,
        Spot.y,
        Face.label,
        kind,
        Score.margin,
        Photo.person_id,
        locked,
        maintain_column_froms=True,
    ).order_by(Spot.face_id)  # and not by the face's own id: SQLite would read all faces


def _whole_numbers(x: Sequence[float], y: Sequence[float]) -> tuple[list[int], list[int]]:
    """Coordinates as whole numbers from 0 to SIDE, both axes to the same scale."""
    spots: FloatArray = np.array([x, y], np.float64).reshape(2, -1)
    if not spots.size:
        return [], []
    spots -= spots.min(axis=1, keepdims=True)
    xs, ys = np.rint(spots * SIDE / max(1e-9, float(spots.max()))).astype(int).tolist()
    return xs, ys


def _indices(values: Sequence[Any], listed: Sequence[Any]) -> list[int]:
    index = {value: number for number, value in enumerate(listed)}
    return [index.get(value, -1) for value in values]


def _names(session: Session, ids: Sequence[int]) -> list[str]:
    """Names of people, in the order of their ids."""
    query = select(Person.id, func.coalesce(Person.name, "")).where(Person.id.in_(ids))
    names = dict(session.execute(query).tuples().all())
    return [names.get(id, "") for id in ids]
