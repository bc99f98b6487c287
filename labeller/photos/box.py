"""Boxes of faces, and how much two of them overlap."""

Box = tuple[float, float, float, float]
"""(x, y, width, height) in pixels of the upright photo."""


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    shared = intersection(one, other)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def intersection(one: Box, other: Box) -> float:
    """Area that two boxes share."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one, other
    return max(0.0, min(ax + aw, bx + bw) - max(ax, bx)) * max(0.0, min(ay + ah, by + bh) - max(ay, by))
