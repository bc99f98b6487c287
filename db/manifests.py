"""The faces that a run learned from or was measured on, as its manifest lists them.

The trainer writes manifests; erasure reads them.
"""

import functools
import json

from db.storage import blobs


@functools.lru_cache(maxsize=256)
def manifest_face_ids(manifest: str) -> frozenset[int]:
    """Ids of the faces in the manifest with this blob key. The key is a hash, so the result can be cached."""
    return frozenset(row[0] for row in json.loads(blobs().get(manifest))["rows"])
