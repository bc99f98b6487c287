"""Sets of ids, packed: a bit for each id from 0 up to the largest, compressed. 100,000 take a few kB."""

import zlib

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


def pack(ids: Ids) -> bytes:
    """The set of the ids; equal sets give equal bytes."""
    bits = np.zeros(int(ids.max(initial=-1)) + 1, bool)
    bits[ids] = True
    return zlib.compress(np.packbits(bits, bitorder="little").tobytes())


def is_packed(packed: bytes, largest: int) -> bool:
    """Whether these bytes are a set of ids up to `largest`; for what comes from elsewhere."""
    try:
        unpacking = zlib.decompressobj()
        unpacking.decompress(packed, largest // 8 + 1)
    except zlib.error:
        return False
    return unpacking.eof and not unpacking.unused_data


def unpack(packed: bytes) -> Ids:
    """The ids, ascending."""
    bits = np.unpackbits(np.frombuffer(zlib.decompress(packed), np.uint8), bitorder="little")
    return np.flatnonzero(bits)
