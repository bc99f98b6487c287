"""The faces that a run learned from or was measured on, as its manifest lists them.

The trainer writes manifests; erasure reads them.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from db.storage import blobs

CACHED_BYTES = 16 << 20
"""Memory for manifests that were read: an eighth of a byte for each face up to the last in one."""
_bits: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
_lock = threading.Lock()


def count_in_manifest(manifest: str, face_ids: Set[int]) -> int:
    """How many of the faces the manifest with this blob key lists. The key is a hash, so it may be cached."""
    bits = _bits_of(manifest)
    inside = np.array([id for id in face_ids if id < 8 * len(bits)], np.int64)
    return int(np.count_nonzero(bits[inside >> 3] & (1 << (inside & 7))))


def _bits_of(manifest: str) -> NDArray[np.uint8]:
    """A bit for each face from 0 on, the lowest first: whether the manifest lists it."""
    with _lock:
        if manifest in _bits:
            _bits.move_to_end(manifest)
            return _bits[manifest]
    ids = np.array([row[0] for row in json.loads(blobs().get(manifest))["rows"]], np.int64)
    listed = np.zeros(int(ids.max(initial=0)) + 1, bool)
    listed[ids] = True
    bits = np.packbits(listed, bitorder="little")
    with _lock:
        _bits[manifest] = bits
        while sum(one.nbytes for one in _bits.values()) > CACHED_BYTES and len(_bits) > 1:
            _bits.popitem(last=False)
    return bits
