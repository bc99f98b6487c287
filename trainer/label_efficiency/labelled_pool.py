"""Faces whose labels are known, to replay labelling on: the workbench's own, or pictures of a folder."""

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
"""Hears how many faces are done, of how many."""


@dataclass(frozen=True)
class Picture:
    """`box` is None where the whole picture is the face; the same `sha256` is the same picture."""

    cut: Path
    label: str
    sha256: str
    box: Box | None


def of_workbench(session: Session, seeds: int, on_face: OnFace) -> tuple[LabelledFaces, tuple[str, ...]]:
    """The answered faces and their classes; features are kept, and computed where they are missing.

    Raises NotEnoughLabels.
    """
    rows = dataset.collect(session, classes.names(session)).rows
    known, names = _labelled([row.label for row in rows], [str(row.group) for row in rows])
    require_both_halves(known, names, seeds)

    from trainer.features import networks
    from trainer.features.feature_store import features_of_existing

    ids = [row.face_id for row in rows]
    found, vectors = features_of_existing(
        session, networks.shared(), ids, lambda share: on_face(round(share * len(ids)), len(ids))
    )
    there = np.isin(ids, found)
    known = LabelledFaces(vectors.astype(np.float32), known.labels[there], known.groups[there])
    require_both_halves(known, names, seeds)  # some may have been deleted meanwhile
    return known, names


def of_pictures(
    pictures: Sequence[Picture], seeds: int, on_face: OnFace
) -> tuple[LabelledFaces, tuple[str, ...]]:
    """The pictures and their classes; only the same bytes are one group. Raises NotEnoughLabels."""
    known, names = _labelled([one.label for one in pictures], [one.sha256 for one in pictures])
    require_both_halves(known, names, seeds)

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
    # Rounded as the workbench keeps them, so that both sources replay the same.
    return replace(known, features=np.array(features, "<f2").astype(np.float32)), names


def _labelled(labels: Sequence[str], groups: Sequence[str]) -> tuple[LabelledFaces, tuple[str, ...]]:
    """The faces without features yet, and the classes that there are."""
    names, places = np.unique(np.array(labels, str), return_inverse=True)
    members = np.unique(np.array(groups, str), return_inverse=True)[1]
    empty = np.empty((len(labels), 0), np.float32)
    return LabelledFaces(empty, places.astype(np.int64), members.astype(np.int64)), tuple(map(str, names))


def require_both_halves(known: LabelledFaces, names: Sequence[str], seeds: int) -> None:
    """Raises NotEnoughLabels when there is too little to choose from, or to measure on."""
    counts = np.bincount(known.labels, minlength=len(names)).tolist()
    require_for_simulation(dict(zip(names, counts, strict=True)))
    if any(_lopsided(known, seed) for seed in range(seeds)):
        raise NotEnoughLabels(
            "too_few_people",
            "Half of the people are kept to measure on, and these faces are of so few people that a class is"
            " missing in one of the halves.",
            "Label faces of more people.",
        )


def _lopsided(known: LabelledFaces, seed: int) -> bool:
    """Whether the seed's halves leave a class, or the start, without faces."""
    pool, measured = halves(known, seed)
    classes = len(np.unique(known.labels))
    least = min(len(np.unique(known.labels[part])) for part in (pool, measured))
    return least < classes or len(pool) < START
