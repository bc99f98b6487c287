"""The features of all faces in memory, and the exact nearest of them.

The cosines of all come from products that are summed in float32; those that may be among the nearest are
computed again in float64, so that order and ties are those of a search that does nothing else.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import simsimd
from numpy.typing import NDArray

from trainer.arrays import FloatArray

BLOCK = 2048
"""Faces in a block; memory grows by a block at a time, and nothing is copied."""
SLACK = 1e-4
"""Larger than the error of a cosine in float32: at most 1280 times 2^-24."""
AT_ONCE = 1024
"""Vectors taken to float64 at a time."""
THREADS = os.cpu_count() or 1

for _summing_in_float16 in ("sapphire", "sve", "sve_f16"):
    simsimd.disable_capability(_summing_in_float16)  # SLACK is the error of sums in float32


class FaceIndex:
    """Vectors by face, each of one version of its box. `length` is that of a vector."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._blocks: list[NDArray[np.float16]] = []
        self._threads = ThreadPoolExecutor(THREADS)
        self._ids = np.zeros(0, np.int64)
        self._inverse_norms = np.zeros(0, np.float64)
        self._row: dict[int, int] = {}
        self.versions: dict[int, int] = {}
        """The version of the box by face."""

    def __len__(self) -> int:
        return len(self._row)

    def put(self, face_ids: Sequence[int], versions: Sequence[int], vectors: NDArray[np.float16]) -> None:
        """Add vectors (n, length), or put them in place of those that their faces have."""
        for start in range(0, len(face_ids), AT_ONCE):
            part, ids = vectors[start : start + AT_ONCE], face_ids[start : start + AT_ONCE]
            rows = np.array([self._row_for(id) for id in ids], np.int64)
            self._inverse_norms[rows] = _inverse_norms(part)
            for block in np.unique(rows // BLOCK):
                here = rows // BLOCK == block
                self._blocks[block][rows[here] % BLOCK] = part[here]
            self.versions |= dict(zip(ids, versions[start : start + AT_ONCE], strict=True))

    def remove(self, face_id: int) -> None:
        """Forget a face; the last row takes its place."""
        row, last = self._row.pop(face_id), len(self._row)
        del self.versions[face_id]
        if row != last:
            self._blocks[row // BLOCK][row % BLOCK] = self._blocks[last // BLOCK][last % BLOCK]
            self._inverse_norms[row], self._ids[row] = self._inverse_norms[last], self._ids[last]
            self._row[int(self._ids[row])] = row
        self._blocks[last // BLOCK][last % BLOCK] = 0  # nothing of a deleted face stays

    def cosines(self, vector: NDArray[np.float16]) -> FloatArray:
        """Approximate cosines (n,) of the vector (length,) with all, within SLACK.

        The vectors stay in float16, since half as many bytes are read sooner; numpy multiplies them ten times
        slower. Threads take block after block: the library's own wait for each other busily.
        """
        query, count = np.ascontiguousarray(vector)[None], len(self)
        products, starts = np.zeros(count), iter(range(0, count, BLOCK))

        def multiply() -> None:
            for start in starts:
                block = self._blocks[start // BLOCK][: count - start]
                products[start : start + BLOCK] = np.asarray(simsimd.cdist(query, block, metric="dot"))[0]

        for running in [self._threads.submit(multiply) for _ in range(THREADS)]:
            running.result()
        return np.asarray(products * (self._inverse_norms[:count] * _inverse_norms(vector[None])[0]))

    def nearest(
        self, vector: NDArray[np.float16], cosines: FloatArray, count: int
    ) -> list[tuple[int, float]]:
        """Ids and cosines of the nearest `count`, nearest first, of equal ones the smaller id first."""
        if (count := min(count, len(self))) < 1:
            return []
        smallest = np.partition(cosines, len(cosines) - count)[len(cosines) - count] - SLACK
        rows = np.flatnonzero(cosines >= smallest)
        exact, ids = self._exact(vector, rows), self._ids[rows]
        order = np.lexsort((ids, -exact))[:count]
        return [(int(id), float(cosine)) for id, cosine in zip(ids[order], exact[order], strict=True)]

    def _exact(self, vector: NDArray[np.float16], rows: NDArray[np.int64]) -> FloatArray:
        query, inverse = vector.astype(np.float64), _inverse_norms(vector[None])[0]
        products = np.zeros(len(rows))
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            vectors = np.stack([self._blocks[row // BLOCK][row % BLOCK] for row in part]).astype(np.float64)
            products[start : start + AT_ONCE] = (vectors * query).sum(axis=1)
        return np.asarray(products * (self._inverse_norms[rows] * inverse))

    def _row_for(self, face_id: int) -> int:
        """The row of the face, a new one if it has none."""
        if (row := self._row.get(face_id)) is not None:
            return row
        row = self._row[face_id] = len(self._row)
        if row == BLOCK * len(self._blocks):
            self._blocks.append(np.zeros((BLOCK, self._length), np.float16))
            self._ids = np.concatenate([self._ids, np.zeros(BLOCK, np.int64)])
            self._inverse_norms = np.concatenate([self._inverse_norms, np.zeros(BLOCK)])
        self._ids[row] = face_id
        return row


def _inverse_norms(vectors: NDArray[np.float16]) -> FloatArray:
    """1 / length of each vector (n, length); 0 for one of zeros, which is like nothing."""
    norms = np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1))
    return np.asarray(np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0))
