"""Labelled faces to replay labelling on: the workbench's own, or pictures of a folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from db import classes
from trainer.arrays import Box, Float32Array
from trainer.data import dataset
from trainer.data.minimum_labels import require_for_simulation
from trainer.errors import NotEnoughLabels
from trainer.label_efficiency.simulate import START, LabelledFaces, halves

OnFace = Callable[[int, int], None]
"""Called with the number of faces done and their total."""


@dataclass(frozen=True)
class Picture:
    """A labelled picture. `box` is None where the whole picture is the face; equal `sha256` are one
    picture."""

    cut: Path
    label: str
    sha256: str
    box: Box | None


def of_workbench(session: Session, seeds: int, on_face: OnFace) -> tuple[LabelledFaces, tuple[str, ...]]:
    """The answered faces and their class names. Features that are missing are computed and kept.

    Raises NotEnoughLabels.
    """
    current = classes.read(session)
    rows = dataset.collect(session, list(current.ids.values()), current).rows
    labels = [current.shown_as[row.label] for row in rows]
    faces, names = _without_features(labels, [str(row.group) for row in rows])
    require_both_halves(faces, names, seeds)

    from trainer.features import networks
    from trainer.features.feature_store import features_of_existing

    ids = [row.face_id for row in rows]
    existing, vectors = features_of_existing(
        session, networks.shared(), ids, lambda share: on_face(round(share * len(ids)), len(ids))
    )
    kept = np.isin(ids, existing)
    faces = LabelledFaces(vectors.astype(np.float32), faces.labels[kept], faces.groups[kept])
    require_both_halves(faces, names, seeds)  # some may have been deleted meanwhile
    return faces, names


def of_pictures(
    pictures: Sequence[Picture], seeds: int, on_face: OnFace
) -> tuple[LabelledFaces, tuple[str, ...]]:
    """The pictures and their class names; only identical files form a group. Raises NotEnoughLabels."""
    faces, names = _without_features(
        [picture.label for picture in pictures], [picture.sha256 for picture in pictures]
    )
    require_both_halves(faces, names, seeds)

    from trainer.features import crops, networks

    network = networks.shared()

    def embed(picture: Picture) -> Float32Array:
        photo = crops.decode(picture.cut.read_bytes())
        box = picture.box or (0.0, 0.0, float(photo.shape[1]), float(photo.shape[0]))
        return np.asarray(network.embedder.embed_in_thread([network.crop(photo, box)])[0], np.float32)

    tasks = [network.embedder.submit(embed, picture) for picture in pictures]
    features = []
    for task in tasks:
        features.append(task.result())
        on_face(len(features), len(tasks))
    # Rounded to float16 as the workbench stores them, so that both sources give the same curves.
    return replace(faces, features=np.array(features, "<f2").astype(np.float32)), names


def _without_features(labels: Sequence[str], groups: Sequence[str]) -> tuple[LabelledFaces, tuple[str, ...]]:
    """The faces, their features still empty, and their class names."""
    names, indices = np.unique(np.array(labels, str), return_inverse=True)
    members = np.unique(np.array(groups, str), return_inverse=True)[1]
    empty = np.empty((len(labels), 0), np.float32)
    return LabelledFaces(empty, indices.astype(np.int64), members.astype(np.int64)), tuple(map(str, names))


def require_both_halves(faces: LabelledFaces, names: Sequence[str], seeds: int) -> None:
    """Raises NotEnoughLabels when there are too few faces to choose from or to measure on."""
    counts = np.bincount(faces.labels, minlength=len(names)).tolist()
    require_for_simulation(dict(zip(names, counts, strict=True)))
    if any(_lacks_a_class(faces, seed) for seed in range(seeds)):
        raise NotEnoughLabels(
            "too_few_people",
            "Half of the people are kept to measure on, and these faces are of so few people that a class is"
            " missing in one of the halves.",
            "Label faces of more people.",
        )


def _lacks_a_class(faces: LabelledFaces, seed: int) -> bool:
    """Whether one of the seed's halves lacks a class, or the pool is smaller than START."""
    pool, measured = halves(faces, seed)
    classes = len(np.unique(faces.labels))
    least = min(len(np.unique(faces.labels[part])) for part in (pool, measured))
    return least < classes or len(pool) < START
