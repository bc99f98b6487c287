"""Drawing the map of all faces: PCA and t-SNE over the features of the shared network."""

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
from db.workbench import workbench
from trainer.arrays import FloatArray, IntArray, unit
from trainer.face_map import layout_read
from trainer.features import feature_store

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding
    from sklearn.decomposition import PCA

    from trainer.features.networks import Network

Vectors = NDArray[np.float16]
Plane = FloatArray

FITTED = 3_000
"""Faces that t-SNE lays out itself, at most: their time grows faster than they do. The rest finds its place
among them."""
DIMENSIONS = 50
PERPLEXITY, PERPLEXITY_OF_NEW = 30.0, 5.0
"""About how many neighbours a face has on the map, when all are laid out and when one joins later."""
ANEW = 1 / 3
"""Share of newcomers among those who are there from which all are laid out anew."""
AT_ONCE = 5_000
"""Spots to a commit: an answer that comes meanwhile waits for one of them at most."""
SEED = 0

_busy = threading.Lock()


def draw(session: Session, network: "Network") -> int:
    """Give every face on the map its spot; returns how many got one. Commits.

    Two at once would do the same work twice: the second one leaves it to the first.
    """
    if not _busy.acquire(blocking=False):
        return 0
    try:
        return _draw(session, network)
    finally:
        _busy.release()


def lay_out(vectors: Vectors) -> Plane:
    """A map (n, 2) of features (n, 1280), alike ones side by side; the same for the same features."""
    from openTSNE import TSNE

    chosen = _sample(len(vectors))
    reduce = _pca(vectors[chosen])
    perplexity = min(PERPLEXITY, (len(chosen) - 1) / 3)
    # One thread: with two, t-SNE takes no less time beside a busy web process, and everybody else more.
    fitted = TSNE(perplexity=perplexity, neighbors="exact", n_jobs=1, random_state=SEED).fit(
        _reduced(reduce, vectors[chosen])
    )
    made = np.empty((len(vectors), 2))
    made[chosen] = np.asarray(fitted)
    others = np.setdiff1d(np.arange(len(vectors)), chosen)
    if len(others):
        made[others] = _joined(fitted, _reduced(reduce, vectors[others]))
    return made


def place(known: Vectors, there: Plane, new: Vectors) -> Plane:
    """Spots (m, 2) for `new` features among those of `known` ones that are `there` (n, 2) already."""
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    chosen = _sample(len(known))
    reduce = _pca(known[chosen])
    perplexity = min(PERPLEXITY, (len(chosen) - 1) / 3)
    near = PerplexityBasedNN(
        _reduced(reduce, known[chosen]), perplexity=perplexity, method="exact", n_jobs=1, random_state=SEED
    )
    return _joined(TSNEEmbedding(there[chosen], near, n_jobs=1, random_state=SEED), _reduced(reduce, new))


def _joined(fitted: "TSNEEmbedding", points: Plane) -> Plane:
    """Spots (m, 2) for further points (m, dimensions) among those that are laid out, which stay."""
    perplexity = min(PERPLEXITY_OF_NEW, (len(fitted) - 1) / 3)
    return np.asarray(fitted.transform(points, perplexity=perplexity), np.float64)


def _draw(session: Session, network: "Network") -> int:
    ids, _ = layout_read.wanted(session)
    if len(ids) < layout_read.FEWEST:
        return 0
    drawn_at = session.scalar(select(Workbench.mapped_at))
    there = {id: (x, y) for id, x, y in session.execute(select(Spot.face_id, Spot.x, Spot.y)).tuples()}
    session.commit()  # features are computed and kept next, and whoever else writes must not wait for us
    new = [id for id in ids if id not in there]
    known = [id for id in ids if id in there]
    if not new:
        return 0
    if drawn_at is None or len(new) > ANEW * len(known):
        return _draw_anew(session, network, ids)
    before, old = feature_store.features_of_existing(session, network, _some(known))
    found, vectors = feature_store.features_of_existing(session, network, new)
    if len(before) < layout_read.FEWEST or not found:
        return 0
    spot = place(old, np.array([there[id] for id in before]), vectors)
    _forget(session, drawn_at, sorted(set(there).difference(ids)))
    return _write(session, drawn_at, found, spot)


def _draw_anew(session: Session, network: "Network", ids: Sequence[int]) -> int:
    found, vectors = feature_store.features_of_existing(session, network, ids)
    if len(found) < layout_read.FEWEST:
        return 0
    made = lay_out(vectors)
    stamp = now()
    workbench(session).mapped_at = stamp
    session.execute(delete(Spot))
    return _write(session, stamp, found, made)


def _write(session: Session, drawn_at: datetime, ids: Sequence[int], made: Plane) -> int:
    """Write spots of the map that was drawn anew at `drawn_at`, unless another one was since.

    So two maps never mix, whoever draws, and wherever they are killed.
    """
    for start in range(0, len(ids), AT_ONCE):
        if not _is_current(session, drawn_at):
            session.rollback()
            return start
        insert_for_faces(session, Spot, list(_rows(ids, made, slice(start, start + AT_ONCE))))
        session.commit()
    return len(ids)


def _is_current(session: Session, drawn_at: datetime) -> bool:
    """Asked by a write: on both engines nobody changes it before our commit."""
    same = update(Workbench).where(Workbench.mapped_at == drawn_at).values(mapped_at=drawn_at)
    return session.scalar(same.returning(Workbench.id)) is not None


def _forget(session: Session, drawn_at: datetime, ids: Sequence[int]) -> None:
    """Take off the map who no longer belongs there. The caller commits."""
    if ids and _is_current(session, drawn_at):
        for start in range(0, len(ids), AT_ONCE):
            session.execute(delete(Spot).where(Spot.face_id.in_(ids[start : start + AT_ONCE])))


def _rows(ids: Sequence[int], made: Plane, which: slice) -> Iterator[dict[str, float]]:
    for id, (x, y) in zip(ids[which], made[which].tolist(), strict=True):
        yield {"face_id": id, "x": x, "y": y}


def _some(ids: Sequence[int]) -> list[int]:
    return [ids[i] for i in _sample(len(ids))]


def _sample(count: int) -> IntArray:
    """At most FITTED of so many, by chance, in order."""
    return np.sort(np.random.default_rng(SEED).permutation(count)[:FITTED])


def _pca(vectors: Vectors) -> "PCA":
    from sklearn.decomposition import PCA

    count = min(DIMENSIONS, len(vectors) - 1)
    return PCA(count, svd_solver="randomized", random_state=SEED).fit(unit(vectors))


def _reduced(reduce: "PCA", vectors: Vectors) -> Plane:
    """Few dimensions (n, 50) of features; in parts, which need less memory."""
    parts = [vectors[start : start + AT_ONCE] for start in range(0, len(vectors), AT_ONCE)]
    return np.concatenate([reduce.transform(unit(part)) for part in parts]).astype(np.float64)
