"""Features of crops: computed once per (face, box, network, view) on all cores, then kept."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from db.face_rows import around, insert_for_faces
from db.models import Embedding, Face, Photo
from db.storage import blobs
from trainer.arrays import Box, Float32Array, Image
from trainer.features import backbone, crops
from trainer.features.embedder import Embedder
from trainer.features.networks import Network

Key = tuple[int, int]
"""(face id, view)."""
WITHIN = dict(zip((-1, -2, -3, -4), crops.SURROUNDINGS, strict=True))
"""The box head's views: each is the mean of the face within such a margin, and of its mirror image."""
BATCH = 64
READ_AT_ONCE = 5000
"""Ids in one query; both engines allow tens of thousands of parameters, not hundreds."""

OnProgress = Callable[[float], None]
"""Called with the share done, from 0 to 1; it may raise to stop the work."""
Boxes = Mapping[int, tuple[int, Box]]
"""Box version and box by face, where another than the face's present one is meant."""


@dataclass(frozen=True)
class FeatureRequest:
    """A face whose features are needed, in views 0 to `views` - 1, or in the box head's."""

    face_id: int
    views: int
    within: bool = False

    @property
    def keys(self) -> list[Key]:
        numbers = [*range(self.views), *(WITHIN if self.within else [])]
        return [(self.face_id, view) for view in numbers]


class Features:
    """Vectors (n, 1280) in float16 by (face, view): half the memory, as they are stored."""

    def __init__(self, wanted: Iterable[FeatureRequest]) -> None:
        keys = [key for one in wanted for key in one.keys]
        self._place = {key: place for place, key in enumerate(keys)}
        self._vectors = np.zeros((len(keys), backbone.FEATURES), np.float16)
        self._there = np.zeros(len(keys), bool)

    def __contains__(self, key: Key) -> bool:
        place = self._place.get(key)
        return place is not None and bool(self._there[place])

    def put(self, key: Key, vector: NDArray[np.float16]) -> None:
        """Keep a vector if it is wanted."""
        if (place := self._place.get(key)) is not None:
            self._vectors[place] = vector
            self._there[place] = True

    def take(self, keys: Sequence[Key]) -> NDArray[np.float16]:
        """Vectors (n, 1280) of keys that are there. Raises KeyError."""
        return np.asarray(self._vectors[[self._place[key] for key in keys]])

    def missing(self) -> dict[int, list[int]]:
        """The views that are not there yet, by face."""
        views: dict[int, list[int]] = {}
        for (face_id, view), place in self._place.items():
            if not self._there[place]:
                views.setdefault(face_id, []).append(view)
        return views


def features_of(
    session: Session,
    network: Network,
    wanted: Sequence[FeatureRequest],
    on_progress: OnProgress = lambda share: None,
    boxes: Boxes = MappingProxyType({}),
) -> Features:
    """Features of the faces, computing and committing what is missing, batch by batch.

    `on_progress` hears the share done, photo by photo. Faces that are gone meanwhile are left out.
    """
    features = Features(wanted)
    _read(session, network, features, [one.face_id for one in wanted], boxes)
    missing = features.missing()
    done = 0
    for faces in _batches(session, missing):
        rows: list[dict[str, Any]] = []
        for face, vectors in _compute(network, faces, missing, boxes):
            done += 1
            for view, vector in zip(missing[face.id], vectors, strict=True):
                features.put((face.id, view), vector)
                if boxes.get(face.id, (face.box_version,))[0] == face.box_version:
                    rows.append(_row(network, face, view, vector))
            on_progress(done / len(missing))
        insert_for_faces(session, Embedding, rows)
        session.commit()
    return features


def features_of_existing(
    session: Session,
    network: Network,
    face_ids: Sequence[int],
    on_progress: OnProgress = lambda share: None,
) -> tuple[list[int], NDArray[np.float16]]:
    """The faces that are still there, in their order, and the features (n, 1280) of their crops."""
    features = features_of(session, network, [FeatureRequest(id, 1) for id in face_ids], on_progress)
    there = [id for id in face_ids if (id, 0) in features]
    return there, features.take([(id, 0) for id in there])


def crops_of(
    session: Session,
    network: Network,
    face_ids: Sequence[int],
    on_progress: OnProgress = lambda share: None,
    boxes: Boxes = MappingProxyType({}),
) -> dict[int, Image]:
    """The faces as the network sees them, undistorted; those that are gone are left out."""
    found: dict[int, Image] = {}
    for faces in _batches(session, {id: [0] for id in face_ids}):
        for face in faces:
            with contextlib.suppress(FileNotFoundError):  # deleted since the batch was listed
                photo = crops.decode(blobs().get(face.photo.blob))
                found[face.id] = network.crop(photo, boxes.get(face.id, (0, face.box))[1])
            on_progress(len(found) / len(face_ids))
    return found


def _read(session: Session, network: Network, features: Features, ids: Sequence[int], boxes: Boxes) -> None:
    query = (
        select(Embedding.face_id, Embedding.view, Embedding.vector, Embedding.box_version, Face.box_version)
        .join(Face, Face.id == Embedding.face_id)
        .where(Embedding.backbone == network.id)
    )
    for start in range(0, len(ids), READ_AT_ONCE):
        for face_id, view, vector, version, now in session.execute(
            query.where(around(Embedding.face_id, ids[start : start + READ_AT_ONCE]))
        ):
            if version == boxes.get(face_id, (now,))[0]:
                features.put((face_id, view), np.frombuffer(vector, "<f2"))


def _batches(session: Session, missing: dict[int, list[int]]) -> Iterator[list[Face]]:
    """The faces still to do, in batches that keep each photo's faces together."""
    ids = sorted(missing)
    for start in range(0, len(ids), BATCH):
        query = select(Face).join(Photo).where(Face.id.in_(ids[start : start + BATCH]))
        faces = list(session.scalars(query.options(contains_eager(Face.photo)).order_by(Face.photo_id)))
        if faces:
            yield faces


def _compute(
    network: Network, faces: list[Face], missing: dict[int, list[int]], boxes: Boxes
) -> Iterator[tuple[Face, NDArray[np.float16]]]:
    """Each face with the vectors of its missing views; photos are decoded and embedded on all cores."""
    tasks = []
    for _, of_photo in groupby(faces, lambda face: face.photo_id):
        members = list(of_photo)
        cuts = [(face.id, boxes.get(face.id, (0, face.box))[1], missing[face.id]) for face in members]
        tasks.append((members, network.embedder.submit(_embed, network, members[0].photo.blob, cuts)))
    try:
        for members, task in tasks:
            if vectors := task.result():
                yield from zip(members, vectors, strict=True)
    finally:
        for _, task in tasks:  # cancelled: what has not begun need not
            task.cancel()


def _embed(network: Network, blob: str, cuts: list[tuple[int, Box, list[int]]]) -> list[NDArray[np.float16]]:
    try:
        photo = crops.decode(blobs().get(blob))
    except FileNotFoundError:  # deleted since the batch was listed
        return []
    done = []
    for face_id, box, views in cuts:
        plain = network.crop(photo, box)
        shown = (crops.view(plain, view, face_id) for view in views if view >= 0)
        within = (within_of(network.embedder, photo, box, WITHIN[view]) for view in views if view < 0)
        done.append(np.concatenate([network.embedder.embed_in_thread(shown), *within]).astype("<f2"))
    return done


def within_of(embedder: Embedder, photo: Image, box: Box, margin: float) -> Float32Array:
    """One of the box head's views (1, 1280)."""
    one = crops.crop(photo, box, margin)
    return np.asarray(embedder.embed_in_thread([one, one[:, ::-1]]).mean(axis=0, keepdims=True))


def _row(network: Network, face: Face, view: int, vector: NDArray[np.float16]) -> dict[str, Any]:
    key = {"face_id": face.id, "box_version": face.box_version, "backbone": network.id, "view": view}
    return key | {"vector": vector.astype("<f2").tobytes()}
