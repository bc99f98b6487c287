"""Faces that the model is sure of and nobody has answered, look-alikes side by side: many at a glance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, contains_eager

from db.models import NOT_LOCKED, Embedding, Face, Group, Person, Photo, Run, Score
from db.workbench import live_run
from labeller.queue import leases
from labeller.queue.queue import UNSURE, Item, items_for

POOL = 400
"""Faces that are put in order at once; more would make neighbours more alike, but slowly."""


@dataclass(frozen=True)
class Alike:
    """Faces of which the model says `label`, and how many there are of each class."""

    label: str | None
    items: list[Item]
    remaining: dict[str, int]


def agreed_faces(session: Session, person: Person, label: str | None, limit: int) -> Alike:
    """Lease up to `limit` faces of one class to the person; without a class, of the most frequent one."""
    run = live_run(session)
    if run is None:
        return Alike(None, [], {})
    sure = _sure(run, person)
    counted = sure.with_only_columns(Score.label, func.count(), maintain_column_froms=True)
    remaining = dict(session.execute(counted.group_by(Score.label)).tuples().all())
    label = label if label in remaining else max(remaining, key=lambda name: remaining[name], default=None)
    if label is None:
        return Alike(None, [], {})
    faces = _in_order(session, run, sure.where(Score.label == label))[:limit]
    held = leases.take(session, person, [face.id for face in faces], blind=True)
    return Alike(label, items_for(session, "label", run, faces, held), remaining)


def chain(vectors: NDArray[np.float32]) -> list[int]:
    """An order (n,) in which each row of (n, d) is followed by the most similar one (cosine) that is left."""
    if not len(vectors):
        return []
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -np.inf)
    order = [0]
    for _ in range(len(vectors) - 1):
        here = order[-1]
        alike[:, here] = -np.inf  # taken: nobody's next any more
        order.append(int(alike[here].argmax()))
    return order


def _sure(run: Run, person: Person) -> Select[Face]:
    """Unanswered faces with a fresh score of at least margin UNSURE."""
    query = select(Face).join(Face.photo).join(Group, Group.id == Photo.group_id)
    query = query.join(Score, and_(Score.face_id == Face.id, Score.run_id == run.id))
    return query.where(
        Photo.status == "ready",
        Face.waiting,
        Face.opinions == 0,
        Face.doubtful.is_(False),
        NOT_LOCKED,
        Score.box_version == Face.box_version,
        Score.margin >= UNSURE,
        ~leases.held_by_others(person),
    )


def _in_order(session: Session, run: Run, query: Select[Face]) -> list[Face]:
    surest = query.order_by(Score.margin.desc(), Face.id).limit(POOL).options(contains_eager(Face.photo))
    faces = {face.id: face for face in session.scalars(surest)}
    kept = select(Embedding.face_id, Embedding.vector).join(Face, Face.id == Embedding.face_id)
    kept = kept.where(Embedding.face_id.in_(faces), Embedding.view == 0, Embedding.backbone == run.backbone)
    kept = kept.where(Embedding.box_version == Face.box_version).order_by(Embedding.face_id)
    rows = session.execute(kept).tuples().all()
    vectors = np.array([np.frombuffer(vector, "<f2") for _, vector in rows], np.float32)
    alike = [faces.pop(rows[i][0]) for i in chain(vectors)]
    return alike + list(faces.values())  # last those whose features were not kept
