"""Faces from frame to frame: each keeps its number, and its probabilities are a mean over the last ones.

The same rule as that of the page with the live camera (web/static/try/tracker.js), so that both say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labeller.detection.detections import Detection
from labeller.photos.box import Box, overlap
from trainer.arrays import FloatArray

SAME_TRACK = 0.3
"""Overlap (IoU) from which a detection continues a track."""
LEAST_HITS = 2
"""Looks in which a face has to be found before it is shown, so that single false boxes never are."""
MOST_MISSES = 8
"""Looks in a row after which a face that is not found any more is forgotten."""
NEWEST = 0.4
"""Weight of the newest probabilities in the mean."""


@dataclass
class Track:
    """One face: `classified_at` is the number of the look, -1 before the first time."""

    id: int
    box: Box
    confidence: float
    hits: int = 1
    misses: int = 0
    classified_at: int = -1
    probabilities: FloatArray | None = None
    """Mean of the last ones, (classes,)."""


class Tracker:
    """The tracks after the last look."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._looks = 0
        self._last_id = 0

    def update(self, detections: Sequence[Detection]) -> None:
        """Take the detections of the next look. The best pairs of track and detection are matched first."""
        self._looks += 1
        missed = dict(enumerate(self.tracks))
        unmatched = dict(enumerate(detections))
        for i, k in self._pairs(detections):
            if i not in missed or k not in unmatched:
                continue
            track, detection = missed.pop(i), unmatched.pop(k)
            track.box, track.confidence = detection.box, detection.confidence
            track.hits, track.misses = track.hits + 1, 0
        for track in missed.values():
            track.misses += 1
        self.tracks = [one for one in self.tracks if one.misses <= _most_misses(one)]
        for detection in unmatched.values():
            self._last_id += 1
            self.tracks.append(Track(self._last_id, detection.box, detection.confidence))

    @property
    def shown(self) -> list[Track]:
        """The tracks to show: found in this look, and often enough."""
        return [one for one in self.tracks if one.hits >= LEAST_HITS and one.misses == 0]

    @property
    def due(self) -> Track | None:
        """The track to classify next: the one whose last time is longest ago."""
        found = [one for one in self.tracks if one.misses == 0]
        return min(found, key=lambda one: (one.classified_at, one.id), default=None)

    def classified(self, track: Track, probabilities: FloatArray) -> None:
        """Add what the model predicts for a track, (classes,), to its mean."""
        before = track.probabilities
        mean = probabilities if before is None else (1 - NEWEST) * before + NEWEST * probabilities
        track.probabilities, track.classified_at = np.asarray(mean), self._looks

    def _pairs(self, detections: Sequence[Detection]) -> list[tuple[int, int]]:
        """Indices of tracks and detections that may be one face, the best first."""
        pairs = [
            (overlap(track.box, detection.box), i, k)
            for i, track in enumerate(self.tracks)
            for k, detection in enumerate(detections)
        ]
        ranked = sorted((pair for pair in pairs if pair[0] >= SAME_TRACK), key=lambda pair: -pair[0])
        return [(i, k) for _, i, k in ranked]


def _most_misses(track: Track) -> int:
    return 0 if track.hits < LEAST_HITS else MOST_MISSES
