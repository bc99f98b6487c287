"""The index of this process, which follows the features that are stored."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, cast, func, select
from sqlalchemy.orm import Session

from db.face_rows import covers_ids
from db.integrity import is_whole_vector
from db.models import Embedding, Face, Run, Workbench
from db.models.runs import VECTOR_BYTES
from inference.similar.index import FaceIndex
from trainer.features.backbone import FEATURES

LOOK_EVERY = 2.0
"""Seconds: an answer knows all features that had been stored so long before it."""
READ_AT_ONCE = 5000
_OF_PRESENT_BOX = and_(Face.id == Embedding.face_id, Face.box_version == Embedding.box_version)
_LIVE = select(Run.backbone).join(Workbench, Workbench.live_run_id == Run.id)
_NEWEST = select(Embedding.backbone).where(Embedding.view == 0).order_by(Embedding.face_id.desc()).limit(1)
_VECTOR = (
    select(Embedding.vector)
    .join(Face, _OF_PRESENT_BOX)
    .where(Embedding.face_id == bindparam("of_face"), Embedding.backbone == bindparam("of_network"))
    .where(Embedding.view == 0)
)


class StoredIndex:
    """The features of one network: of each face the undistorted crop of its present box."""

    def __init__(self, network: str) -> None:
        self.network = network
        self.faces = FaceIndex(FEATURES)
        self._sums: tuple[int, ...] | None = None
        self._looked_at = 0.0

    def follow(self, session: Session) -> None:
        """Take in what has been stored or deleted since the last look, if that was LOOK_EVERY ago."""
        if self._sums is not None and time.monotonic() - self._looked_at < LOOK_EVERY:
            return
        sums = self._stored_sums(session)
        if sums != self._sums:
            self._read_changes(session)
        self._sums, self._looked_at = sums, time.monotonic()

    def _stored_sums(self, session: Session) -> tuple[int, ...]:
        """Sums that differ once features were added or deleted; quicker to read than all keys."""
        of_box = cast(Embedding.face_id, BigInteger) * Embedding.box_version
        query = select(func.count(), func.sum(Embedding.face_id), func.sum(of_box)).where(*self._stored())
        return tuple(int(value or 0) for value in session.execute(query).one())

    def _read_changes(self, session: Session) -> None:
        keys = (
            select(Embedding.face_id, Embedding.box_version)
            .join(Face, _OF_PRESENT_BOX)
            .where(*self._stored())
        )
        stored = dict(session.execute(keys).tuples().all())
        for face_id, version in list(self.faces.versions.items()):
            if stored.get(face_id) != version:
                self.faces.remove(face_id)
        missing = sorted(stored.keys() - self.faces.versions.keys())
        for start in range(0, len(missing), READ_AT_ONCE):
            self._read(session, missing[start : start + READ_AT_ONCE], stored)

    def _read(self, session: Session, face_ids: Sequence[int], stored: dict[int, int]) -> None:
        query = select(Embedding.face_id, Embedding.box_version, Embedding.vector)
        query = query.where(*self._stored(), covers_ids(Embedding.face_id, face_ids))
        wanted = set(face_ids)
        rows = [
            (face_id, version, vector)
            for face_id, version, vector in session.execute(query).tuples()
            if face_id in wanted and version == stored[face_id] and len(vector) == VECTOR_BYTES
        ]
        vectors = np.frombuffer(b"".join(vector for _, _, vector in rows), "<f2").reshape(-1, FEATURES)
        whole = np.flatnonzero(np.isfinite(vectors).all(axis=1))  # what is damaged, a run computes again
        kept = [rows[row] for row in whole]
        self.faces.put([row[0] for row in kept], [row[1] for row in kept], vectors[whole])

    def _stored(self) -> list[ColumnElement[bool]]:
        return [Embedding.backbone == self.network, Embedding.view == 0]


_index: StoredIndex | None = None


def index_of(session: Session, network: str) -> FaceIndex:
    """The features of the network as they are stored now; the first time all are read."""
    global _index
    if _index is None or _index.network != network:
        _index = None  # the memory of one, before another takes as much
        _index = StoredIndex(network)
    _index.follow(session)
    return _index.faces


def network_in_use(session: Session) -> str | None:
    """The network whose features are compared: the live model's, which every face soon has.

    Without a live model, that of the newest face that has any; None if no face has.
    """
    return session.scalar(_LIVE) or session.scalar(_NEWEST)


def vector_of(session: Session, network: str, face_id: int) -> NDArray[np.float16] | None:
    """The stored features (1280,) of the face's present box; None if there are none, or damaged ones."""
    vector = session.scalar(_VECTOR, {"of_face": face_id, "of_network": network})
    return np.frombuffer(vector, "<f2") if vector is not None and is_whole_vector(vector) else None
