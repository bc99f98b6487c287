"""Which faces of a clip are of one person: tracks through its frames, and tracks that look alike.

Features of a network that was trained on things tell views apart, not people: the same picture of somebody,
larger, smaller or blurred, is alike, somebody in quite another view is not. So a track, of which each face
follows the one before, is of one person however it changes, and two tracks are if a face of one looks like a
face of the other.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeller.photos.box import Box, overlap

Floats = NDArray[np.float32]

FOLLOWS_OVERLAP = 0.3
"""IoU from which a face may be the one of the frame before."""
FOLLOWS_ALIKE = 0.8
"""Similarity from which it is, if it overlaps; a cut may put somebody else into the same place."""
GAP = 3
"""Frames in which a face may be missing from its track: blurred, or turned away."""
ALIKE = 0.81
"""Similarity from which faces are of one view. Of the most similar faces of two people in 26 clips made of
photographs, none are more alike than 0.80."""
PIXELS_COUNT, SAME_PIXELS = 0.5, 0.6
"""Correlation of the pixels from which it adds to the similarity, and how much."""
WEAK, NEAR_FRAMES, NEAR_OVERLAP, WEAKLY_ALIKE = 16.0, 9, 0.2, 0.75
"""Faces that are never sharper than this are of whoever is in the same place so many frames before or after,
or looks as much alike: a blurred stretch is no new person."""
EXEMPLARS = 6
"""The sharpest faces of a track, by which it is compared with others."""
LEAST_SEEN = 2
"""Frames in which somebody has to be seen. At six a second, that is all who are there for half a second."""


@dataclass(frozen=True)
class Face:
    """A detected face: its frame's index and its box there in pixels.

    `sharpness` is the variance of the Laplacian of its crop, which is lower for small faces, too. `features`
    and `patch` are unit vectors: what the network makes of the crop, and the grey values of its pixels.
    """

    frame: int
    box: Box
    confidence: float
    sharpness: float
    features: Floats
    patch: Floats


def similarity(one: Sequence[Face], other: Sequence[Face]) -> Floats:
    """Similarities (len(one), len(other)) of the views: of their features, and more where pixels agree."""
    features = np.stack([face.features for face in one]) @ np.stack([face.features for face in other]).T
    pixels = np.stack([face.patch for face in one]) @ np.stack([face.patch for face in other]).T
    return np.asarray(features + PIXELS_COUNT * np.maximum(0, pixels - SAME_PIXELS), np.float32)


def find_people(faces: Sequence[Face]) -> list[list[Face]]:
    """The faces of each person, by time; those who are seen in fewer than LEAST_SEEN frames are left out."""
    tracks = _tracks(faces)
    groups = _joined([_sharpest(track) for track in tracks], [_frames(track) for track in tracks])
    people = _without_blurred([[face for i in group for face in tracks[i]] for group in groups])
    return [
        sorted(person, key=lambda face: face.frame) for person in people if len(_frames(person)) >= LEAST_SEEN
    ]


def _frames(faces: Sequence[Face]) -> set[int]:
    return {face.frame for face in faces}


def _tracks(faces: Sequence[Face]) -> list[list[Face]]:
    by_frame = defaultdict(list)
    for face in faces:
        by_frame[face.frame].append(face)
    tracks: list[list[Face]] = []
    for index in sorted(by_frame):
        now = by_frame[index]
        running = [track for track in tracks if index - track[-1].frame <= GAP]
        for track, face in _pairs(running, now):
            track.append(face)
            now.remove(face)
        tracks += [[face] for face in now]
    return tracks


def _pairs(tracks: list[list[Face]], faces: list[Face]) -> list[tuple[list[Face], Face]]:
    """Which face goes on with which track: the surest pair first, each at most once."""
    if not tracks or not faces:
        return []
    alike = similarity([track[-1] for track in tracks], faces)
    overlaps = np.array([[overlap(track[-1].box, face.box) for face in faces] for track in tracks])
    follows = (alike >= ALIKE) | ((overlaps >= FOLLOWS_OVERLAP) & (alike >= FOLLOWS_ALIKE))
    scores = np.where(follows, alike + overlaps, -1.0)
    pairs = []
    while scores.max() > 0:
        row, column = np.unravel_index(int(scores.argmax()), scores.shape)
        pairs.append((tracks[row], faces[column]))
        scores[row, :] = scores[:, column] = -1.0
    return pairs


def _sharpest(track: Sequence[Face]) -> list[Face]:
    return sorted(track, key=lambda face: -face.sharpness)[:EXEMPLARS]


def _joined(exemplars: list[list[Face]], frames: list[set[int]]) -> list[list[int]]:
    """Indices of tracks, by person: the most alike are joined first, never two that are in one frame."""
    count = len(exemplars)
    alike = {
        (i, j): float(similarity(exemplars[i], exemplars[j]).max()) for i in range(count) for j in range(i)
    }
    groups = {i: [i] for i in range(count)}
    seen = dict(enumerate(frames))
    owner = list(range(count))
    for (i, j), value in sorted(alike.items(), key=lambda item: -item[1]):
        one, other = owner[i], owner[j]
        if value < ALIKE or one == other or seen[one] & seen[other]:
            continue
        groups[one] += groups.pop(other)
        seen[one] |= seen.pop(other)
        owner = [one if group == other else group for group in owner]
    return list(groups.values())


def _without_blurred(people: list[list[Face]]) -> list[list[Face]]:
    """The people, where those who are only blurred are joined with whoever they probably are."""
    people = sorted(people, key=lambda faces: max(face.sharpness for face in faces))
    kept = [faces for faces in people if max(face.sharpness for face in faces) >= WEAK]
    for faces in people[: len(people) - len(kept)]:
        probable = next((other for other in kept if _is_probably(faces, other)), None)
        if probable is None:
            kept.append(faces)
        else:
            probable.extend(faces)
    return kept


def _is_probably(weak: Sequence[Face], other: Sequence[Face]) -> bool:
    if _frames(weak) & _frames(other):
        return False
    if similarity(_sharpest(weak), _sharpest(other)).max() >= WEAKLY_ALIKE:
        return True
    return any(
        abs(one.frame - face.frame) <= NEAR_FRAMES and overlap(one.box, face.box) >= NEAR_OVERLAP
        for one in weak
        for face in other
    )
