"""Features of crops: computed once per (face, box, network, view) on all cores, then kept."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, contains_eager

from db.face_rows import covers_ids, insert_for_faces
from db.integrity import is_whole_vector
from db.models import Embedding, Face, Photo
from db.storage import blobs
from trainer.arrays import Box, Image
from trainer.errors import UnreadablePicture
from trainer.features import backbone, crops
from trainer.features.networks import Network

Key = tuple[int, int]
"""(face id, view)."""
BATCH = 64
UNAVAILABLE = (FileNotFoundError, UnreadablePicture)
"""A picture was deleted since its face was listed, or it is damaged; a run names the latter as skipped."""
READ_AT_ONCE = 5000
"""Ids in one query; both engines allow tens of thousands of parameters, not hundreds."""

OnProgress = Callable[[float], None]
"""Called with the share done, from 0 to 1; it may raise to stop the work."""
Boxes = Mapping[int, tuple[int, Box]]
"""Box version and box by face, for faces whose features are needed for another box than the present one."""


@dataclass(frozen=True)
class FeatureRequest:
    """A face whose features are needed: views 0 to `views` - 1."""

    face_id: int
    views: int

    @property
    def keys(self) -> list[Key]:
        """The keys of all views asked for."""
        return [(self.face_id, view) for view in range(self.views)]


class Features:
    """Feature vectors (1280,) by (face, view), in float16 as they are stored, which halves the memory."""

    def __init__(self, requests: Iterable[FeatureRequest]) -> None:
        keys = [key for request in requests for key in request.keys]
        self._row = {key: row for row, key in enumerate(keys)}
        self._vectors = np.zeros((len(keys), backbone.FEATURES), np.float16)
        self._present = np.zeros(len(keys), bool)

    def __contains__(self, key: Key) -> bool:
        row = self._row.get(key)
        return row is not None and bool(self._present[row])

    def put(self, key: Key, vector: NDArray[np.float16]) -> None:
        """Store a vector (1280,) if its key was requested."""
        if (row := self._row.get(key)) is not None:
            self._vectors[row] = vector
            self._present[row] = True

    def take(self, keys: Sequence[Key]) -> NDArray[np.float16]:
        """Vectors (n, 1280) of the keys; zeros where one is missing. Raises KeyError if not requested."""
        return np.asarray(self._vectors[[self._row[key] for key in keys]])

    def undistorted(self, face_ids: Iterable[int]) -> NDArray[np.float16]:
        """Vectors (n, 1280) of the faces' undistorted crops, as `take` returns them."""
        return self.take([(id, 0) for id in face_ids])

    def missing(self) -> dict[int, list[int]]:
        """The requested views without a vector, by face."""
        views: dict[int, list[int]] = {}
        for (face_id, view), row in self._row.items():
            if not self._present[row]:
                views.setdefault(face_id, []).append(view)
        return views


def features_of(
    session: Session,
    network: Network,
    requests: Sequence[FeatureRequest],
    on_progress: OnProgress = lambda share: None,
    boxes: Boxes = MappingProxyType({}),
) -> Features:
    """The requested features; those not stored yet are computed and committed, batch by batch.

    `on_progress` is called with the share done after each face computed. Faces that were deleted meanwhile
    and those whose picture is damaged stay missing. Features of a box in `boxes` are stored only if it is the
    face's present box.
    """
    features = Features(requests)
    _read(session, network, features, [request.face_id for request in requests], boxes)
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


def undistorted_features(
    session: Session,
    network: Network,
    face_ids: Sequence[int],
    on_progress: OnProgress = lambda share: None,
    boxes: Boxes = MappingProxyType({}),
) -> Features:
    """`features_of` the faces' undistorted crops alone."""
    return features_of(session, network, [FeatureRequest(id, 1) for id in face_ids], on_progress, boxes)


def features_of_existing(
    session: Session,
    network: Network,
    face_ids: Sequence[int],
    on_progress: OnProgress = lambda share: None,
) -> tuple[list[int], NDArray[np.float16]]:
    """Ids of the faces that still exist, in their order, and the features (n, 1280) of their crops."""
    features = undistorted_features(session, network, face_ids, on_progress)
    existing = [id for id in face_ids if (id, 0) in features]
    return existing, features.undistorted(existing)


def crops_of(
    session: Session,
    network: Network,
    face_ids: Sequence[int],
    on_progress: OnProgress = lambda share: None,
    boxes: Boxes = MappingProxyType({}),
) -> dict[int, Image]:
    """Undistorted crops (160, 160, 3) as the network sees them, by face.

    Deleted faces and those whose picture is damaged are left out.
    """
    images: dict[int, Image] = {}
    for faces in _batches(session, {id: [0] for id in face_ids}):
        for face in faces:
            with contextlib.suppress(*UNAVAILABLE):
                photo = crops.decode(blobs().get(face.photo.blob))
                images[face.id] = network.crop(photo, boxes.get(face.id, (0, face.box))[1])
            on_progress(len(images) / len(face_ids))
    return images


def _read(session: Session, network: Network, features: Features, ids: Sequence[int], boxes: Boxes) -> None:
    """Fill in the stored features of the right version of the box; delete damaged ones."""
    query = (
        select(Embedding.face_id, Embedding.view, Embedding.vector, Embedding.box_version, Face.box_version)
        .join(Face, Face.id == Embedding.face_id)
        .where(Embedding.backbone == network.id)
    )
    damaged = []
    for start in range(0, len(ids), READ_AT_ONCE):
        for face_id, view, vector, version, current_version in session.execute(
            query.where(covers_ids(Embedding.face_id, ids[start : start + READ_AT_ONCE]))
        ):
            if version == boxes.get(face_id, (current_version,))[0]:
                if is_whole_vector(vector):
                    features.put((face_id, view), np.frombuffer(vector, "<f2"))
                else:
                    damaged.append((face_id, version, view))
    for face_id, version, view in damaged:  # they are computed again, and stored
        key = Embedding.face_id == face_id, Embedding.box_version == version, Embedding.view == view
        session.execute(delete(Embedding).where(*key, Embedding.backbone == network.id))


def _batches(session: Session, missing: dict[int, list[int]]) -> Iterator[list[Face]]:
    """The faces with missing views, in batches, ordered so that faces of one photo stand together."""
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
    finally:  # when the caller stops early, photos that have not begun are skipped
        for _, task in tasks:
            task.cancel()


def _embed(network: Network, blob: str, cuts: list[tuple[int, Box, list[int]]]) -> list[NDArray[np.float16]]:
    """For each face of a photo its vectors (views, 1280); nothing if the photo is gone or damaged."""
    try:
        photo = crops.decode(blobs().get(blob))
    except UNAVAILABLE:
        return []
    vectors = []
    for face_id, box, views in cuts:
        image = network.crop(photo, box)
        distorted = (crops.view(image, view, face_id) for view in views)
        vectors.append(network.embedder.embed_in_thread(distorted).astype("<f2"))
    return vectors


def _row(network: Network, face: Face, view: int, vector: NDArray[np.float16]) -> dict[str, Any]:
    key = {"face_id": face.id, "box_version": face.box_version, "backbone": network.id, "view": view}
    return key | {"vector": vector.astype("<f2").tobytes()}
