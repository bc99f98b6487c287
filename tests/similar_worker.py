"""The worker that finds similar faces, in the process of the test: questions go to it without a broker."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from db import queue, replies
from db.models import Embedding, Face
from db.session import session_scope
from inference.similar import answer, stored
from trainer.features.backbone import FEATURES

NETWORK = "a network"


def work_here(patch: pytest.MonkeyPatch) -> None:
    """Answer each question at once, as the worker does; its index is new, and looks before each answer."""
    kept: dict[str, dict[str, Any]] = {}
    patch.setattr(stored, "_index", None)
    patch.setattr(stored, "LOOK_EVERY", 0.0)
    patch.setattr(replies, "send", kept.__setitem__)
    patch.setattr(replies, "wait", lambda address, seconds: kept.pop(address, None))
    patch.setattr(queue, "send", _ask)


def _ask(task: str, args: tuple[Any, ...]) -> bool:
    if task == queue.FIND_SIMILAR:
        with session_scope() as session:
            answer.answer(session, args[0])
    return True


def vectors(*rows: Sequence[float]) -> NDArray[np.float16]:
    """Features that begin with these numbers and are 0 from there."""
    made = np.zeros((len(rows), FEATURES), np.float16)
    for i, row in enumerate(rows):
        made[i, : len(row)] = row
    return made


def add_features(session: Session, faces: Sequence[Face], features: NDArray[np.float16]) -> None:
    """Store features of the faces' present boxes; commits."""
    for face, vector in zip(faces, features, strict=True):
        key = {"face_id": face.id, "box_version": face.box_version, "backbone": NETWORK, "view": 0}
        session.add(Embedding(**key, vector=vector.astype("<f2").tobytes()))
    session.commit()
