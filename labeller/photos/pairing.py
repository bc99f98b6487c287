"""Which boxes of a file are of faces that the photo has already."""

from collections.abc import Sequence

from labeller.photos.box import Box, overlap
from labeller.photos.same_face import is_same_face

SAME_PIXELS, SAME_SHARE = 1.5, 0.03
"""How far the sides of one box may be apart, in pixels or as a share of its size: a format may have cut them
to whole pixels."""


def pair(boxes: Sequence[Box], known: Sequence[Box]) -> dict[int, int]:
    """By the index of a box, the index of the known box of the same face: each once, the best fits first."""
    fits = [
        (overlap(box, other), i, k)
        for i, box in enumerate(boxes)
        for k, other in enumerate(known)
        if is_same_face(box, other)
    ]
    pairs: dict[int, int] = {}
    for _, i, k in sorted(fits, key=lambda fit: (-fit[0], fit[1], fit[2])):
        if i not in pairs and k not in pairs.values():
            pairs[i] = k
    return pairs


def is_same_box(one: Box, other: Box) -> bool:
    """Whether two boxes are one, but for how a format rounds."""
    allowed = max(SAME_PIXELS, SAME_SHARE * max(one[2], one[3]))
    return all(abs(a - b) <= allowed for a, b in zip(_edges(one), _edges(other), strict=True))


def _edges(box: Box) -> Box:
    x, y, w, h = box
    return x, y, x + w, y + h
