"""What the processes that ask for predictions and answer them share: the stored pictures, and the end.

A picture has a name and no key: nobody else's file is the same one, so that it may go without a look at rows.
"""

import secrets
import struct
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from db import nudges
from db.models import Prediction
from db.storage import blobs

FOLDER = "prediction"
ENDED = ("done", "failed")
_HEADER = struct.Struct("<III")
"""Bytes of the photo's file, which follows; height and width of the rendition, whose pixels come last."""


@dataclass(frozen=True)
class PredictionPicture:
    """`view` holds the RGB pixels (h, w, 3) of the rendition that detectors look at, `photo` the photo as a
    JPEG, PNG or WebP file; None if the rendition is the whole photo.
    """

    view: NDArray[np.uint8]
    photo: bytes | None


def store(view: bytes, size: tuple[int, int], photo: bytes | None) -> str:
    """Store a rendition of `size` (width, height) pixels, and the photo if it has more; returns its name."""
    name = f"{FOLDER}/{secrets.token_hex(16)}"
    blobs().put_named(name, _HEADER.pack(len(photo or b""), size[1], size[0]) + (photo or b"") + view)
    return name


def load(prediction: Prediction) -> PredictionPicture:
    """The picture of a prediction that has not ended. Raises MissingFile."""
    return read(str(prediction.picture))


def read(name: str) -> PredictionPicture:
    """The picture that was stored under the name. Raises MissingFile."""
    stored = blobs().get(name)
    length, height, width = _HEADER.unpack_from(stored)
    end = _HEADER.size + length
    view = np.frombuffer(stored, np.uint8, height * width * 3, end).reshape(height, width, 3)
    return PredictionPicture(view, stored[_HEADER.size : end] or None)


def finish(session: Session, prediction: Prediction) -> None:
    """Commit, and if the prediction has ended delete its picture and wake whoever waits."""
    session.commit()
    if prediction.status in ENDED:
        delete_picture(prediction)
        nudges.nudge(nudge_name(prediction))


def delete_picture(prediction: Prediction) -> None:
    """Delete the stored picture; nothing happens if it is gone."""
    if prediction.picture is not None:
        blobs().delete(prediction.picture)


def nudge_name(prediction: Prediction) -> str:
    """What is nudged once the prediction has ended."""
    return f"prediction:{prediction.id}"


def delete_pictures(before: datetime, kept: set[str]) -> None:
    """Delete the pictures that were written before that time and are not among the `kept`."""
    for name, written_at in blobs().list_named(FOLDER).items():
        if written_at < before and name not in kept:
            blobs().delete(name)
