"""Unanswered faces that the model is sure of, similar ones side by side, to be answered at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, contains_eager

from db import classes
from db.models import NOT_LOCKED, READY, Embedding, Face, Group, Person, Photo, Run, Score
from db.session import take_write_lock
from db.workbench import live_run
from labeller.queue import leases
from labeller.queue.items import UNSURE, Item, Setting, items_for
from labeller.queue.next_faces import ROUNDS
from labeller.queue.waiting import count_faces

POOL = 240
"""Faces that are ordered at once: more would make neighbours more similar, but take longer."""


@dataclass(frozen=True)
class SureFaces:
    """Faces that the model calls `label`, and how many remain of each class, counted up to COUNTED."""

    label: str | None
    items: list[Item]
    remaining: dict[str, int]


def sure_faces(session: Session, person: Person, label: str | None, limit: int) -> SureFaces:
    """Lease up to `limit` faces of one class to the person; of the most frequent class if `label` is None."""
    run = live_run(session)
    if run is None:
        return SureFaces(None, [], {})
    take_write_lock(session)
    sure = _sure(run, person)
    remaining = _count_by_label(session, sure, classes.read(session).shown(run.classes))
    label = label if label in remaining else max(remaining, key=lambda name: remaining[name], default=None)
    if label is None:
        return SureFaces(None, [], {})
    items: list[Item] = []
    for _ in range(ROUNDS):
        if len(items) >= limit:
            break
        new = sure.where(Score.label == label, Face.id.not_in([item.face.id for item in items]))
        faces = _first_free(session, _by_similarity(session, run, new), limit - len(items))
        if not faces:
            break
        held = leases.take(session, person, [face.id for face in faces], blind=True)
        items += items_for(session, Setting("label", run), faces, held)
    return SureFaces(label, items, remaining)


def _count_by_label(session: Session, sure: Select[Face], labels: Sequence[str]) -> dict[str, int]:
    """How many sure faces there are of each class, each counted up to COUNTED; without those of none."""
    counts = {}
    for label in labels:
        counts[label] = count_faces(session, [sure.where(Score.label == label)])
    return {label: count for label, count in counts.items() if count}


def _first_free(session: Session, faces: list[Face], count: int) -> list[Face]:
    """The first of the faces that nobody else is taking; they alone are locked until the commit."""
    free: list[Face] = []
    left = list(faces)
    while left and len(free) < count:
        first, left = left[: count - len(free)], left[count - len(free) :]
        query = leases.skip_locked(select(Face.id).where(Face.id.in_([face.id for face in first])))
        locked = set(session.scalars(query))
        free += [face for face in first if face.id in locked]
    return free


def chain(vectors: NDArray[np.float32]) -> list[int]:
    """An order (n,) of the rows of (n, d) in which each is followed by the most similar (cosine) one left."""
    if not len(vectors):
        return []
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    order = [0]
    for _ in range(len(vectors) - 1):
        last = order[-1]
        similarity[:, last] = -np.inf  # placed: no candidate any more
        order.append(int(similarity[last].argmax()))
    return order


def _sure(run: Run, person: Person) -> Select[Face]:
    """Unanswered faces with a fresh score of at least margin UNSURE."""
    query = select(Face).join(Face.photo).join(Group, Group.id == Photo.group_id)
    query = query.join(Score, and_(Score.face_id == Face.id, Score.run_id == run.id, Score.open))
    return query.where(
        READY,
        Face.waiting,
        Face.opinions == 0,
        Face.doubtful.is_(False),
        NOT_LOCKED,
        Score.box_version == Face.box_version,
        Score.margin >= UNSURE,
        ~leases.held_by_others(person),
    )


def _by_similarity(session: Session, run: Run, query: Select[Face]) -> list[Face]:
    """The POOL surest faces, similar ones side by side; last those without stored features."""
    surest = query.order_by(Score.margin.desc(), Face.id).limit(POOL).options(contains_eager(Face.photo))
    faces = {face.id: face for face in session.scalars(surest)}
    stored = select(Embedding.face_id, Embedding.vector).join(Face, Face.id == Embedding.face_id)
    stored = stored.where(
        Embedding.face_id.in_(faces), Embedding.view == 0, Embedding.backbone == run.backbone
    )
    stored = stored.where(Embedding.box_version == Face.box_version).order_by(Embedding.face_id)
    rows = session.execute(stored).tuples().all()
    vectors = np.array([np.frombuffer(vector, "<f2") for _, vector in rows], np.float32)
    similar = [faces.pop(rows[i][0]) for i in chain(vectors)]
    return similar + list(faces.values())
