"""Draws the map of all faces: PCA and t-SNE of the features of the shared network."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.face_rows import insert_for_faces
from db.models import Spot, Workbench
from db.workbench import lock_workbench
from trainer.arrays import FloatArray, IntArray, unit
from trainer.face_map import layout_read
from trainer.features import feature_store

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

    from trainer.features.networks import Network

Vectors = NDArray[np.float16]
Points = FloatArray
"""Positions (n, 2) on the map, or points (n, DIMENSIONS)."""

MAX_FITTED = 3_000
"""Faces that t-SNE lays out, at most: its time grows faster than their number. The others are placed among
them."""
DIMENSIONS = 50
PERPLEXITY, NEIGHBOURS_OF_NEW = 30.0, 5
"""Effective number of neighbours of a face when all are laid out, and those of one that is placed later."""
REDRAW_RATIO = 1 / 3
"""Ratio of new to placed faces above which the whole map is laid out again."""
CHUNK = 5_000
"""Rows per commit: an answer that comes meanwhile waits for one commit at most."""
SEED = 0

_busy = threading.Lock()


def draw(session: Session, network: "Network") -> int:
    """Place every face that belongs on the map; returns how many were placed. Commits.

    If another thread is drawing, returns 0 and leaves the work to it.
    """
    if not _busy.acquire(blocking=False):
        return 0
    try:
        return _draw(session, network)
    finally:
        _busy.release()


def lay_out(vectors: Vectors) -> Points:
    """Positions (n, 2) of features (n, 1280), similar ones close together. Deterministic."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    chosen = _sample(len(vectors))
    pca = _fit_pca(vectors[chosen])
    points = _reduce(pca, vectors[chosen])
    perplexity = min(PERPLEXITY, (len(chosen) - 1) / 3)
    # One thread: with two, t-SNE is no faster beside a busy web process, and slows everything else down.
    with threadpool_limits(1):
        fitted = TSNE(perplexity=perplexity, n_jobs=1, random_state=SEED).fit_transform(points)
    positions = np.empty((len(vectors), 2))
    positions[chosen] = fitted
    others = np.setdiff1d(np.arange(len(vectors)), chosen)
    if len(others):
        positions[others] = _place_among(points, positions[chosen], _reduce(pca, vectors[others]))
    return positions


def place(placed: Vectors, positions: Points, new: Vectors) -> Points:
    """Positions (m, 2) of `new` features (m, 1280) among the `placed` (n, 1280), whose `positions` stay."""
    chosen = _sample(len(placed))
    pca = _fit_pca(placed[chosen])
    return _place_among(_reduce(pca, placed[chosen]), positions[chosen], _reduce(pca, new))


def _place_among(placed: Points, positions: Points, new: Points) -> Points:
    """Positions (m, 2) of points (m, DIMENSIONS) amid the most similar of the `placed`."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS_OF_NEW, len(placed)), n_jobs=1).fit(placed)
    distances, indices = nearest.kneighbors(new)
    weights = 1 / np.maximum(distances, 1e-9) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("mk,mkd->md", weights, positions[indices]), np.float64)


def _draw(session: Session, network: "Network") -> int:
    ids, _ = layout_read.faces_on_map(session)
    if len(ids) < layout_read.MIN_FACES:
        return 0
    drawn_at = session.scalar(select(Workbench.mapped_at))
    positions = {id: (x, y) for id, x, y in session.execute(select(Spot.face_id, Spot.x, Spot.y)).tuples()}
    session.commit()  # computing features takes a while, and other writers must not wait
    new = [id for id in ids if id not in positions]
    placed = [id for id in ids if id in positions]
    if not new:
        return 0
    if drawn_at is None or len(new) > REDRAW_RATIO * len(placed):
        return _redraw(session, network, ids)
    sampled, sampled_vectors = feature_store.features_of_existing(session, network, _sample_of(placed))
    existing, vectors = feature_store.features_of_existing(session, network, new)
    if len(sampled) < layout_read.MIN_FACES or not existing:
        return 0
    new_positions = place(sampled_vectors, np.array([positions[id] for id in sampled]), vectors)
    _remove(session, drawn_at, sorted(set(positions).difference(ids)))
    return _write(session, drawn_at, existing, new_positions)


def _redraw(session: Session, network: "Network", ids: Sequence[int]) -> int:
    existing, vectors = feature_store.features_of_existing(session, network, ids)
    if len(existing) < layout_read.MIN_FACES:
        return 0
    positions = lay_out(vectors)
    drawn_at = now()
    lock_workbench(session).mapped_at = drawn_at
    session.execute(delete(Spot))
    return _write(session, drawn_at, existing, positions)


def _write(session: Session, drawn_at: datetime, ids: Sequence[int], positions: Points) -> int:
    """Write positions on the map drawn at `drawn_at`, until a newer map replaces it; returns how many.
    Commits.

    Two maps are therefore never mixed, even when a process is killed half-way.
    """
    for start in range(0, len(ids), CHUNK):
        if not _is_current(session, drawn_at):
            session.rollback()
            return start
        insert_for_faces(session, Spot, list(_rows(ids, positions, slice(start, start + CHUNK))))
        session.commit()
    return len(ids)


def _is_current(session: Session, drawn_at: datetime) -> bool:
    """Whether this is still the newest map. Asked by a write, so that it stays so until the commit."""
    same = update(Workbench).where(Workbench.mapped_at == drawn_at).values(mapped_at=drawn_at)
    return session.scalar(same.returning(Workbench.id)) is not None


def _remove(session: Session, drawn_at: datetime, ids: Sequence[int]) -> None:
    """Remove faces that no longer belong on the map. The caller commits."""
    if ids and _is_current(session, drawn_at):
        for start in range(0, len(ids), CHUNK):
            session.execute(delete(Spot).where(Spot.face_id.in_(ids[start : start + CHUNK])))


def _rows(ids: Sequence[int], positions: Points, part: slice) -> Iterator[dict[str, float]]:
    for id, (x, y) in zip(ids[part], positions[part].tolist(), strict=True):
        yield {"face_id": id, "x": x, "y": y}


def _sample_of(ids: Sequence[int]) -> list[int]:
    return [ids[i] for i in _sample(len(ids))]


def _sample(count: int) -> IntArray:
    """At most MAX_FITTED random indices below `count`, ascending."""
    return np.sort(np.random.default_rng(SEED).permutation(count)[:MAX_FITTED])


def _fit_pca(vectors: Vectors) -> "PCA":
    from sklearn.decomposition import PCA

    count = min(DIMENSIONS, len(vectors) - 1)
    return PCA(count, svd_solver="randomized", random_state=SEED).fit(unit(vectors))


def _reduce(pca: "PCA", vectors: Vectors) -> Points:
    """Features (n, 1280) in DIMENSIONS principal components; in chunks, which take less memory."""
    parts = [vectors[start : start + CHUNK] for start in range(0, len(vectors), CHUNK)]
    return np.concatenate([pca.transform(unit(part)) for part in parts]).astype(np.float64)
