"""Which faces a run learned from or was measured on: written by the trainer, read when a face is erased."""

import functools
import json

from db.storage import blobs


@functools.lru_cache(maxsize=256)
def faces_in(manifest: str) -> frozenset[int]:
    """Ids of the faces that the manifest of that key lists. A key is a hash, so it always says the same."""
    return frozenset(row[0] for row in json.loads(blobs().get(manifest))["rows"])
