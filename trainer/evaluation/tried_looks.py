"""Whether the photos that the live model is tried on are still like those that it learned from.

The photos are not kept: of each, one bit is noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.confidence_intervals import Interval, independent_difference, share
from db.models import Embedding, Run, TriedLook, Workbench
from db.storage import MissingFile, blobs
from trainer.arrays import BoolArray, Box
from trainer.data.dataset import Dataset, Row
from trainer.errors import NoModel
from trainer.evaluation.drift import (
    DRIFT_THRESHOLD,
    EXPECTED_UNUSUAL,
    MIN_FACES,
    FamiliarFaces,
    GroupedFeatures,
    are_enough,
    sampled,
)

KEPT = 1000
"""Looks that are kept, the newest."""
WINDOW = 100
"""Photos that are compared with as many before them."""
_familiar: tuple[tuple[object, ...], FamiliarFaces | None] | None = None
"""Of the live run, by what they were read for: 8 MB of features at most."""


@dataclass(frozen=True)
class Unfamiliar:
    """The share of the last tried photos that are unusual; of those before, where it was lower then."""

    last: Interval
    before: Interval | None


def note_look(session: Session, run_id: int, features: NDArray[np.floating], boxes: Sequence[Box]) -> None:
    """Note whether a photo with these faces, features (n, d) and boxes, looks unusual to the live model.

    It is judged by its largest face: by the least familiar one, photos of groups would seem unusual.
    Nothing is noted of a photo without faces, for a run that is not live, and where there is too little to
    compare with.
    """
    live = select(Run.manifest, Run.backbone, Run.erased).where(Run.id == run_id)
    row = session.execute(live.join(Workbench, Workbench.live_run_id == Run.id)).one_or_none()
    if row is None or not boxes:
        return
    manifest, backbone, erased = row
    familiar = _familiar_faces(session, str(manifest), str(backbone), erased)
    if familiar is None:
        return
    largest = int(np.argmax([w * h for _, _, w, h in boxes]))
    look = TriedLook(run_id=run_id, unusual=bool(familiar.are_unusual(features[largest : largest + 1])[0]))
    session.add(look)
    session.flush()
    session.execute(delete(TriedLook).where(TriedLook.id <= look.id - KEPT))


def unfamiliar_photos(session: Session, run: Run) -> Unfamiliar | None:
    """How unusual the last WINDOW photos are that the run was tried on, if that is more than before.

    None unless it can be told apart from the WINDOW before these, or from twice what is usual. Photos count
    one by one: whose faces they show is not noted.
    """
    newest = select(TriedLook.unusual).where(TriedLook.run_id == run.id).order_by(TriedLook.id.desc())
    looks = np.array(session.scalars(newest.limit(2 * WINDOW)).all(), bool)
    if len(looks) < MIN_FACES:
        return None
    last = _share(looks[:WINDOW])
    if len(looks) == 2 * WINDOW:
        before = _share(looks[WINDOW:])
        has_grown = independent_difference(last, before)["low"] > 0
        if has_grown and last["low"] > EXPECTED_UNUSUAL:
            return Unfamiliar(last, before)
    return Unfamiliar(last, None) if last["low"] > DRIFT_THRESHOLD else None


def _share(unusual: BoolArray) -> Interval:
    figure = share(unusual, np.arange(len(unusual)))
    assert figure is not None  # of no faces
    return figure


def _familiar_faces(session: Session, manifest: str, backbone: str, erased: int) -> FamiliarFaces | None:
    """Faces that the run learned from, read once; anew when the run changes or faces of it are erased."""
    global _familiar
    key = (manifest, backbone, erased)
    if _familiar is None or _familiar[0] != key:
        _familiar = key, _read_familiar(session, manifest, backbone)
    return _familiar[1]


def _read_familiar(session: Session, manifest: str, backbone: str) -> FamiliarFaces | None:
    """None if too few of their features are stored, or the manifest is of an older version or lost."""
    try:
        data = Dataset.from_manifest(blobs().get(manifest))
    except (NoModel, MissingFile):
        return None
    learned = [data.rows[i] for i in np.flatnonzero(data.where("train", "validation"))]
    stored = _stored_features(session, [learned[i] for i in sampled(len(learned))], backbone)
    return FamiliarFaces(stored) if are_enough(stored.groups) else None


def _stored_features(session: Session, rows: Sequence[Row], backbone: str) -> GroupedFeatures:
    """Those of the faces' undistorted crops that are stored for the boxes that the run learned from."""
    by_key = {(row.face_id, row.box_version): row.group for row in rows}
    query = select(Embedding.face_id, Embedding.box_version, Embedding.vector).where(
        Embedding.face_id.in_([row.face_id for row in rows]),
        Embedding.backbone == backbone,
        Embedding.view == 0,
    )
    found = [
        (by_key[id, version], vector)
        for id, version, vector in session.execute(query)
        if (id, version) in by_key
    ]
    features = np.array([np.frombuffer(vector, "<f2") for _, vector in found], np.float16)
    return GroupedFeatures(features, np.array([group for group, _ in found], np.int64))
