"""What the map of all faces shows: read here for the page, drawn by `trainer.atlas`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from db import tasks
from db.models import NOT_LOCKED, Face, Group, Person, Photo, Score, Spot
from db.workbench import live_run
from trainer.arrays import FloatArray

FEWEST = 10
"""Faces below which there is nothing to be seen on a map."""
MOST = 20_000
"""Faces on the map at most; of more, the newest and a sample of the others."""
NEWEST = 2_000
STATES = ("waits", "doubtful", "labelled", "disputed", "unsure")
"""What the numbers in the column `state` stand for."""
SIDE = 9_999
"""The map's longer side in the units of its columns `x` and `y`: whole numbers are shorter to send."""
SCRAMBLE = 2_654_435_761
"""Knuth's multiplier (2^32 over the golden ratio): spreads ids that follow each other."""


@dataclass(frozen=True)
class State:
    """How many faces belong on the map, how many of them have a spot, and how many there are in all."""

    wanted: int
    placed: int
    faces: int

    @property
    def stale(self) -> bool:
        """Whether there is anything to draw."""
        return self.placed < self.wanted and self.wanted >= FEWEST


def wanted(session: Session) -> tuple[list[int], int]:
    """Ids of the faces that belong on the map, and how many there would be without a limit.

    The sample depends on the ids alone: it hardly changes when faces come or go.
    """
    ids = np.array(session.scalars(_shown().order_by(Face.id)).all(), np.int64)
    older = ids[:-NEWEST]
    by_chance = np.argsort((older * SCRAMBLE) % 2**32, kind="stable")[: MOST - NEWEST]
    kept = ids if len(ids) <= MOST else np.concatenate((np.sort(older[by_chance]), ids[-NEWEST:]))
    return kept.tolist(), len(ids)


def state(session: Session) -> State:
    """How far the map is drawn."""
    ids, faces = wanted(session)
    placed = set(session.scalars(select(Spot.face_id)))
    return State(len(ids), len(placed.intersection(ids)), faces)


def ask(session: Session) -> State:
    """Have the map drawn, after the commit, where that is worth while."""
    found = state(session)
    if found.stale:
        tasks.enqueue_map_drawing(session)
    return found


def read(session: Session) -> dict[str, Any]:
    """The map by columns, a value a face; `label` and `person` are places in `labels` and `people`, or -1.

    `margin` is in hundredths under the live run (-1: not scored), `locked` 1 where it must not be chosen.
    """
    rows = session.execute(_columns(session)).tuples().all()
    ids, versions, x, y, label, kind, margin, person, locked = zip(*rows, strict=True) if rows else [()] * 9
    labels, people = sorted({one for one in label if one}), sorted({one for one in person if one})
    across, down = _whole(x, y)
    return {
        "faces": ids,
        "versions": versions,
        "x": across,
        "y": down,
        "label": _places(label, labels),
        "state": kind,
        "margin": [-1 if one is None else round(100 * one) for one in margin],
        "person": _places(person, people),
        "locked": locked,
        "labels": labels,
        "people": _names(session, people),
        "states": STATES,
    }


def _shown() -> Select[int]:
    ready = select(Face.id).join(Photo, Photo.id == Face.photo_id).where(Photo.status == "ready")
    return ready.where(Face.state != "rejected", Face.hidden.is_(False))


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
    ).order_by(Face.id)


def _whole(x: Sequence[float], y: Sequence[float]) -> tuple[list[int], list[int]]:
    """Coordinates as whole numbers from 0 to SIDE, by one scale."""
    spots: FloatArray = np.array([x, y], np.float64).reshape(2, -1)
    if not spots.size:
        return [], []
    spots -= spots.min(axis=1, keepdims=True)
    across, down = np.rint(spots * SIDE / max(1e-9, float(spots.max()))).astype(int).tolist()
    return across, down


def _places(values: Sequence[Any], known: Sequence[Any]) -> list[int]:
    place = {one: number for number, one in enumerate(known)}
    return [place.get(one, -1) for one in values]


def _names(session: Session, ids: Sequence[int]) -> list[str]:
    """Names of people, in the order of their ids."""
    query = select(Person.id, func.coalesce(Person.name, "")).where(Person.id.in_(ids))
    known = dict(session.execute(query).tuples().all())
    return [known.get(id, "") for id in ids]
