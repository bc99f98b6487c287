"""Features of crops: computed once per (face, box, backbone, view) on all cores, then kept."""

import functools
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from ai_edge_litert.interpreter import Interpreter  # noqa: TID251 - heavy module
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from db.faces import insert_for_faces
from db.models import Embedding, Face, Photo
from db.storage import blobs
from trainer import backbone, crops

Features = NDArray[np.float32]
Key = tuple[int, int]
"""(face id, view)."""
BATCH = 64
READ_AT_ONCE = 5000
"""Ids in one query; both engines allow tens of thousands of parameters, not hundreds."""


@dataclass(frozen=True)
class Wanted:
    """A face whose features are needed, in views 0 to `views` - 1."""

    face_id: int
    views: int


class Embedder:
    """LiteRT with one single-threaded interpreter a core: twice the speed of one with two threads."""

    def __init__(self, model: bytes, cores: int | None = None) -> None:
        self._model = model
        self._cores = cores or os.cpu_count() or 1
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(self._cores, thread_name_prefix="embed")

    def __call__(self, images: NDArray[np.uint8]) -> Features:
        """Features (n, 1280) of RGB crops (n, 160, 160, 3)."""
        parts = [part for part in np.array_split(images, self._cores) if len(part)]
        done = list(self._pool.map(self._embed, parts))
        return np.concatenate(done) if done else np.empty((0, backbone.FEATURES), np.float32)

    def _embed(self, images: NDArray[np.uint8]) -> Features:
        interpreter, inlet, outlet = self._interpreter()
        features = np.empty((len(images), backbone.FEATURES), np.float32)
        for row, image in enumerate(images):
            interpreter.set_tensor(inlet, backbone.scaled(image[None]))
            interpreter.invoke()
            features[row] = interpreter.get_tensor(outlet)[0]
        return features

    def _interpreter(self) -> tuple[Interpreter, int, int]:
        if not hasattr(self._local, "interpreter"):
            made = Interpreter(model_content=self._model, num_threads=1)
            made.allocate_tensors()
            inlet, outlet = made.get_input_details()[0]["index"], made.get_output_details()[0]["index"]
            self._local.interpreter = (made, inlet, outlet)
        kept: tuple[Interpreter, int, int] = self._local.interpreter
        return kept


@functools.cache
def embedder() -> Embedder:
    """The process's embedder."""
    return Embedder(backbone.litert())


def features_of(
    session: Session, wanted: Sequence[Wanted], on_batch: Callable[[float], None] = lambda share: None
) -> dict[Key, Features]:
    """Features by (face, view), computing and committing what is missing, batch by batch.

    `on_batch` hears the share done after each batch. Faces that are gone meanwhile are left out.
    """
    have = _kept(session, wanted)
    missing = {
        one.face_id: views
        for one in wanted
        if (views := [view for view in range(one.views) if (one.face_id, view) not in have])
    }
    done = 0
    for batch in _batches(session, missing):
        have.update(_compute(session, batch, missing))
        session.commit()
        done += len(batch)
        on_batch(done / len(missing))
    return have


def _kept(session: Session, wanted: Sequence[Wanted]) -> dict[Key, Features]:
    views = {one.face_id: one.views for one in wanted}
    query = (
        select(Embedding.face_id, Embedding.view, Embedding.vector)
        .join(Face, Face.id == Embedding.face_id)
        .where(Embedding.backbone == backbone.backbone_id(), Embedding.box_version == Face.box_version)
    )
    ids = sorted(views)
    return {
        (row.face_id, row.view): np.frombuffer(row.vector, "<f2").astype(np.float32)
        for start in range(0, len(ids), READ_AT_ONCE)
        for row in session.execute(query.where(Face.id.in_(ids[start : start + READ_AT_ONCE])))
        if row.view < views[row.face_id]
    }


def _batches(session: Session, missing: dict[int, list[int]]) -> Iterable[list[Face]]:
    """The faces still to do, in batches that keep each photo's faces together."""
    ids = sorted(missing)
    for start in range(0, len(ids), BATCH):
        query = select(Face).join(Photo).where(Face.id.in_(ids[start : start + BATCH]))
        faces = list(session.scalars(query.options(contains_eager(Face.photo)).order_by(Face.photo_id)))
        if faces:
            yield faces


def _compute(session: Session, faces: list[Face], missing: dict[int, list[int]]) -> dict[Key, Features]:
    keys: list[Key] = []
    images: list[NDArray[np.uint8]] = []
    versions = {face.id: face.box_version for face in faces}
    for _, group in groupby(faces, key=lambda face: face.photo_id):
        members = list(group)
        try:
            photo = crops.decode(blobs().get(members[0].photo.blob))
        except FileNotFoundError:  # deleted since the batch was listed
            continue
        for face in members:
            plain = crops.crop(photo, face.box)
            for view in missing[face.id]:
                keys.append((face.id, view))
                images.append(crops.view(plain, view, face.id))
    if not images:
        return {}
    vectors = embedder()(np.stack(images)).astype("<f2")
    insert_for_faces(
        session,
        Embedding,
        [
            {
                "face_id": face_id,
                "box_version": versions[face_id],
                "backbone": backbone.backbone_id(),
                "view": view,
                "vector": vector.tobytes(),
            }
            for (face_id, view), vector in zip(keys, vectors, strict=True)
        ],
    )
    return dict(zip(keys, vectors.astype(np.float32), strict=True))
