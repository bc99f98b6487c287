"""Finding near repeats of a photo by the Hamming distance of difference hashes."""

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, literal_column, select
from sqlalchemy.orm import Session

from db.models import Photo

NEAR = 40
"""Bits of 256 in which near repeats may differ. Measured on 1,050 real photographs against themselves
resized, brightened, mirrored and as JPEG 40: 99 % of the repeats differ by at most 30, and of 550,000
pairs of different files 5 by at most 40. Frames of a burst (shifted by 0.8 %, turned by half a degree)
differ by 12 in the median and 35 at most, a photo and its HEIC by 2 and 12 (145 photographs)."""
COMPARED = 200_000
"""Photos that a new one is compared with, the newest: 6 ms, and 8 MB in each process that receives photos."""


class _Hashes:
    """The ids and hashes of the newest photos as this process has read them, ascending by id."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ids = np.empty(0, np.int64)
        self.hashes = np.empty((0, 32), np.uint8)

    def read_on(self, session: Session) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Add the photos that came since; returns all."""
        with self.lock:
            last = int(self.ids[-1]) if len(self.ids) else 0
            newest = select(Photo.id, Photo.dhash).where(Photo.id > last)
            rows = session.execute(newest.order_by(Photo.id.desc()).limit(COMPARED)).all()[::-1]
            if rows:
                ids, hashes = _as_arrays(rows)
                self.ids = np.concatenate([self.ids, ids])[-COMPARED:]
                self.hashes = np.concatenate([self.hashes, hashes])[-COMPARED:]
            return self.ids, self.hashes


_read: WeakKeyDictionary[Engine, _Hashes] = WeakKeyDictionary()


def near_repeats(session: Session, hashes: Sequence[bytes], after: int = 0) -> tuple[list[int], int]:
    """Ids of the photos within NEAR bits of any of the hashes, and the last id that was compared.

    Only the newest COMPARED photos with an id above `after` are compared, with those among them that are
    being deleted: they may be restored. Some of the ids may be of photos that are gone.
    """
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    ids, stored = _read.setdefault(engine, _Hashes()).read_on(session)
    first = int(np.searchsorted(ids, after, side="right"))
    near = _near(ids[first:], stored[first:], hashes)
    # The hash of a photo that was turned here is another than when it was read.
    is_turned = Photo.turned != literal_column("0")  # no parameter, or SQLite would not use the index
    turned = session.execute(select(Photo.id, Photo.dhash).where(is_turned, Photo.id > after)).all()
    if turned:
        near = near - {id for id, _ in turned} | _near(*_as_arrays(turned), hashes)
    return sorted(near), int(ids[-1]) if first < len(ids) else after


def _as_arrays(rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    ids = np.array([id for id, _ in rows], np.int64)
    return ids, np.frombuffer(b"".join(dhash for _, dhash in rows), np.uint8).reshape(len(rows), -1)


def _near(ids: NDArray[np.int64], stored: NDArray[np.uint8], hashes: Sequence[bytes]) -> set[int]:
    if not len(ids):
        return set()
    is_near = np.min([distances(stored, dhash) for dhash in hashes], axis=0) <= NEAR
    return set(ids[is_near].tolist())


def distances(hashes: NDArray[np.uint8], dhash: bytes) -> NDArray[np.int64]:
    """Hamming distances (n,) of `dhash` to the packed hashes (n, bytes)."""
    different = hashes.view(np.uint64) ^ np.frombuffer(dhash, np.uint64)
    return np.asarray(np.bitwise_count(different).sum(axis=1, dtype=np.uint16), np.int64)
